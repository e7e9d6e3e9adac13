//! The status page, rendered on the server from api-gateway's JSON: complete without JavaScript, live with it.
//!
//! | endpoint | answer |
//! |---|---|
//! | `GET /` | all targets; 503 with the whole page, and `Retry-After`, while api-gateway does not answer. `?range=24h\|7d\|14d` and the longer ones that the gateway offers, `search`, `group`, `state`, `after`; `pause` for one that does not renew itself |
//! | `GET /targets/{name}` | everything about a target; `?range=`, `pause` |
//! | `GET /incidents`, `GET /maintenance` | what was, is and is planned |
//! | `GET /events` | what changes, for open pages (`routes/events.rs`) |
//! | `GET /status.json`, `GET /feed.atom` | the gateway's status as it is; incidents as an Atom feed |
//! | `GET /badges/{name}/{state,availability,latency}.svg` | pictures for pages elsewhere; `?range=` for the availability |
//! | `GET /assets/{file}` | stylesheet, script and icons, under names that change with their content |
//!
//! `/readyz` is ready at once and stays so: a page that loses its traffic while api-gateway is away could not say that
//! the lab is blind, which is when it is needed most.
//!
//! # What a program can hold on to in the pages
//!
//! | selector | what it is |
//! |---|---|
//! | `body[data-page][data-overall]` | `overview`, `target`, `incidents`, `maintenance`; the overall state. Its classes: `blind` while nothing may look good, `lost` when the page itself hears nothing more, `paused` |
//! | `#summary .verdict[data-state]` | the overall state: `up`, `impaired`, `down`, `unknown`, `blind` |
//! | `#headline`, `.notice` | the state in a sentence; what cannot be seen, `Blind since …` |
//! | `.facts`, `#made` | the three facts; when the page was made |
//! | `.parts li` | the parts that the page comes from, and whether they answer |
//! | `#incidents .incident` | active incidents (`.active`), on other pages than the overview all |
//! | `#targets .target[id][data-target]` | a row; its id is made from the name |
//! | `.state[data-state]` | in a row and on the target's page: `up`, `down`, `maintenance`, `unknown`; beside it `.was` |
//! | `svg.bar path.up` | the slots of a kind: `up`, `part`, `down`, `maintenance`, `unknown` |
//! | `#search`, `#group`, `#state` | the fields of the filter; `.ranges a[aria-current]` the range |
//! | `#live`, `#pause`, `#lost`, `#announcement` | with script: whether it is live, the button, the notice of a lost connection, what is read out |

mod assets;
mod badge;
mod bar;
mod board;
mod cache;
mod charts;
mod config;
mod dashboard;
mod digest;
mod feed;
#[cfg(test)]
mod fixture;
mod follow;
mod gateway;
mod hub;
mod news;
mod page;
#[cfg(test)]
mod palette;
mod plot;
mod range;
mod routes;
mod text;
mod time;
mod verdict;
mod words;

use std::sync::Arc;

use service_kit::{App, Context, StartError};

use crate::dashboard::Dashboard;
use crate::gateway::Gateway;
use crate::hub::BROWSERS_MAX;

pub use config::Config;

/// Starts the service.
///
/// # Errors
/// The HTTP client cannot be built.
pub async fn start(config: Config, context: &mut Context) -> Result<App, StartError> {
    // The other connections are for pages.
    let seats = BROWSERS_MAX.min(context.connections() / 4 * 3);
    let seats = context.limits.limit("event_streams", seats);
    let dashboard = Arc::new(Dashboard::new(
        Gateway::new(&config.api_gateway_url)?,
        seats,
    ));
    let followed = dashboard.clone();
    let mut shutdown = context.shutdown.clone();
    context.spawn("the watch over api-gateway", async move {
        tokio::select! {
            () = shutdown.requested() => {}
            () = follow::follow(followed) => {}
        }
        Ok(())
    });
    Ok(App {
        router: routes::router(dashboard, &context.limits, context.shutdown.clone()),
        ..App::default()
    })
}
