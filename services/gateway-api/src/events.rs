//! `GET /api/v1/events`: changes as they happen, as server-sent events.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Error;

use crate::incidents::Incident;
use crate::status::{StatusSummary, TargetStatus};

/// An event of the stream. It is written as the JSON of the line `data:`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum StreamEvent {
    /// A target has changed, or is new.
    Target(Arc<TargetStatus>),
    /// A target is no longer watched.
    Removed(Removed),
    /// An incident has begun, or changed.
    Incident(Box<Incident>),
    /// The state of all targets together.
    Summary(Box<StatusSummary>),
    /// Events were missed that can't be sent again; the reader has to fetch everything anew.
    Reset {},
}

/// A target that is no longer watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// Its name.
    pub target: Arc<str>,
}

impl StreamEvent {
    /// Returns the event's name, for the line `event:`.
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

    /// Reads an event by its name and its JSON. `None` is an event that a newer gateway may send.
    ///
    /// # Errors
    /// The JSON is not that of the event with this name.
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
    fn events_are_read_as_they_are_written() {
        let removed = Removed {
            target: "demo".into(),
        };
        for (event, data) in [
            (StreamEvent::Removed(removed), r#"{"target":"demo"}"#),
            (StreamEvent::Reset {}, "{}"),
        ] {
            assert_eq!(serde_json::to_string(&event).unwrap(), data);
            let read = StreamEvent::parse(event.name(), data).unwrap();
            assert_eq!(read, Some(event));
        }
        assert!(StreamEvent::parse("target", "{}").is_err());
        assert_eq!(StreamEvent::parse("added-later", "{}").unwrap(), None);
    }
}
