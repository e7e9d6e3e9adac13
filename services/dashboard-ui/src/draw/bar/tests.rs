use gateway_api::history::Overall;
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
        availability,
        coverage,
        maintenance,
        success: Vec::new(),
        failures: Vec::new(),
        overall: Overall {
            availability: None,
            availability_percent: None,
            coverage: None,
        },
    }
}

/// Returns a history that ends with these slots.
fn slots(values: &[Values]) -> TargetHistory {
    let padding = || std::iter::repeat_n(&(None, 0.0, 0.0), SLOTS - values.len());
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
        let bar = Bar::new(&slots(&[
            (availability, coverage, maintenance),
            (None, 0.0, 0.0),
        ]));
        assert_eq!(bar.0[88], kind, "{availability:?} {coverage} {maintenance}");
    }
    let running = Bar::new(&slots(&[(Some(1.0), 0.05, 0.0)]));
    assert_eq!(running.0[89], Slot::Up);
}

#[test]
fn neighbours_share_a_stroke_and_the_description_matches() {
    let up = (Some(1.0), 1.0, 0.0);
    let bar = Bar::new(&slots(&[
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
        Bar::unknown().describe(Range::Week, None),
        "7 days: availability unknown, 90 slots unknown"
    );
}

proptest! {
    /// A slot without data is never green, whatever the other fields contain.
    #[test]
    fn a_slot_without_data_is_never_up(
        availability in prop::collection::vec(prop::option::of(any::<f64>()), 0..100),
        coverage in prop::collection::vec(any::<f64>(), 0..100),
    ) {
        let bar = Bar::new(&history(availability.clone(), coverage, Vec::new()));
        for (index, slot) in bar.slots().iter().enumerate() {
            let observed = availability.get(index).copied().flatten();
            prop_assert!(*slot != Slot::Up || observed.is_some_and(|it| it >= 1.0), "{index}");
        }
    }
}
