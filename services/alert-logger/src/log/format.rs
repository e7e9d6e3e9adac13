//! The log's lines. The first names the format, every other one is an [`Alert`] as JSON: a delivery, the outcome of a
//! reconciliation (`finding`), or in a rewritten log everything that is known of an alert. Folding the lines in any
//! order gives the history. A program that knows no findings reads the lines without them.
//!
//! A line needs no checksum: what a torn write leaves (a cut line, a run of zeros) is not valid JSON.

use serde::{Deserialize, Serialize};

use crate::alert::Alert;

const FORMAT: &str = "uptimepulse-alert-log";

/// The version that this program writes, and the only one it reads.
pub const VERSION: u32 = 1;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
pub struct Header {
    format: String,
    /// A program refuses a log of another version than its own.
    pub version: u32,
}

impl Header {
    /// Reads a line, if it is a header of any version.
    #[must_use]
    pub fn read(line: &[u8]) -> Option<Self> {
        serde_json::from_slice(line)
            .ok()
            .filter(|header: &Self| header.format == FORMAT)
    }
}

/// The first line of a new log, line break included.
#[must_use]
pub fn header() -> Vec<u8> {
    line(&Header {
        format: FORMAT.to_owned(),
        version: VERSION,
    })
}

/// The line of an alert, line break included.
#[must_use]
pub fn record(alert: &Alert) -> Vec<u8> {
    line(alert)
}

/// Strings and times in structs and maps keyed by strings: JSON can hold all of them, so this does not fail.
fn line(value: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    line.push(b'\n');
    line
}
