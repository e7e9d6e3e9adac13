//! The kinds of faults, and the faults that are set.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// Maximum latency: ten minutes.
const MAX_MILLISECONDS: u64 = 600_000;

/// A fault, as JSON: `{"kind":"status","status":503}`. Unknown fields are rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Responds with this status, 200 to 599.
    Status {
        /// The HTTP status code.
        status: u16,
    },
    /// Responds with 200 after a delay.
    Latency {
        /// The delay, at most ten minutes.
        milliseconds: u64,
    },
    /// Closes the connection without a response.
    Drop {},
    /// Accepts the request, sends no response, and closes the connection after ten minutes.
    Hang {},
    /// Responds with 200 and an endless body: 64 KiB ten times a second, for ten minutes.
    EndlessBody {},
    /// Redirects to itself.
    RedirectLoop {},
}

/// A fault is invalid.
#[derive(Debug, thiserror::Error)]
pub enum FaultError {
    /// The text is not JSON, or not a fault. The message lists the kinds or the fields.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// The status is not a final one.
    #[error("status is {0}; allowed: 200 to 599")]
    Status(u16),
    /// The latency is above ten minutes.
    #[error("milliseconds is {0}; allowed: 0 to {MAX_MILLISECONDS}")]
    Latency(u64),
}

impl Fault {
    /// Parses a fault from JSON.
    ///
    /// # Errors
    /// The text is not one of the kinds, or a field is out of range.
    pub fn from_json(json: &[u8]) -> Result<Self, FaultError> {
        match serde_json::from_slice(json)? {
            Self::Status { status } if !(200..=599).contains(&status) => {
                Err(FaultError::Status(status))
            }
            Self::Latency { milliseconds } if milliseconds > MAX_MILLISECONDS => {
                Err(FaultError::Latency(milliseconds))
            }
            fault => Ok(fault),
        }
    }
}

/// The name of a simulated target: 1 to 63 characters of `A-Z a-z 0-9 . _ -`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Name(String);

impl Name {
    /// Returns the name of the target at `/ok`.
    pub(crate) fn ok() -> Self {
        Self("ok".to_owned())
    }
}

/// The text is not a valid [`Name`].
#[derive(Debug, thiserror::Error)]
#[error("target name is {0:?}; allowed: 1 to 63 characters of A-Z a-z 0-9 . _ -")]
pub struct NameError(String);

impl TryFrom<String> for Name {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        if (1..=63).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text))
        } else {
            Err(NameError(text))
        }
    }
}

/// The faults that are set, by target. Clones share their state.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<BTreeMap<Name, Fault>>>);

impl Faults {
    /// Returns the fault that is set on a target.
    #[must_use]
    pub fn get(&self, name: &Name) -> Option<Fault> {
        self.with(|faults| faults.get(name).copied())
    }

    /// Returns all faults that are set.
    #[must_use]
    pub fn all(&self) -> BTreeMap<Name, Fault> {
        self.with(|faults| faults.clone())
    }

    /// Sets the fault of a target and replaces the previous one.
    pub fn set(&self, name: Name, fault: Fault) {
        self.with(|faults| faults.insert(name, fault));
    }

    /// Clears the fault of a target.
    pub fn clear(&self, name: &Name) {
        self.with(|faults| faults.remove(name));
    }

    /// Clears all faults.
    pub fn clear_all(&self) {
        self.with(BTreeMap::clear);
    }

    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<Name, Fault>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_survives_a_round_trip_through_json() {
        for json in [
            r#"{"kind":"status","status":503}"#,
            r#"{"kind":"latency","milliseconds":500}"#,
            r#"{"kind":"drop"}"#,
            r#"{"kind":"hang"}"#,
            r#"{"kind":"endless_body"}"#,
            r#"{"kind":"redirect_loop"}"#,
        ] {
            let fault = Fault::from_json(json.as_bytes()).unwrap();
            assert_eq!(serde_json::to_string(&fault).unwrap(), json);
        }
    }

    #[test]
    fn an_error_names_what_is_allowed() {
        for (json, allowed) in [
            (r#"{"kind":"explode"}"#, "`redirect_loop`"),
            (r#"{"kind":"status","code":503}"#, "`status`"),
            (r#"{"kind":"hang","milliseconds":1}"#, "unknown field"),
            (r#"{"kind":"status","status":99}"#, "200 to 599"),
            (r#"{"kind":"latency","milliseconds":600001}"#, "0 to 600000"),
            (r#"{"status":503}"#, "`kind`"),
            ("503", "expected"),
        ] {
            let message = Fault::from_json(json.as_bytes()).unwrap_err().to_string();
            assert!(message.contains(allowed), "{json}: {message}");
        }
    }

    #[test]
    fn invalid_names_are_rejected() {
        assert!(Name::try_from("eu-1.shop_A".to_owned()).is_ok());
        for invalid in ["", "a/b", "a b", "é", &"x".repeat(64)] {
            assert!(Name::try_from(invalid.to_owned()).is_err(), "{invalid}");
        }
    }
}
