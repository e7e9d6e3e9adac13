//! The JSON API for the state and the history of targets.
//!
//! - [`sources`]: the clients of the agents, Prometheus and alert-logger
//! - [`live`]: the current state of all targets, derived from one poll of the sources
//! - [`routes`]: the endpoints; the types of their JSON are in [`gateway_api`]
//! - [`tasks`]: the tasks that keep `/readyz` and the event stream up to date
//! - [`window`]: the windows of answers, and the retention that limits them
//!
//! If a source is unavailable, answers are partial. Only endpoints without another source answer with an error.

mod config;
mod gateway;
pub mod live;
mod rendered;
pub mod routes;
pub mod sources;
pub mod tasks;
mod time;
pub mod window;

use std::sync::Arc;

use service_kit::{App, Context, StartError};

pub use config::Config;
pub use gateway::Gateway;

/// Starts the gateway: its routes, the task that rereads the targets' file, and the [`tasks`].
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
    let latch = context.readiness.latch("agents", "not polled yet");
    let notice = context.readiness.notice("blind");
    let watching = tasks::readiness::watch(
        Arc::clone(&gateway),
        latch,
        notice,
        context.shutdown.clone(),
    );
    context.spawn("watch", async move {
        watching.await;
        Ok(())
    });
    let publishing = tasks::changes::publish(Arc::clone(&gateway), context.shutdown.clone());
    context.spawn("events", async move {
        publishing.await;
        Ok(())
    });
    Ok(App {
        router: routes::router(gateway),
        metrics: None,
    })
}
