//! What is known of the lab, shared by all who look at the page.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::gateway::{Gateway, GatewayError};
use crate::status::Status;

/// However many look at the page, api-gateway is asked at most this often.
const FRESH_FOR: Duration = Duration::from_secs(1);

/// A gateway that refuses at once may be starting, and is asked again this soon; one that takes its time to fail is
/// asked no more often than one that answers.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// The latest answer of api-gateway, asked for anew when it is older than a second.
#[derive(Debug)]
pub(crate) struct Latest {
    gateway: Gateway,
    // Held while the gateway is asked: whoever comes meanwhile waits for that answer.
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    fresh_until: Option<Instant>,
    view: View,
}

/// What a page is made from.
#[derive(Debug, Clone, Default)]
pub(crate) struct View {
    /// The last status that the gateway gave.
    pub known: Option<Known>,
    /// Set while the gateway does not answer.
    pub blind: Option<Blind>,
}

#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub status: Arc<Status>,
    /// When it was received.
    pub at: Timestamp,
}

#[derive(Debug, Clone)]
pub(crate) struct Blind {
    /// When the gateway first failed to answer.
    pub since: Timestamp,
    pub error: GatewayError,
}

impl Latest {
    pub(crate) fn new(gateway: Gateway) -> Self {
        Self {
            gateway,
            seen: Mutex::default(),
        }
    }

    pub(crate) async fn view(&self) -> View {
        let mut seen = self.seen.lock().await;
        if seen.fresh_until.is_none_or(|until| Instant::now() >= until) {
            let asked = Instant::now();
            let answer = self.gateway.status().await;
            let fresh_for = match answer {
                Ok(_) => FRESH_FOR,
                Err(_) => asked.elapsed().clamp(ASK_AGAIN_AFTER, FRESH_FOR),
            };
            seen.take(answer, Timestamp::now());
            seen.fresh_until = Some(Instant::now() + fresh_for);
        }
        seen.view.clone()
    }
}

impl Seen {
    fn take(&mut self, answer: Result<Status, GatewayError>, now: Timestamp) {
        let before = self.view.blind.take();
        match answer {
            Ok(status) => {
                if before.is_some() {
                    tracing::info!("api-gateway answers again");
                }
                self.view.known = Some(Known {
                    status: Arc::new(status),
                    at: now,
                });
            }
            Err(error) => {
                if before.is_none() {
                    tracing::warn!("the page is blind: api-gateway {error}");
                }
                let since = before.map_or(now, |blind| blind.since);
                self.view.blind = Some(Blind { since, error });
            }
        }
    }
}
