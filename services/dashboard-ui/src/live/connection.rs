//! Listening to the gateway's stream, and taking it up again where it broke off.

use std::time::Duration;

use tokio::sync::mpsc;

use super::follow::Heard;
use crate::gateway::stream::Told;
use crate::gateway::{Gateway, GatewayError};

/// How soon a stream that ended is opened again.
const AGAIN_AFTER: Duration = Duration::from_millis(500);

/// How soon one that the gateway refuses is tried again: it may have none.
const REFUSED_FOR: Duration = Duration::from_secs(5);

/// Passes on what the stream says, until nobody listens.
pub(super) async fn listen(gateway: Gateway, says: mpsc::Sender<Heard>) {
    let mut last_id: Option<String> = None;
    loop {
        let error = match hear(&gateway, &mut last_id, &says).await {
            Ok(()) => return,
            Err(error) => error,
        };
        tracing::debug!("the stream: api-gateway {error}");
        if says.send(Heard::Lost).await.is_err() {
            return;
        }
        let rest = match error {
            GatewayError::Status { .. } => REFUSED_FOR,
            _ => AGAIN_AFTER,
        };
        tokio::time::sleep(rest).await;
    }
}

/// Hears one stream to its end. Ok means that nobody wants to know any more.
async fn hear(
    gateway: &Gateway,
    last_id: &mut Option<String>,
    says: &mpsc::Sender<Heard>,
) -> Result<(), GatewayError> {
    let mut stream = gateway.stream(last_id.as_deref()).await?;
    // Taken up from nowhere, what came before it is not known; and a gateway that knows no ids cannot resume.
    if last_id.is_none() && says.send(Heard::Told(Told::Reset)).await.is_err() {
        return Ok(());
    }
    loop {
        let (id, told) = stream.next().await.inspect_err(|error| {
            if *error == GatewayError::Malformed {
                *last_id = None;
            }
        })?;
        if says.send(Heard::Told(told)).await.is_err() {
            return Ok(());
        }
        if id.is_some() {
            *last_id = id;
        }
    }
}
