//! The life of a service: configuration, start, serving, drain.

pub(crate) mod entry;

use std::error::Error;
use std::fmt::Display;
use std::future::Future;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use opentelemetry::metrics::Meter;
use prometheus::Registry;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;

use crate::config::{COMMON_KEYS, Common, ConfigError, Configuration, Key, Settings};
use crate::health::Readiness;
use crate::http::{
    Admission, Answers, Endpoints, Listener, MetricsStream, RequestMetrics, connections, scrapes,
    serve, with_endpoints,
};
use crate::limit::Limits;
use crate::open_files::{limit_open_files, open_files};
use crate::shutdown::Shutdown;
use crate::telemetry::{Logging, Metrics};

/// `EX_USAGE` of sysexits.h: the configuration is wrong.
const EXIT_USAGE: u8 = 64;

/// How long requests in flight may take after SIGTERM. The process is gone within 5 s.
const GRACE: Duration = Duration::from_secs(4);

/// Why a service did not start, or stopped by itself.
pub type StartError = Box<dyn Error + Send + Sync>;

/// A service's own endpoints, beside those that all have.
#[derive(Debug, Default)]
pub struct App {
    /// The service's own routes.
    pub router: Router,
    /// The stream that `/metrics` appends to the registry's text.
    pub metrics: Option<MetricsStream>,
}

/// The context that a service gets at its start.
#[derive(Debug)]
pub struct Context {
    /// Where subsystems say whether they can do their job.
    pub readiness: Readiness,
    /// Heard by tasks that must end with the service.
    pub shutdown: Shutdown,
    /// The service's one Prometheus registry.
    pub registry: Registry,
    /// Makes the limits that all requests and peers share.
    pub limits: Limits,
    /// Makes OpenTelemetry instruments that are exported into the registry.
    pub meter: Meter,
    tasks: JoinSet<(&'static str, Result<(), StartError>)>,
    tls: Vec<(SocketAddr, Arc<rustls::ServerConfig>)>,
    own_open_files: usize,
}

impl Context {
    /// Runs a task that the service cannot do without: when it ends before shutdown is requested, the service
    /// says so and exits 1, so that its supervisor starts it anew. At shutdown it is awaited for a moment.
    pub fn spawn(
        &mut self,
        name: &'static str,
        task: impl Future<Output = Result<(), StartError>> + Send + 'static,
    ) {
        self.tasks.spawn(async move { (name, task.await) });
    }

    /// Serves the service's endpoints over TLS too, on an address of its own (the setting `TLS_LISTEN_ADDR`).
    pub fn serve_tls(&mut self, address: SocketAddr, config: Arc<rustls::ServerConfig>) {
        self.tls.push((address, config));
    }

    /// Keeps this many open files for the service itself. They are not given to the connections of clients.
    pub const fn reserve_open_files(&mut self, files: usize) {
        self.own_open_files = files;
    }

    /// The most connections of clients at the same time.
    #[must_use]
    pub fn connections(&self) -> usize {
        connections(open_files(), self.own_open_files)
    }
}

/// Runs a service from the environment until SIGTERM or SIGINT. Exit codes: 0 after a drain, 64 for a wrong
/// configuration (before any port is bound), 1 for anything else that keeps it from running.
pub fn run<C, S>(name: &'static str, start: S) -> ExitCode
where
    C: Configuration,
    S: AsyncFnOnce(C, &mut Context) -> Result<App, StartError>,
{
    let (common, config) = match configure::<C>(name) {
        Ok(configured) => configured,
        Err(error) => {
            // Nothing is logged yet.
            eprintln!("{name}: {error}");
            return ExitCode::from(EXIT_USAGE);
        }
    };
    let logging = match Logging::start(common.log_format, common.log_filter.clone()) {
        Ok(logging) => logging,
        Err(error) => {
            eprintln!("{name}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let fail = |code: u8, why: &dyn Display| {
        logging.fail(&format!("{name}: {why}"));
        ExitCode::from(code)
    };
    // The usual soft limit of 1,024 is less than a service may have connections. Where the system refuses more, the service
    // makes do with it.
    let _ = limit_open_files(None);
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            return fail(1, &format_args!("the async runtime cannot start: {error}"));
        }
    };
    let outcome = runtime.block_on(live(name, &common, &logging, config, start));
    // A blocking read that never returns must not hold up the exit.
    runtime.shutdown_timeout(Duration::from_millis(200));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => match error.downcast_ref::<ConfigError>() {
            Some(error) => fail(EXIT_USAGE, error),
            None => fail(1, &error),
        },
    }
}

fn configure<C: Configuration>(name: &str) -> Result<(Common, C), ConfigError> {
    let keys: Vec<Key> = COMMON_KEYS.iter().chain(C::KEYS).copied().collect();
    if let Some(argument) = std::env::args_os().nth(1) {
        let variables: Vec<_> = keys.iter().map(Key::variable).collect();
        return Err(ConfigError::message(format!(
            "{argument:?}: {name} takes no arguments; it is configured by CONFIG_FILE and the environment: {}",
            variables.join(", ")
        )));
    }
    let settings = Settings::load(&keys, std::env::vars_os())?;
    Ok((Common::read(&settings)?, C::read(&settings)?))
}

async fn live<C, S>(
    name: &'static str,
    common: &Common,
    logging: &Logging,
    config: C,
    start: S,
) -> Result<(), StartError>
where
    S: AsyncFnOnce(C, &mut Context) -> Result<App, StartError>,
{
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (stop, shutdown) = Shutdown::new();
    let metrics = Metrics::new()?;
    metrics
        .registry
        .register(Box::new(logging.dropped.clone()))?;
    let mut context = Context {
        readiness: Readiness::default(),
        shutdown: shutdown.clone(),
        registry: metrics.registry.clone(),
        limits: Limits::register(&metrics.registry)?,
        meter: metrics.meter.clone(),
        tasks: JoinSet::new(),
        tls: Vec::new(),
        own_open_files: 0,
    };
    // A start may take a while: it reads a log, or waits for a predecessor to release it.
    let app = tokio::select! {
        app = start(config, &mut context) => app?,
        _ = terminate.recv() => return Ok(()),
        _ = interrupt.recv() => return Ok(()),
    };
    let admission = Admission::new(&context.limits, context.connections());
    let mut listeners = vec![listen(name, "LISTEN_ADDR", common.listen_addr, None).await?];
    for (address, config) in context.tls {
        listeners.push(listen(name, "TLS_LISTEN_ADDR", address, Some(config)).await?);
    }

    let endpoints = Endpoints {
        readiness: context.readiness.clone(),
        shutdown: shutdown.clone(),
        registry: metrics.registry.clone(),
        own_metrics: app.metrics.map(|own| (own, scrapes(&context.limits))),
        hosts: common.hosts.clone(),
    };
    let router = with_endpoints(
        app.router,
        endpoints,
        Answers::new(&context.limits),
        RequestMetrics::new(&metrics.meter, name),
    );
    let mut servers = JoinSet::new();
    for listener in listeners {
        servers.spawn(serve(
            listener,
            router.clone(),
            admission.clone(),
            shutdown.clone(),
            GRACE,
        ));
    }
    let mut tasks = context.tasks;

    let outcome = tokio::select! {
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
        Some(ended) = servers.join_next() => Err(match ended {
            Ok(()) => "the server ended by itself".into(),
            Err(error) => error.into(),
        }),
        Some(ended) = tasks.join_next() => Err(match ended {
            Ok((task, Ok(()))) => format!("{task} ended by itself").into(),
            Ok((task, Err(error))) => format!("{task} failed: {error}").into(),
            Err(error) => error.into(),
        }),
    };
    tracing::info!("{name} is shutting down");
    stop.send_replace(true);
    while let Some(ended) = servers.join_next().await {
        ended?;
    }
    let _ = tokio::time::timeout(Duration::from_millis(500), async {
        while tasks.join_next().await.is_some() {}
    })
    .await;
    outcome
}

async fn listen(
    name: &str,
    variable: &str,
    address: SocketAddr,
    tls: Option<Arc<rustls::ServerConfig>>,
) -> Result<Listener, StartError> {
    let scheme = if tls.is_some() { "https" } else { "http" };
    let listener = Listener::bind(address, tls).await.map_err(|error| {
        format!("cannot listen on {address}: {error}; set {variable} to a free address")
    })?;
    let address = listener.local_addr()?;
    tracing::info!(%address, scheme, version = env!("CARGO_PKG_VERSION"), "{name} listens");
    Ok(listener)
}
