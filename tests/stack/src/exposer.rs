//! Stand-ins for agents: they serve `/metrics` as ping-agent writes it, with the counters of simulated targets.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::history::{OUTCOMES, Reading, SimulatedAgent};

/// A target that is always exposed and counts the answered scrapes. Its recorded count identifies the scrape that an
/// evaluation used.
pub const CLOCK: &str = "clock";

/// A target that one agent exposes.
#[derive(Debug, Clone)]
pub struct Exposed {
    /// Its name.
    pub target: String,
    /// `ping_slo_objective_ratio`.
    pub objective: f64,
    /// Its simulation.
    pub agent: SimulatedAgent,
}

/// A fault of a whole agent.
#[derive(Debug, Clone, Copy)]
pub enum ScrapeFault {
    /// Scrapes are answered with 503.
    Failing,
    /// Scrapes are not answered for two seconds.
    Hanging,
}

/// A running stand-in. It is stopped when dropped.
#[derive(Debug)]
pub struct Exposer {
    agent: Arc<Agent>,
    port: u16,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Agent {
    targets: Vec<Exposed>,
    faults: Vec<(std::ops::Range<i64>, ScrapeFault)>,
    start: i64,
    end: i64,
    /// The times of the answered scrapes in milliseconds from the start.
    answered: Mutex<Vec<i64>>,
}

impl Exposer {
    /// Serves `targets` on its own port. Their simulation begins at `start` (milliseconds since 1970), and their counters
    /// don't change after `end` (milliseconds from the start). The times of `faults` are in milliseconds from the start.
    pub async fn serve(
        targets: Vec<Exposed>,
        faults: Vec<(std::ops::Range<i64>, ScrapeFault)>,
        start: i64,
        end: i64,
    ) -> Self {
        let agent = Arc::new(Agent {
            targets,
            faults,
            start,
            end,
            answered: Mutex::default(),
        });
        let router = Router::new()
            .route("/metrics", get(metrics))
            .with_state(Arc::clone(&agent));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self {
            agent,
            port,
            server,
        }
    }

    /// Returns `HOST:PORT`, the label `instance` of its series.
    #[must_use]
    pub fn instance(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Returns the number of answered scrapes.
    #[must_use]
    pub fn answered(&self) -> usize {
        self.agent.answered.lock().expect("no panic").len()
    }

    /// Returns the reading of a target in the scrape in which [`CLOCK`] had the count `clock`.
    ///
    /// # Panics
    /// There was no such scrape.
    #[must_use]
    pub fn reading(&self, agent: &SimulatedAgent, clock: usize) -> Option<Reading> {
        let answered = self.agent.answered.lock().expect("no panic");
        agent.read(answered[clock - 1].min(self.agent.end))
    }
}

impl Drop for Exposer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Returns the time in milliseconds since 1970.
#[must_use]
pub fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(now.expect("after 1970").as_millis()).expect("before the year 292278994")
}

async fn metrics(State(agent): State<Arc<Agent>>) -> Response {
    let elapsed = (now() - agent.start).max(0);
    let fault = agent
        .faults
        .iter()
        .find(|(when, _)| when.contains(&elapsed));
    if let Some((_, fault)) = fault {
        if let ScrapeFault::Hanging = fault {
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let clock = {
        let mut answered = agent.answered.lock().expect("no panic");
        answered.push(elapsed);
        answered.len()
    };
    agent.text(elapsed.min(agent.end), clock).into_response()
}

impl Agent {
    fn text(&self, at: i64, clock: usize) -> String {
        let shown: Vec<_> = self
            .targets
            .iter()
            .filter_map(|exposed| Some((exposed, exposed.agent.read(at)?)))
            .collect();
        let mut text = String::new();
        for outcome in OUTCOMES {
            let name = outcome.name();
            let _ = writeln!(text, "# TYPE ping_{name}_total counter");
            for (exposed, reading) in &shown {
                let (target, count) = (&exposed.target, reading.counts[outcome]);
                let _ = writeln!(text, "ping_{name}_total{{target=\"{target}\"}} {count}");
            }
        }
        let _ = writeln!(text, "ping_success_total{{target=\"{CLOCK}\"}} {clock}");
        let _ = writeln!(text, "ping_interval_seconds{{target=\"{CLOCK}\"}} 1");
        for (exposed, reading) in &shown {
            let (target, objective) = (&exposed.target, exposed.objective);
            let interval = reading.interval;
            let _ = writeln!(
                text,
                "ping_interval_seconds{{target=\"{target}\"}} {interval}"
            );
            let _ = writeln!(
                text,
                "ping_slo_objective_ratio{{target=\"{target}\"}} {objective}"
            );
            let _ = writeln!(text, "ping_up{{target=\"{target}\"}} 1");
            let _ = writeln!(
                text,
                "ping_target_info{{target=\"{target}\",url=\"http://{target}/\",kind=\"http\"}} 1"
            );
        }
        text
    }
}
