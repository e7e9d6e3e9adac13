use gateway_api::history::{Overall, SLOTS_MAX};
use proptest::prelude::*;

use super::*;

/// Availability, coverage and share of maintenance.
type Values = (Option<f64>, f64, f64);

fn history(
    availability: Vec<Option<f64>>,
    coverage: Vec<f64>,
    maintenance: Vec<f64>,
) -> TargetHistory {
    TargetHistory {
        target: "demo".into(),
        watched_since: None,
        availability_ratio: availability,
        coverage_ratio: coverage,
        maintenance_ratio: maintenance,
        success: Vec::new(),
        failures: Vec::new(),
        overall: Overall {
            availability: None,
            availability_percent: None,
            coverage_ratio: None,
        },
    }
}

/// Slots of a minute.
fn head() -> SlotsHead {
    SlotsHead {
        range: Range::Day,
        started_at: "2026-11-23T02:00:00Z".parse().unwrap(),
        slot_seconds: 60,
        slots: SLOTS_MAX,
    }
}

fn bar_of(history: &TargetHistory) -> Bar {
    Bar::new(&head(), history)
}

/// Returns a history that ends with these slots.
fn slots(values: &[Values]) -> TargetHistory {
    let padding = || std::iter::repeat_n(&(None, 0.0, 0.0), SLOTS_MAX - values.len());
    let all = || padding().chain(values);
    history(
        all().map(|it| it.0).collect(),
        all().map(|it| it.1).collect(),
        all().map(|it| it.2).collect(),
    )
}

#[test]
fn slots_are_classified_by_availability_coverage_and_maintenance() {
    for (availability, coverage, maintenance, kind) in [
        (Some(1.0), 1.0, 0.0, Slot::Up),
        (Some(1.0), 0.5, 0.0, Slot::Up),
        (Some(1.0), 0.4, 0.0, Slot::Unknown),
        (Some(0.99), 0.1, 0.0, Slot::Part),
        (Some(0.49), 1.0, 0.0, Slot::Down),
        (Some(0.0), 1.0, 0.9, Slot::Down),
        (None, 1.0, 1.0, Slot::Maintenance),
        (Some(1.0), 1.0, 0.6, Slot::Maintenance),
        (Some(1.0), 1.0, 0.4, Slot::Up),
        (None, 0.0, 0.0, Slot::Unknown),
    ] {
        let bar = bar_of(&slots(&[
            (availability, coverage, maintenance),
            (None, 0.0, 0.0),
        ]));
        assert_eq!(bar.0[88], kind, "{availability:?} {coverage} {maintenance}");
    }
    let running = bar_of(&slots(&[(Some(1.0), 0.05, 0.0)]));
    assert_eq!(running.0[89], Slot::Up);
}

#[test]
fn neighbours_share_a_stroke_and_the_description_matches() {
    let up = (Some(1.0), 1.0, 0.0);
    let bar = bar_of(&slots(&[
        up,
        up,
        (Some(0.0), 1.0, 0.0),
        up,
        (Some(0.9), 1.0, 0.0),
    ]));
    assert_eq!(
        bar.paths(),
        "<path class=\"up\" d=\"M85 14h2M88 14h1\"/><path class=\"part\" d=\"M89 9h1\"/>\
         <path class=\"down\" d=\"M87 14h1\"/><path class=\"unknown\" d=\"M0 24h85\"/>"
    );
    assert_eq!(
        bar.describe(Range::Day, Some("96.00%")),
        "24 hours: 96.00% available, 1 slot down, 1 with failures, 85 unknown"
    );
    assert_eq!(
        Bar::unknown(Range::Week).describe(Range::Week, None),
        "7 days: availability unknown, 90 slots unknown"
    );
}

#[test]
fn slots_before_the_target_was_watched_are_empty() {
    let up = (Some(1.0), 1.0, 0.0);
    let mut young = slots(&[up, up]);
    young.watched_since = Some("2026-11-23T03:28:30Z".parse().unwrap());
    let bar = bar_of(&young);
    assert_eq!(bar.slots()[87], Slot::Before);
    assert_eq!(bar.paths(), "<path class=\"up\" d=\"M88 14h2\"/>");
    assert_eq!(
        bar.describe(Range::Day, Some("100.00%")),
        "24 hours: 100.00% available, 88 slots before this target was watched"
    );
}

#[test]
fn failed_slots_are_listed_for_the_script() {
    let mut history = slots(&[]);
    (history.success, history.failures) = (vec![64.0, 61.0, 0.0], vec![0.0, 3.0, 64.0]);
    assert_eq!(failed(&history), "1:3/64,2:64/64");
}

proptest! {
    /// A slot without data is never green, whatever the other fields contain.
    #[test]
    fn a_slot_without_data_is_never_up(
        availability in prop::collection::vec(prop::option::of(any::<f64>()), 0..100),
        coverage in prop::collection::vec(any::<f64>(), 0..100),
    ) {
        let bar = bar_of(&history(availability.clone(), coverage, Vec::new()));
        for (index, slot) in bar.slots().iter().enumerate() {
            let observed = availability.get(index).copied().flatten();
            prop_assert!(*slot != Slot::Up || observed.is_some_and(|it| it >= 1.0), "{index}");
        }
    }
}
