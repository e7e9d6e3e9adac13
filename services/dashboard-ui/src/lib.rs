//! The status page, rendered on the server from api-gateway's JSON and complete without JavaScript.
//!
//! | endpoint | answer |
//! |---|---|
//! | `GET /` | the status page; 503 with the whole page, and `Retry-After`, while api-gateway does not answer |
//! | `GET /?pause` | the same, and does not renew itself |
//! | `GET /assets/{file}` | the stylesheet and the icons, under names that change with their content |
//!
//! `/readyz` is ready at once and stays so: a page that loses its traffic while api-gateway is away could not say that
//! the lab is blind, which is when it is needed most.

mod assets;
mod config;
mod gateway;
mod latest;
mod page;
mod routes;
mod status;
mod time;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use service_kit::{App, Context, StartError};

use crate::gateway::Gateway;
use crate::latest::Latest;

pub use config::Config;

/// How often api-gateway is asked when nobody looks, so that the page can say since when it is away.
const WATCH_PERIOD: Duration = Duration::from_secs(10);

/// Starts the service.
///
/// # Errors
/// The HTTP client cannot be built.
pub async fn start(config: Config, context: &mut Context) -> Result<App, StartError> {
    let latest = Arc::new(Latest::new(Gateway::new(&config.api_gateway_url)?));
    let watched = latest.clone();
    let mut shutdown = context.shutdown.clone();
    context.spawn("the watch over api-gateway", async move {
        loop {
            tokio::select! {
                () = shutdown.requested() => return Ok(()),
                () = async {
                    watched.view().await;
                    tokio::time::sleep(WATCH_PERIOD).await;
                } => {}
            }
        }
    });
    Ok(App {
        router: routes::router(latest),
        ..App::default()
    })
}
