//! Makes a server reload when its mounted files change.
//!
//! It is a sidecar of Prometheus and Alertmanager in the cluster: Kubernetes updates mounted ConfigMaps in place, and
//! neither server watches its files. It has only the endpoints that all services have.

mod config;
mod files;
mod metrics;
mod reloader;

use service_kit::{App, Context, StartError};

use crate::metrics::Metrics;
use crate::reloader::Reloader;

pub use config::Config;

/// Starts the service.
///
/// # Errors
/// The HTTP client cannot be built, or a metric with the same name is registered already.
pub async fn start(config: Config, context: &mut Context) -> Result<App, StartError> {
    let metrics = Metrics::register(&context.registry)?;
    let reloader = Reloader::new(config, metrics)?;
    let mut shutdown = context.shutdown.clone();
    context.spawn("file watcher", async move {
        tokio::select! {
            () = shutdown.requested() => Ok(()),
            () = reloader.run() => Ok(()),
        }
    });
    Ok(App::default())
}
