//! Alerts for tests.

use std::collections::BTreeSet;

use jiff::Timestamp;
use proptest::prelude::*;

use crate::alert::{Alert, Finding, Labels, Verdict};

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// Returns an alert that has fired since `starts`, in seconds, and was received at that time.
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
        restarted_at: BTreeSet::new(),
        finding: None,
    }
}

/// Returns the same alert, resolved at `ends` and received at that time.
pub(crate) fn resolved(fingerprint: &str, starts: i64, ends: i64) -> Alert {
    Alert {
        ends_at: Some(at(ends)),
        first_received_at: at(ends),
        resolved_received_at: Some(at(ends)),
        ..firing(fingerprint, starts)
    }
}

/// Generates findings from a space small enough for collisions.
fn any_finding() -> impl Strategy<Value = Finding> {
    let verdict = prop_oneof![
        Just(Verdict::Active),
        Just(Verdict::Ended),
        Just(Verdict::Unconfirmed)
    ];
    let expired_at = prop::option::of(10_i64..12);
    (20_i64..23, verdict, 10_i64..12, expired_at).prop_map(
        |(found, verdict, last_active, expired)| Finding {
            at: at(found),
            verdict,
            last_active_at: at(last_active),
            expired_at: expired.map(at),
        },
    )
}

/// Generates records of this alert from a space small enough for collisions.
pub(crate) fn any_record(fingerprint: &str, starts: i64) -> impl Strategy<Value = Alert> + use<> {
    let alert = firing(fingerprint, starts);
    let ends = prop::option::of(10_i64..13);
    let restarts = prop::collection::btree_set(3_i64..6, 0..2);
    let finding = prop::option::of(any_finding());
    (ends, "[xy]?", "[xy]?", 10_i64..20, restarts, finding).prop_map(
        move |(ends, summary, generator_url, received, restarts, finding)| Alert {
            ends_at: ends.map(at),
            annotations: Labels::from([("summary".to_owned(), summary)]),
            generator_url,
            first_received_at: at(received),
            resolved_received_at: ends.map(|_| at(received)),
            restarted_at: restarts.into_iter().map(at).collect(),
            finding,
            ..alert.clone()
        },
    )
}
