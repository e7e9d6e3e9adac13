//! Answers people's questions about targets in JSON.
//!
//! What is true now comes from the agents' expositions ([`agents`], [`exposition`]), what was true over a window
//! from Prometheus ([`prometheus`]). Both are asked once for all who ask at the same time ([`cache`]); an agent that is
//! away makes an answer partial, not an error. The endpoints are in [`routes`].

pub mod agents;
pub mod alert_logger;
pub mod blind;
pub mod board;
mod bounds;
pub mod cache;
pub mod catalog;
mod config;
pub mod events;
pub mod exposition;
pub mod figures;
mod http_error;
pub mod incidents;
pub mod maintenance;
pub mod outcomes;
pub mod prometheus;
pub mod range;
pub mod routes;
pub mod sources;
mod state;
pub mod status;
pub mod summary;
mod time;
pub mod watch;

use std::sync::Arc;

use service_kit::{App, Context, StartError};

pub use gateway_api::availability;
pub use config::Config;
pub use state::Gateway;

/// Starts the gateway: its routes, the task that rereads the targets' file, and the one that keeps `/readyz` true.
///
/// # Errors
/// An HTTP client can't be built.
pub async fn start(config: Config, context: &mut Context) -> Result<App, StartError> {
    let targets = config.targets.clone().map(|(source, initial)| {
        let (targets, rereading) = targets::watch::watch(source, initial);
        let mut shutdown = context.shutdown.clone();
        context.spawn("targets", async move {
            tokio::select! {
                () = rereading => {}
                () = shutdown.requested() => {}
            }
            Ok(())
        });
        targets
    });
    let gateway = Arc::new(Gateway::new(&config, targets, &context.limits)?);
    let latch = context.readiness.latch("agents", "not asked yet");
    let notice = context.readiness.notice("blind");
    let watching = watch::watch(
        Arc::clone(&gateway),
        latch,
        notice,
        context.shutdown.clone(),
    );
    context.spawn("watch", async move {
        watching.await;
        Ok(())
    });
    let polling = events::poll(Arc::clone(&gateway), context.shutdown.clone());
    context.spawn("events", async move {
        polling.await;
        Ok(())
    });
    Ok(App {
        router: routes::router(gateway),
        metrics: None,
    })
}
