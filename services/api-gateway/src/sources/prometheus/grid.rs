//! Values by target and slot, read again only where they can have changed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::try_join_all;
use gateway_api::history::{Range, SLOTS};
use jiff::{SignedDuration, Timestamp};

use super::api::Api;
use super::model::{Labels, Series};
use super::query::QueryError;
use super::slots::{Slots, slot_seconds};

/// A slot is read again until this long after its end: everything in it is recorded by then.
const SETTLED: SignedDuration = SignedDuration::from_mins(6);

/// After this long everything is read again, should Prometheus have lost its memory or got it back.
const WHOLE: SignedDuration = SignedDuration::from_hours(1);

/// One query of a grid.
#[derive(Debug)]
pub(super) struct Question {
    /// Gives, evaluated at the end of a slot, the slot's values.
    pub(super) promql: String,
    /// The column that a series with these labels fills.
    pub(super) column: fn(&Labels) -> Option<usize>,
}

/// Values by target, column and slot.
#[derive(Debug, Clone)]
pub struct Grid {
    /// The slots.
    pub slots: Slots,
    /// When it was read.
    pub read_at: Timestamp,
    /// When all of it was read at once.
    whole_at: Timestamp,
    columns: usize,
    /// Column after column, each with a value a slot; NaN where there is none.
    rows: HashMap<Arc<str>, Box<[f64]>>,
}

impl Grid {
    /// Returns the values of a target's column by slot, NaN where there is none; `None` for a target of which there is nothing.
    #[must_use]
    pub fn column(&self, target: &str, column: usize) -> Option<&[f64]> {
        let row = self.rows.get(target)?;
        row.get(column * SLOTS..(column + 1) * SLOTS)
    }

    fn empty(slots: Slots, columns: usize, now: Timestamp) -> Self {
        Self {
            slots,
            read_at: now,
            whole_at: now,
            columns,
            rows: HashMap::new(),
        }
    }

    /// Returns the values that can be kept when the slots have moved on to `slots`, and the first slot that can't.
    fn moved(&self, slots: Slots, now: Timestamp) -> (Self, i64) {
        let length = slot_seconds(slots.range);
        let settled = (self.read_at - SETTLED).as_second().div_euclid(length);
        let from = settled.clamp(slots.first(), slots.last);
        let mut moved = Self {
            whole_at: self.whole_at,
            ..Self::empty(slots, self.columns, now)
        };
        // As places: of the first slot that is kept in the old grid, and how many are.
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
                let place = self.slots.place(time);
                let place = place.and_then(|place| row.get_mut(column * SLOTS + place));
                if let Some(place) = place.filter(|_| value.is_finite()) {
                    *place = value;
                }
            }
        }
    }
}

/// Reads grids of one kind.
#[derive(Debug)]
pub(super) struct Reader {
    /// The queries of a range.
    questions: fn(Range) -> Vec<Question>,
    columns: usize,
    /// The last grid of each range; `None`: nothing is kept.
    kept: Option<Mutex<HashMap<Range, Arc<Grid>>>>,
}

impl Reader {
    pub(super) fn new(questions: fn(Range) -> Vec<Question>, columns: usize, keep: bool) -> Self {
        Self {
            questions,
            columns,
            kept: keep.then(Mutex::default),
        }
    }

    /// Returns the grid of a range now.
    pub(super) async fn read(&self, api: &Api, range: Range) -> Result<Arc<Grid>, QueryError> {
        let now = crate::time::now();
        let slots = Slots::at(range, now);
        let (mut grid, from) = match self.kept(range) {
            Some(kept) if now.duration_since(kept.whole_at) < WHOLE => kept.moved(slots, now),
            _ => (Grid::empty(slots, self.columns, now), slots.first()),
        };
        let questions = (self.questions)(range);
        let times = (slots.end(from), slots.end(slots.last), slot_seconds(range));
        let answers = questions
            .iter()
            .map(|question| api.range(&question.promql, times));
        for (question, series) in questions.iter().zip(try_join_all(answers).await?) {
            grid.fill(series, question.column);
        }
        let grid = Arc::new(grid);
        if let Some(kept) = &self.kept {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.insert(range, Arc::clone(&grid));
        }
        Ok(grid)
    }

    fn kept(&self, range: Range) -> Option<Arc<Grid>> {
        let kept = self.kept.as_ref()?;
        let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&range).map(Arc::clone)
    }
}

#[cfg(test)]
mod tests;
