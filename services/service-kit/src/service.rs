//! Runs a service: configuration, start, serving, drain.

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
    Admission, Endpoints, Listener, MetricsStream, PendingResponses, RequestMetrics, connections,
    scrapes, serve, with_endpoints,
};
use crate::limit::Limits;
use crate::open_files::{limit_open_files, open_files};
use crate::shutdown::Shutdown;
use crate::telemetry::{Logging, Metrics};

/// `EX_USAGE` of sysexits.h: the configuration is wrong.
const EXIT_USAGE: u8 = 64;

/// The timeout of requests in flight after SIGTERM. The process exits within 5 s.
const GRACE: Duration = Duration::from_secs(4);

/// The reason why a service did not start, or stopped unexpectedly.
pub type StartError = Box<dyn Error + Send + Sync>;

/// A service's own endpoints, besides those of all services.
#[derive(Debug, Default)]
pub struct App {
    /// The service's own routes.
    pub router: Router,
    /// The stream that `/metrics` appends to the registry's text.
    pub metrics: Option<MetricsStream>,
}

/// The context of a service at its start.
#[derive(Debug)]
pub struct Context {
    /// The readiness of the subsystems.
    pub readiness: Readiness,
    /// The shutdown signal, for tasks that must end with the service.
    pub shutdown: Shutdown,
    /// The Prometheus registry of the service.
    pub registry: Registry,
    /// Creates limits that all requests and peers share.
    pub limits: Limits,
    /// Creates OpenTelemetry instruments, which are exported to the registry.
    pub meter: Meter,
    tasks: JoinSet<(&'static str, Result<(), StartError>)>,
    tls: Vec<(SocketAddr, Arc<rustls::ServerConfig>)>,
    own_open_files: usize,
}

impl Context {
    /// Runs a required task. If it ends before shutdown is requested, the service logs that and exits with 1, so that its
    /// supervisor restarts it. At shutdown, the service waits up to 500 ms for it.
    pub fn spawn(
        &mut self,
        name: &'static str,
        task: impl Future<Output = Result<(), StartError>> + Send + 'static,
    ) {
        self.tasks.spawn(async move { (name, task.await) });
    }

    /// Also serves the endpoints over TLS, on another address (the setting `TLS_LISTEN_ADDR`).
    pub fn serve_tls(&mut self, address: SocketAddr, config: Arc<rustls::ServerConfig>) {
        self.tls.push((address, config));
    }

    /// Reserves open files for the service itself, so that clients' connections can't use them.
    pub const fn reserve_open_files(&mut self, files: usize) {
        self.own_open_files = files;
    }

    /// Returns the maximum number of concurrent connections of clients.
    #[must_use]
    pub fn connections(&self) -> usize {
        connections(open_files(), self.own_open_files)
    }
}

/// Runs a service, configured by the environment, until SIGTERM or SIGINT. Exit codes: 0 after a drain, 64 for an invalid
/// configuration (before any port is bound), 1 for any other failure.
pub fn run<C, S>(name: &'static str, start: S) -> ExitCode
where
    C: Configuration,
    S: AsyncFnOnce(C, &mut Context) -> Result<App, StartError>,
{
    let (common, config) = match configure::<C>(name) {
        Ok(configured) => configured,
        Err(error) => {
            // The log does not exist yet.
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
    // The usual soft limit of 1,024 is lower than the maximum number of connections. If it can't be raised, the service
    // accepts fewer connections.
    let _ = limit_open_files(None);
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            return fail(1, &format_args!("cannot start the async runtime: {error}"));
        }
    };
    let outcome = runtime.block_on(run_until_stopped(name, &common, &logging, config, start));
    // A blocking read that never returns must not delay the exit.
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
            "unknown argument {argument:?}: {name} takes none; set CONFIG_FILE or these environment variables: {}",
            variables.join(", ")
        )));
    }
    let settings = Settings::load(&keys, std::env::vars_os())?;
    Ok((Common::read(&settings)?, C::read(&settings)?))
}

async fn run_until_stopped<C, S>(
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
    // A start may take time: it reads a log, or waits until another process releases it.
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
        PendingResponses::new(&context.limits),
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
            Ok(()) => "the HTTP server stopped unexpectedly".into(),
            Err(error) => error.into(),
        }),
        Some(ended) = tasks.join_next() => Err(match ended {
            Ok((task, Ok(()))) => format!("{task} stopped unexpectedly").into(),
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
    tracing::info!(%address, scheme, version = env!("CARGO_PKG_VERSION"), "{name} is listening");
    Ok(listener)
}
