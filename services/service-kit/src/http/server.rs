//! Serving until told to stop, then draining.

use std::io;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;

use crate::shutdown::Shutdown;

/// Serves until shutdown is requested, then answers the requests in flight, for at most `grace`.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: Shutdown,
    grace: Duration,
) -> io::Result<()> {
    let mut drain = shutdown.clone();
    let mut deadline = shutdown;
    let server = axum::serve(listener, router)
        .with_graceful_shutdown(async move { drain.requested().await });
    tokio::select! {
        result = server => result,
        () = async {
            deadline.requested().await;
            tokio::time::sleep(grace).await;
        } => {
            tracing::warn!(grace_seconds = grace.as_secs_f64(), "requests still in flight after the grace period are cut");
            Ok(())
        }
    }
}
