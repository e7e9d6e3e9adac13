//! Reads the folder of announcements again and again.

use std::sync::Arc;
use std::time::Duration;

use service_kit::Shutdown;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::Gateway;

/// The period between two reads of the folder.
const PERIOD: Duration = Duration::from_secs(5);

/// Rereads the announcements until shutdown.
pub async fn reread(gateway: Arc<Gateway>, mut shutdown: Shutdown) {
    loop {
        let gateway = Arc::clone(&gateway);
        let rereading = async {
            sleep(PERIOD).await;
            spawn_blocking(move || gateway.reread_announcements()).await
        };
        tokio::select! {
            () = shutdown.requested() => return,
            reread = rereading => if let Err(error) = reread {
                tracing::error!(%error, "the announcements could not be reread; the old ones stay");
            }
        }
    }
}
