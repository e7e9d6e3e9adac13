//! The text of all targets' series, a chunk at a time.
//!
//! 10,000 targets with 34 series each and short names are 20 MB of text, and take 35 to 60 ms to write. Where each has three
//! maintenance windows, it is 30 ms more once after one of them has started or ended.

use bytes::Bytes;
use futures::StreamExt;
use jiff::Timestamp;
use service_kit::MetricsStream;

use super::families::{FAMILIES, Family};
use super::row::Row;
use super::series::SeriesTable;
use super::text;

/// A chunk is handed on when it has grown to this: large enough for few system calls, small enough that a scrape of
/// 10,000 targets takes no memory to speak of.
const CHUNK_BYTES: usize = 96 << 10;

/// The largest a single target's part of a family gets, so that chunks need not grow: twenty lines.
const SLACK_BYTES: usize = 8 << 10;

/// The series of `table`, for `/metrics`.
#[must_use]
pub fn stream(table: SeriesTable) -> MetricsStream {
    MetricsStream::new(move || {
        futures::stream::iter(Exposition::at(Timestamp::now(), &table)).boxed()
    })
}

/// Writes the families one after the other, and in each the targets in their order. The numbers of a target are taken
/// once, at the start of the scrape: they are those of one moment in all families.
pub(crate) struct Exposition {
    rows: Vec<Row>,
    families: std::slice::Iter<'static, Family>,
    /// The family being written, and how many of its rows are.
    current: Option<(&'static Family, usize)>,
}

impl Exposition {
    /// The series of `table` as they are now.
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
