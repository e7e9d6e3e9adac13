use proptest::prelude::*;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn only(_: &Labels) -> Option<usize> {
    Some(0)
}

/// Prometheus' answer for the target `a` and the slots from `from` on: the slot's number, for each slot with `has_data`.
fn series(slots: Slots, from: i64, has_data: impl Fn(i64) -> bool) -> Vec<Series> {
    let numbers = (from..=slots.last).filter(|slot| has_data(*slot));
    vec![Series {
        target: Some("a".into()),
        labels: Labels::default(),
        values: numbers
            .map(|slot| (slots.end(slot) as f64, slot as f64))
            .collect(),
    }]
}

/// A grid's values for the target `a`.
fn numbers(grid: &Grid) -> Vec<i64> {
    let column = grid.column("a", 0).unwrap_or_default();
    let values = column.iter().filter(|value| !value.is_nan());
    values.map(|value| *value as i64).collect()
}

#[test]
fn a_series_without_a_target_a_column_or_a_number_is_ignored() {
    let slots = Slots::at(Range::Day, at(1_700_000_000));
    let mut grid = Grid::empty(slots, 1, at(1_700_000_000));
    let mut series = series(slots, slots.first(), |_| true);
    series[0].target = None;
    grid.fill(series, only);
    grid.fill(self::series(slots, slots.first(), |_| true), |_| None);
    grid.fill(self::series(slots, slots.first(), |_| true), |_| Some(7));
    assert!(grid.rows.is_empty());
    let mut nan = self::series(slots, slots.first(), |_| true);
    for (_, value) in &mut nan[0].values {
        *value = f64::INFINITY;
    }
    grid.fill(nan, only);
    assert_eq!(numbers(&grid), [0; 0]);
}

#[test]
fn slots_that_have_not_settled_are_read_again() {
    let start = 1_700_000_000;
    let slots = Slots::at(Range::Day, at(start));
    let mut grid = Grid::empty(slots, 1, at(start));
    grid.fill(series(slots, slots.first(), |_| true), only);
    let (moved, from) = grid.moved(slots, at(start + 30));
    assert!((slots.last - 1..=slots.last).contains(&from), "{from}");
    assert_eq!(numbers(&moved).last(), Some(&(from - 1)));
    // After an hour's pause, the slots that were open then are read again.
    let later = Slots::at(Range::Day, at(start + 3_600));
    let (moved, from) = grid.moved(later, at(start + 3_600));
    assert!(from <= slots.last);
    assert_eq!(moved.column("a", 0).unwrap()[0], later.first() as f64);
    // After two days no slot is kept.
    let far = Slots::at(Range::Day, at(start + 2 * 86_400));
    let (moved, from) = grid.moved(far, at(start + 2 * 86_400));
    assert_eq!((moved.rows.len(), from), (0, far.first()));
    // The clock was put back.
    let (_, from) = grid.moved(
        Slots::at(Range::Day, at(start - 86_400)),
        at(start - 86_400),
    );
    assert!(from >= slots.first() - 90);
}

proptest! {
    #[test]
    fn a_grid_read_in_steps_equals_one_read_at_once(
        steps in prop::collection::vec(1_i64..4_000, 1..20),
        gaps in prop::collection::hash_set(0_i64..200, 0..50),
    ) {
        let mut now = 1_700_000_000;
        let first = Slots::at(Range::Day, at(now)).first();
        let has_data = |slot: i64| !gaps.contains(&(slot - first));
        let mut grid: Option<Grid> = None;
        for step in steps {
            now += step;
            let slots = Slots::at(Range::Day, at(now));
            let (mut next, from) = match &grid {
                Some(grid) => grid.moved(slots, at(now)),
                None => (Grid::empty(slots, 1, at(now)), slots.first()),
            };
            next.fill(series(slots, from, has_data), only);
            let mut whole = Grid::empty(slots, 1, at(now));
            whole.fill(series(slots, slots.first(), has_data), only);
            prop_assert_eq!(numbers(&next), numbers(&whole));
            grid = Some(next);
        }
    }
}
