//! An event of the log.

use serde::Serialize;

/// An event: a name, and its data as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    name: &'static str,
    data: String,
}

impl Event {
    /// Creates an event and serializes `data` as JSON.
    ///
    /// # Errors
    /// `data` can't be serialized.
    pub fn new(name: &'static str, data: &impl Serialize) -> Result<Self, serde_json::Error> {
        let data = serde_json::to_string(data)?;
        Ok(Self { name, data })
    }

    /// Returns the event that makes subscribers fetch everything again, because the log lacks events that they missed.
    #[must_use]
    pub fn reset() -> Self {
        Self {
            name: "reset",
            data: "{}".to_owned(),
        }
    }

    /// Returns the name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the data as JSON, without line breaks.
    #[must_use]
    pub fn data(&self) -> &str {
        &self.data
    }
}
