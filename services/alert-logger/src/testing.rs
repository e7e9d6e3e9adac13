//! Alerts to test with.

use jiff::Timestamp;
use proptest::prelude::*;

use crate::alert::{Alert, Labels};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// An alert that fires since `starts`, in seconds, and was received as it began.
pub(crate) fn firing(fingerprint: &str, starts: i64) -> Alert {
    Alert {
        fingerprint: fingerprint.to_owned(),
        starts_at: at(starts),
        ends_at: None,
        labels: Labels::from([("alertname".to_owned(), "TargetDown".to_owned())]),
        annotations: Labels::default(),
        generator_url: "http://prometheus/graph".to_owned(),
        first_received_at: at(starts),
        resolved_received_at: None,
    }
}

/// The same alert, resolved at `ends` and received then.
pub(crate) fn resolved(fingerprint: &str, starts: i64, ends: i64) -> Alert {
    Alert {
        ends_at: Some(at(ends)),
        first_received_at: at(ends),
        resolved_received_at: Some(at(ends)),
        ..firing(fingerprint, starts)
    }
}

/// A delivery of this alert, from a space small enough for collisions.
pub(crate) fn any_delivery(fingerprint: &str, starts: i64) -> impl Strategy<Value = Alert> + use<> {
    let alert = firing(fingerprint, starts);
    let ends = prop::option::of(10_i64..13);
    (ends, "[xy]?", "[xy]?", 10_i64..20).prop_map(
        move |(ends, summary, generator_url, received)| Alert {
            ends_at: ends.map(at),
            annotations: Labels::from([("summary".to_owned(), summary)]),
            generator_url,
            first_received_at: at(received),
            resolved_received_at: ends.map(|_| at(received)),
            ..alert.clone()
        },
    )
}
