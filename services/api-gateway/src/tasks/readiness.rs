//! Keeps `/readyz` up to date without requests.

use std::sync::Arc;
use std::time::Duration;

use service_kit::{Latch, Notice, Shutdown};
use tokio::time::{Instant, sleep};

use crate::Gateway;

/// The period between polls while the lab is not blind.
const PERIOD: Duration = Duration::from_secs(5);

/// The period between polls while the lab is blind.
const PERIOD_WHILE_BLIND: Duration = Duration::from_secs(2);

/// The period between polls until the gateway is ready.
const PERIOD_AT_START: Duration = Duration::from_millis(500);

/// The longest wait for the first answer of an agent. After it the gateway becomes ready anyway: an unready gateway gets
/// no traffic, so it could not report that no agent answers.
const START_TIMEOUT: Duration = Duration::from_secs(10);

/// Sets `latch` to ready with the first answer of an agent, or after 10 s without one. Updates `notice` with the reasons
/// for which the lab is blind. Runs until shutdown.
pub async fn watch(gateway: Arc<Gateway>, latch: Latch, notice: Notice, mut shutdown: Shutdown) {
    let started = Instant::now();
    let mut ready = false;
    loop {
        let poll = gateway.sources.poll().await;
        let no_agent = poll.observation.no_answer_reason();
        let blind = gateway.board_of(poll).blind;
        let pause = match no_agent {
            Some(reason) if !ready && started.elapsed() < START_TIMEOUT => {
                latch.not_ready(reason);
                PERIOD_AT_START
            }
            _ => {
                ready = true;
                latch.ready();
                if blind.is_some() {
                    PERIOD_WHILE_BLIND
                } else {
                    PERIOD
                }
            }
        };
        notice.set(blind.map(|blind| blind.to_string()));
        tokio::select! {
            () = shutdown.requested() => return,
            () = sleep(pause) => {}
        }
    }
}
