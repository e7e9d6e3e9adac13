//! Keeps `/readyz` true while nobody asks for anything else.

use std::sync::Arc;
use std::time::Duration;

use service_kit::{Latch, Notice, Shutdown};
use tokio::time::{Instant, sleep};

use crate::Gateway;

/// How often the parts are asked while they answer.
const WHILE_WELL: Duration = Duration::from_secs(5);

/// How often they are asked while one of them does not.
const WHILE_BLIND: Duration = Duration::from_secs(2);

/// How often they are asked until the gateway is ready.
const AT_START: Duration = Duration::from_millis(500);

/// How long the first answer of an agent is waited for. A gateway that stays unready gets no traffic, and could not tell
/// anybody that no agent answers.
const START: Duration = Duration::from_secs(10);

/// Makes `latch` ready with the first answer of an agent, or when there has been none for 10 s, and keeps `notice` saying
/// since when the lab is blind, until shutdown.
pub async fn watch(gateway: Arc<Gateway>, latch: Latch, notice: Notice, mut shutdown: Shutdown) {
    let started = Instant::now();
    let mut ready = false;
    loop {
        let look = gateway.look().await;
        let no_agent = look.observation.blind();
        let blind = gateway.board_of(look).blind;
        let pause = match no_agent {
            Some(reason) if !ready && started.elapsed() < START => {
                latch.not_ready(reason);
                AT_START
            }
            _ => {
                ready = true;
                latch.ready();
                if blind.is_some() {
                    WHILE_BLIND
                } else {
                    WHILE_WELL
                }
            }
        };
        notice.say(blind.map(|blind| blind.to_string()));
        tokio::select! {
            () = shutdown.requested() => return,
            () = sleep(pause) => {}
        }
    }
}
