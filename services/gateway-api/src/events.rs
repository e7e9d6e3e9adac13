//! `GET /api/v1/events`: changes as server-sent events.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Error;

use crate::incidents::Incident;
use crate::status::{StatusSummary, TargetStatus};

/// An event of the stream. It serializes to the JSON of the `data:` line.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum StreamEvent {
    /// A target is new or has changed.
    Target(Arc<TargetStatus>),
    /// A target is no longer watched.
    Removed(Removed),
    /// An incident is new or has changed.
    Incident(Box<Incident>),
    /// The state of all targets together.
    Summary(Box<StatusSummary>),
    /// Events were missed and can't be sent again; the client has to fetch everything again.
    Reset {},
}

/// A target that is no longer watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// The target's name.
    pub target: Arc<str>,
}

impl StreamEvent {
    /// Returns the event's name, for the `event:` line.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Target(_) => "target",
            Self::Removed(_) => "removed",
            Self::Incident(_) => "incident",
            Self::Summary(_) => "summary",
            Self::Reset {} => "reset",
        }
    }

    /// Parses an event from its name and its JSON. Returns `None` for an unknown name, which a newer gateway may send.
    ///
    /// # Errors
    /// The JSON does not fit the event's name.
    pub fn parse(name: &str, data: &str) -> Result<Option<Self>, Error> {
        let event = match name {
            "target" => Self::Target(serde_json::from_str(data)?),
            "removed" => Self::Removed(serde_json::from_str(data)?),
            "incident" => Self::Incident(serde_json::from_str(data)?),
            "summary" => Self::Summary(serde_json::from_str(data)?),
            "reset" => Self::Reset {},
            _ => return Ok(None),
        };
        Ok(Some(event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_survive_a_round_trip() {
        let removed = Removed {
            target: "demo".into(),
        };
        for (event, data) in [
            (StreamEvent::Removed(removed), r#"{"target":"demo"}"#),
            (StreamEvent::Reset {}, "{}"),
        ] {
            assert_eq!(serde_json::to_string(&event).unwrap(), data);
            let parsed = StreamEvent::parse(event.name(), data).unwrap();
            assert_eq!(parsed, Some(event));
        }
        assert!(StreamEvent::parse("target", "{}").is_err());
        assert_eq!(StreamEvent::parse("added-later", "{}").unwrap(), None);
    }
}
