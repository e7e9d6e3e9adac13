//! Writes the series of all targets as text, in chunks.
//!
//! 10,000 targets with short names and 34 series each are 20 MB of text, and take 35 to 60 ms to write. If each has three
//! maintenance windows, the first scrape after the start or end of a window takes 30 ms more.

use bytes::Bytes;
use futures::StreamExt;
use jiff::Timestamp;
use service_kit::MetricsStream;

use super::families::{FAMILIES, Family};
use super::row::Row;
use super::series::SeriesTable;
use super::text;

/// The minimum size of a chunk but the last: large enough for few system calls, and small enough that a scrape of 10,000
/// targets needs little memory.
const CHUNK_BYTES: usize = 96 << 10;

/// The maximum size of a target's part of a family, twenty lines. A chunk reserves it, so its buffer never grows.
const SLACK_BYTES: usize = 8 << 10;

/// Returns the series of `table` as a stream for `/metrics`.
#[must_use]
pub fn stream(table: SeriesTable) -> MetricsStream {
    MetricsStream::new(move || {
        futures::stream::iter(Exposition::at(Timestamp::now(), &table)).boxed()
    })
}

/// Writes the families one after the other, and in each of them the targets in their order. A target's counters are copied
/// once, at the start of the scrape, so all families show the same moment.
pub(crate) struct Exposition {
    rows: Vec<Row>,
    families: std::slice::Iter<'static, Family>,
    /// The current family, and the number of its rows that are written.
    current: Option<(&'static Family, usize)>,
}

impl Exposition {
    /// Takes a snapshot of the series of `table`.
    pub(crate) fn at(now: Timestamp, table: &SeriesTable) -> Self {
        let series = table.load();
        let rows = series.iter().map(|series| Row::at(now, series)).collect();
        Self {
            rows,
            families: FAMILIES.iter(),
            current: None,
        }
    }
}

impl Iterator for Exposition {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let mut out = String::with_capacity(CHUNK_BYTES + SLACK_BYTES);
        while out.len() < CHUNK_BYTES {
            let (family, written) = match self.current {
                Some(current) => current,
                None => match self.families.next() {
                    Some(family) => {
                        text::header(&mut out, family.name, family.kind, family.help);
                        (family, 0)
                    }
                    None => break,
                },
            };
            self.current = self.rows.get(written).map(|row| {
                (family.write)(&mut out, family.name, row);
                (family, written + 1)
            });
        }
        (!out.is_empty()).then(|| out.into())
    }
}
