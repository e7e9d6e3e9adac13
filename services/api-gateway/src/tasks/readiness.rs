//! Keeps `/readyz` up to date while no other request comes.

use std::sync::Arc;
use std::time::Duration;

use service_kit::{Latch, Notice, Shutdown};
use tokio::time::{Instant, sleep};

use crate::Gateway;

/// How often the parts are polled while they answer.
const PERIOD: Duration = Duration::from_secs(5);

/// How often they are polled while one of them does not.
const PERIOD_WHILE_BLIND: Duration = Duration::from_secs(2);

/// How often they are polled until the gateway is ready.
const PERIOD_AT_START: Duration = Duration::from_millis(500);

/// How long the first answer of an agent is waited for. A gateway that stays unready gets no traffic, and could not tell
/// anybody that no agent answers.
const START: Duration = Duration::from_secs(10);

/// Makes `latch` ready with the first answer of an agent, or when there has been none for 10 s, and keeps `notice` saying
/// since when the lab is blind, until shutdown.
pub async fn watch(gateway: Arc<Gateway>, latch: Latch, notice: Notice, mut shutdown: Shutdown) {
    let started = Instant::now();
    let mut ready = false;
    loop {
        let poll = gateway.sources.poll().await;
        let no_agent = poll.observation.blind();
        let blind = gateway.board_of(poll).blind;
        let pause = match no_agent {
            Some(reason) if !ready && started.elapsed() < START => {
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
