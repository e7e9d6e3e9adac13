//! The status page, rendered on the server from api-gateway's JSON: complete without JavaScript, live with it.
//!
//! | endpoint | response |
//! |---|---|
//! | `GET /` | all targets; 503 with the whole page, and `Retry-After`, while api-gateway does not answer. `?range=24h\|7d\|14d` or a longer one that the gateway offers, `search`, `group`, `state`, `after`; `pause` for a page that does not reload itself |
//! | `GET /targets/{name}` | one target; `?range=`, `pause` |
//! | `GET /incidents`, `GET /maintenance` | all incidents; past, open and planned maintenance windows |
//! | `GET /events` | server-sent events for open pages (`routes/events.rs`) |
//! | `GET /status.json`, `GET /feed.atom` | the gateway's status; incidents as an Atom feed |
//! | `GET /badges/{name}/{state,availability,latency}.svg` | badges for other websites; `?range=` for the availability |
//! | `GET /assets/{file}` | stylesheet, script and icons, under names that change with their content |
//!
//! `/readyz` is ready from the start and stays ready. While api-gateway is unavailable, the page must still get traffic
//! to show that the lab is blind.
//!
//! # Selectors for programs that read the pages
//!
//! | selector | meaning |
//! |---|---|
//! | `body[data-page][data-overall]` | `overview`, `target`, `incidents`, `maintenance`; the overall state. Classes: `blind` while no good state can be trusted, `lost` when the page has lost its connection, `paused` |
//! | `#summary .verdict[data-state]` | the overall state: `up`, `impaired`, `down`, `unknown`, `blind` |
//! | `#headline`, `.notice` | the state in a sentence; sentences about unavailable parts, `Blind since …` |
//! | `.facts`, `#made` | state, newest observation and the time at which the page was generated; that time |
//! | `.parts li` | the sources of the page's data, and whether they answer |
//! | `#incidents .incident` | incidents: on the overview only active ones (`.active`), on other pages all |
//! | `#targets .target[id][data-target]` | a row; its id is derived from the target's name |
//! | `.state[data-state]` | in a row and on the target's page: `up`, `down`, `maintenance`, `unknown`; beside it `.was` |
//! | `svg.bar path.up` | the slots of a kind: `up`, `part`, `down`, `maintenance`, `unknown` |
//! | `#search`, `#group`, `#state` | the fields of the filter; `.ranges a[aria-current]` the range |
//! | `#live`, `#pause`, `#lost`, `#announcement` | with script: whether the page is live, the button that pauses it, the notice of a lost connection, the text for screen readers |

mod assets;
mod config;
mod draw;
mod gateway;
mod gzip;
mod live;
mod page;
mod routes;
mod text;

use std::sync::Arc;

use service_kit::{App, Context, StartError};

use crate::gateway::Gateway;
use crate::live::dashboard::Dashboard;
use crate::live::page_events::OPEN_PAGES_MAX;

pub use config::Config;

/// Starts the service.
///
/// # Errors
/// The HTTP client cannot be built.
pub async fn start(config: Config, context: &mut Context) -> Result<App, StartError> {
    // A quarter of the connections is reserved for other requests.
    let open_pages = OPEN_PAGES_MAX.min(context.connections() / 4 * 3);
    let open_pages = context.limits.limit("event_streams", open_pages);
    let dashboard = Arc::new(Dashboard::new(
        Gateway::new(&config.api_gateway_url)?,
        &open_pages,
    ));
    let followed = dashboard.clone();
    let mut shutdown = context.shutdown.clone();
    context.spawn("the connection to api-gateway", async move {
        tokio::select! {
            () = shutdown.requested() => {}
            () = live::follow(followed.clone()) => {}
        }
        followed.page_events.close();
        Ok(())
    });
    Ok(App {
        router: routes::router(dashboard, &context.limits),
        ..App::default()
    })
}
