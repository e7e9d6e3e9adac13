//! One event.

use serde::Serialize;

/// An event as the log keeps it: a name, and data as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    name: &'static str,
    data: String,
}

impl Event {
    /// An event with `data` as JSON.
    ///
    /// # Errors
    /// The data can't be written as JSON.
    pub fn new(name: &'static str, data: &impl Serialize) -> Result<Self, serde_json::Error> {
        let data = serde_json::to_string(data)?;
        Ok(Self { name, data })
    }

    /// The event that tells subscribers to fetch everything anew, because the changes that they missed are unknown.
    #[must_use]
    pub fn reset() -> Self {
        Self {
            name: "reset",
            data: "{}".to_owned(),
        }
    }

    /// The name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The data as JSON, without a line break.
    #[must_use]
    pub fn data(&self) -> &str {
        &self.data
    }
}
