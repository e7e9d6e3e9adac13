//! A cached grid of values by target and slot. Only slots that can still change are read again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::try_join_all;
use gateway_api::history::{Range, SLOTS};
use jiff::{SignedDuration, Timestamp};

use super::api::Api;
use super::model::{Labels, Series};
use super::query::QueryError;
use super::slots::{Slots, slot_seconds};

/// The time after a slot's end until which it is read again. By then all its data is recorded.
const SETTLE_TIME: SignedDuration = SignedDuration::from_mins(6);

/// The time after which all slots are read again, because Prometheus may have lost or restored data.
const REREAD_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// One query of a grid.
#[derive(Debug)]
pub(super) struct GridQuery {
    /// The query, which gives a slot's values if it is evaluated at the slot's end.
    pub(super) promql: String,
    /// Returns the column of a series with these labels.
    pub(super) column: fn(&Labels) -> Option<usize>,
}

/// Values by target, column and slot.
#[derive(Debug, Clone)]
pub struct Grid {
    /// The slots.
    pub slots: Slots,
    /// When the grid was read.
    pub read_at: Timestamp,
    /// When all slots were last read.
    full_read_at: Timestamp,
    columns: usize,
    /// The columns of each target, one after another. Each has one value per slot, NaN if there is none.
    rows: HashMap<Arc<str>, Box<[f64]>>,
}

impl Grid {
    /// Returns the values of a target's column by slot, NaN if there is none; returns `None` for a target without values.
    #[must_use]
    pub fn column(&self, target: &str, column: usize) -> Option<&[f64]> {
        let row = self.rows.get(target)?;
        row.get(column * SLOTS..(column + 1) * SLOTS)
    }

    fn empty(slots: Slots, columns: usize, now: Timestamp) -> Self {
        Self {
            slots,
            read_at: now,
            full_read_at: now,
            columns,
            rows: HashMap::new(),
        }
    }

    /// Returns a grid of newer slots with the values that need not be read again, and the first slot that has to be read.
    fn moved(&self, slots: Slots, now: Timestamp) -> (Self, i64) {
        let length = slot_seconds(slots.range);
        let settled = (self.read_at - SETTLE_TIME).as_second().div_euclid(length);
        let from = settled.clamp(slots.first(), slots.last);
        let mut moved = Self {
            full_read_at: self.full_read_at,
            ..Self::empty(slots, self.columns, now)
        };
        // The index in the old grid of the first slot that is kept, and the number of slots that are kept.
        let skipped = usize::try_from(slots.first() - self.slots.first());
        let kept = usize::try_from(from - slots.first());
        if let (Ok(skipped), Ok(kept)) = (skipped, kept)
            && kept > 0
        {
            for (target, row) in &self.rows {
                let mut new = vec![f64::NAN; row.len()].into_boxed_slice();
                for (old, new) in row.chunks(SLOTS).zip(new.chunks_mut(SLOTS)) {
                    for (old, new) in old.iter().skip(skipped).zip(new.iter_mut()).take(kept) {
                        *new = *old;
                    }
                }
                if new.iter().any(|value| !value.is_nan()) {
                    moved.rows.insert(Arc::clone(target), new);
                }
            }
        }
        (moved, from)
    }

    fn fill(&mut self, series: Vec<Series>, column: fn(&Labels) -> Option<usize>) {
        let empty = vec![f64::NAN; self.columns * SLOTS];
        for Series {
            target,
            labels,
            values,
        } in series
        {
            let Some(column) = column(&labels).filter(|column| *column < self.columns) else {
                continue;
            };
            let Some(target) = target else {
                continue;
            };
            let row = self
                .rows
                .entry(target)
                .or_insert_with(|| empty.clone().into_boxed_slice());
            for (time, value) in values {
                let index = self.slots.index_of(time);
                let cell = index.and_then(|index| row.get_mut(column * SLOTS + index));
                if let Some(cell) = cell.filter(|_| value.is_finite()) {
                    *cell = value;
                }
            }
        }
    }
}

/// Reads grids with the same queries, and caches the last grid of each range.
#[derive(Debug)]
pub(super) struct Reader {
    /// The queries of a range.
    queries: fn(Range) -> Vec<GridQuery>,
    columns: usize,
    /// The last grid of each range; `None` if the cache is disabled.
    cache: Option<Mutex<HashMap<Range, Arc<Grid>>>>,
}

impl Reader {
    pub(super) fn new(queries: fn(Range) -> Vec<GridQuery>, columns: usize, cache: bool) -> Self {
        Self {
            queries,
            columns,
            cache: cache.then(Mutex::default),
        }
    }

    /// Returns the current grid of a range.
    pub(super) async fn read(&self, api: &Api, range: Range) -> Result<Arc<Grid>, QueryError> {
        let now = crate::time::now();
        let slots = Slots::at(range, now);
        let (mut grid, from) = match self.cached(range) {
            Some(old) if now.duration_since(old.full_read_at) < REREAD_AFTER => {
                old.moved(slots, now)
            }
            _ => (Grid::empty(slots, self.columns, now), slots.first()),
        };
        let queries = (self.queries)(range);
        let times = (slots.end(from), slots.end(slots.last), slot_seconds(range));
        let answers = queries.iter().map(|query| api.range(&query.promql, times));
        for (query, series) in queries.iter().zip(try_join_all(answers).await?) {
            grid.fill(series, query.column);
        }
        let grid = Arc::new(grid);
        if let Some(cache) = &self.cache {
            let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
            cache.insert(range, Arc::clone(&grid));
        }
        Ok(grid)
    }

    fn cached(&self, range: Range) -> Option<Arc<Grid>> {
        let cache = self.cache.as_ref()?;
        let cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.get(&range).map(Arc::clone)
    }
}

#[cfg(test)]
mod tests;
