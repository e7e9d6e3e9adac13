//! Writes every notification of Alertmanager to stdout, and keeps a durable history of alerts.
//!
//! ```text
//! POST /webhook ── webhook::parse ──┬── stdout: one line per payload
//!                                   └── writer ── store: log (fdatasync) ── history ── GET /api/v1/alerts
//!                                         │                                    │
//!                                         └───────────── reconcile ◄───────────┘
//! ```
//!
//! A payload is acknowledged when it is on stdout and in the history. Deliveries of the same alert are merged
//! ([`alert::Alert::merge`]), so Alertmanager may repeat them. With `PROMETHEUS_URL` and `ALERTMANAGER_URL`, open
//! incidents are reconciled with the alerts of these servers.

pub mod alert;
mod config;
mod metrics;
mod reconcile;
mod routes;
mod stdout;
mod store;
mod watchdog;
pub mod webhook;
mod writer;

use std::os::fd::AsFd;
use std::path::Path;
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use service_kit::{App, Context, RequestBodies, StartError};

pub use config::Config;
use metrics::Metrics;
use reconcile::{LastActiveFile, Reconciler, Sources, Tracker};
use routes::AppState;
use stdout::StdoutWriter;
use store::history::History;
use store::log::{AlertLog, Lock};
use watchdog::Watchdog;
use writer::{Limits, Writer};

/// How long to wait until another process releases the log: longer than its shutdown takes.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// Starts the service.
///
/// # Errors
/// Another process holds the log, the log cannot be read, or a thread cannot be created.
pub async fn start(config: Config, context: &mut Context) -> Result<App, StartError> {
    let metrics = Metrics::register(&context.registry)?;
    let latch = context.readiness.latch("log", "being opened");
    let dir = config.alert_log_dir.as_deref();
    let (log, history) = match dir {
        Some(dir) => {
            let (log, history) = open_log(dir, &metrics).await?;
            (Some(log), history)
        }
        None => {
            tracing::warn!(
                "ALERT_LOG_DIR is not set: the history is in memory only and is lost when this process ends"
            );
            (None, History::default())
        }
    };
    let durable = log.is_some();
    let history = Arc::new(RwLock::new(history));
    let watchdog = Arc::new(Watchdog::open(dir));
    watchdog.export(&context.meter);

    // Bypasses the buffer of the standard library, which hides how much of a failed write was written.
    let stdout = std::fs::File::from(std::io::stdout().as_fd().try_clone_to_owned()?);
    let stdout = StdoutWriter::start(stdout, metrics.lines_lost.clone())?;
    let (last_active_file, last_active) = LastActiveFile::open(dir);
    let tracker = Arc::new(Mutex::new(Tracker::new(last_active)));
    let reconciles = config.reconcile_with.is_some();
    let writer = Writer::new(
        log,
        Arc::clone(&history),
        Arc::clone(&watchdog),
        reconciles.then(|| Arc::clone(&tracker)),
        latch,
        metrics.clone(),
        Limits::DEFAULT,
    );
    let (recorder, writing) = writer.start();
    context.spawn("log writer", writing);
    match &config.reconcile_with {
        Some((prometheus, alertmanager)) => {
            let reconciler = Reconciler {
                sources: Sources::new(prometheus, alertmanager)?,
                tracker,
                last_active_file: Arc::new(last_active_file),
                history: Arc::clone(&history),
                recorder: recorder.clone(),
                metrics: metrics.clone(),
            };
            context.spawn("reconciler", reconciler.run(context.shutdown.clone()));
        }
        None => tracing::warn!(
            "PROMETHEUS_URL and ALERTMANAGER_URL are not set: an incident whose end is not delivered stays open"
        ),
    }
    let router = routes::router(AppState {
        recorder,
        history,
        watchdog,
        stdout,
        metrics,
        bodies: RequestBodies::new(&context.limits, routes::BODIES_MAX_BYTES),
        durable,
    });
    Ok(App {
        router,
        metrics: None,
    })
}

async fn open_log(dir: &Path, metrics: &Metrics) -> Result<(AlertLog, History), StartError> {
    let lock = Lock::acquire(dir, LOCK_TIMEOUT).await?;
    let (dir, metrics) = (dir.to_owned(), metrics.clone());
    Ok(tokio::task::spawn_blocking(move || AlertLog::open(&dir, lock, &metrics)).await??)
}
