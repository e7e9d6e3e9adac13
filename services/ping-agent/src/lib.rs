//! Probes targets and exports the results as Prometheus metrics.
//!
//! A separate thread [runs the schedule](schedule) and all [probes](probe), so that neither scrapes nor other requests to
//! the service delay a probe. A [table of series](metrics) counts the results, and `/metrics` streams it.

mod config;
mod hash;
pub mod metrics;
mod open_files;
pub mod probe;
pub mod schedule;
mod shard;
mod thread;

use axum::Router;
use service_kit::{App, Context, StartError};

pub use config::Config;
pub use shard::{ParseShardError, Shard};

use metrics::{AgentMetrics, SeriesTable};
use probe::{Prober, Tls};
use schedule::Runner;

/// Starts the service. `/metrics` has the series of every target from the start.
///
/// # Errors
/// TLS cannot be set up, or the probing thread cannot be started.
pub async fn start(config: Config, context: &mut Context) -> Result<App, StartError> {
    let own = config
        .targets
        .iter()
        .filter(|target| config.shard.contains(&target.name));
    let concurrency = open_files::concurrency(config.concurrency, own.count(), context);
    let limits = context.limits.clone();
    let prober = Prober::new(
        config.method,
        config.body_max_bytes,
        Tls::native()?,
        &limits,
    );
    let metrics = AgentMetrics::register(&context.registry)?;
    let table = SeriesTable::default();
    let (targets, watcher) = targets::watch::watch(config.source, config.targets);
    let runner = Runner::new(
        prober,
        targets,
        config.shard,
        concurrency,
        limits,
        table.clone(),
        metrics,
    );

    let mut shutdown = context.shutdown.clone();
    context.spawn("watching the targets file", async move {
        tokio::select! {
            () = watcher => {}
            () = shutdown.requested() => {}
        }
        Ok(())
    });
    let latch = context.readiness.latch("schedule", "not started");
    let shutdown = context.shutdown.clone();
    let ended = thread::spawn(async move { runner.run(shutdown, || latch.ready()).await })?;
    context.spawn("probing", async move {
        ended
            .await
            .map_err(|_| "the probing thread panicked; the log has the panic message".into())
    });
    Ok(App {
        router: Router::new(),
        metrics: Some(metrics::stream(table)),
    })
}
