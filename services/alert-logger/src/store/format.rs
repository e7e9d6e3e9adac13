//! Format of the log's lines. The first line names the format. Every other line is an [`Alert`] as JSON: a delivery, the
//! outcome of a reconciliation (`finding`), or in a rewritten log all records of an alert, merged. Folding the lines in any
//! order restores the history. An older program without findings ignores them.
//!
//! Each line ends with its checksum, `"crc32c"`: the CRC32C of all bytes before that key's comma. Programs without
//! checksums ignore the key, as jq does, and their lines have none.

use std::collections::BTreeMap;

use crc::{CRC_32_ISCSI, Crc};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use crate::alert::Alert;

const FORMAT: &str = "uptimepulse-alert-log";

/// The version that this program writes.
const VERSION: u32 = 1;

/// CRC32C, which the crate calls CRC-32/ISCSI.
const CRC32C: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

/// The text between a line's content and its checksum of 8 hexadecimal digits, and the text after the checksum.
const CHECKSUM_KEY: &[u8] = b",\"crc32c\":\"";
const LINE_END: &[u8] = b"\"}\n";
const DIGITS: usize = 8;

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Header {
    format: String,
    version: u32,
}

/// Returns the header of a log.
fn expected_header() -> Header {
    Header {
        format: FORMAT.to_owned(),
        version: VERSION,
    }
}

/// Returns the first line of a new log, line break included.
#[must_use]
pub fn header() -> Vec<u8> {
    line(&expected_header())
}

/// Returns whether a line is an undamaged first line of this version.
#[must_use]
pub fn is_header(line: &[u8]) -> bool {
    read(line).is_some_and(|header: Header| header == expected_header())
}

/// Returns the line of an alert, line break included.
#[must_use]
pub fn record(alert: &Alert) -> Vec<u8> {
    line(alert)
}

/// Parses the line of an alert. Returns `None` if it is damaged.
#[must_use]
pub fn read_record(line: &[u8]) -> Option<Alert> {
    read(line)
}

/// Serializes a line. It cannot fail, because JSON can represent the value: strings and times in structs and string maps.
fn line(value: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    // The closing brace follows after the checksum.
    line.pop();
    let checksum = checksum(&line);
    [&line, CHECKSUM_KEY, checksum.as_bytes(), LINE_END].concat()
}

/// Returns whether a line has a checksum. Lines of older programs have none.
#[must_use]
pub fn has_checksum(line: &[u8]) -> bool {
    split(line).is_some()
}

fn read<T: DeserializeOwned>(line: &[u8]) -> Option<T> {
    match split(line) {
        Some((content, stored)) if checksum(content).as_bytes() == stored => {
            serde_json::from_slice(line).ok()
        }
        Some(_) => None,
        None => {
            // Older programs wrote only known keys, so an unknown key may be a damaged `crc32c`.
            let read: WithoutChecksum<T> = serde_json::from_slice(line).ok()?;
            read.unknown.is_empty().then_some(read.value)
        }
    }
}

#[derive(Deserialize)]
struct WithoutChecksum<T> {
    #[serde(flatten)]
    value: T,
    #[serde(flatten)]
    unknown: BTreeMap<String, IgnoredAny>,
}

/// Splits a line into its content and its checksum in hexadecimal, if it has one.
fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = line.strip_suffix(LINE_END)?;
    let (rest, stored) = rest.split_at_checked(rest.len().checked_sub(DIGITS)?)?;
    Some((rest.strip_suffix(CHECKSUM_KEY)?, stored))
}

fn checksum(content: &[u8]) -> String {
    format!("{:08x}", CRC32C.checksum(content))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::alert::testing::{any_record, firing};

    #[test]
    fn the_checksum_equals_that_of_other_tools() {
        assert_eq!(checksum(b"123456789"), "e3069283");
        let line = String::from_utf8(record(&firing("a", 1))).unwrap();
        let (content, rest) = line.rsplit_once(",\"crc32c\":\"").unwrap();
        assert_eq!(rest, format!("{}\"}}\n", checksum(content.as_bytes())));
    }

    #[test]
    fn a_line_of_a_program_without_checksums_is_read() {
        let alert = firing("a", 1);
        let old = serde_json::to_vec(&alert).unwrap();
        assert_eq!(read_record(&old), Some(alert));
        assert!(is_header(
            b"{\"format\":\"uptimepulse-alert-log\",\"version\":1}\n"
        ));
    }

    #[test]
    fn a_program_without_checksums_reads_the_lines() {
        let alert = firing("a", 1);
        assert_eq!(
            serde_json::from_slice::<Alert>(&record(&alert)).unwrap(),
            alert
        );
    }

    proptest! {
        #[test]
        fn a_line_with_a_flipped_bit_is_damaged(alert in any_record("a", 0), bit in any::<prop::sample::Index>()) {
            for (whole, is_damaged) in [
                (record(&alert), (|line| read_record(line).is_none()) as fn(&[u8]) -> bool),
                (header(), |line| !is_header(line)),
            ] {
                let mut line = whole.clone();
                // Without its line break, the reader finds no complete line.
                let bit = bit.index((line.len() - 1) * 8);
                line[bit / 8] ^= 1 << (bit % 8);
                prop_assert!(is_damaged(&line), "bit {bit}: {}", String::from_utf8_lossy(&line));
                prop_assert!(!is_damaged(&whole));
            }
        }
    }
}
