//! Times of day in a time zone as moments.

use jiff::{
    SignedDuration, Timestamp,
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase},
};

/// The time zone of this name in the database compiled in; the machine's own is never asked.
pub(super) fn time_zone(name: &str) -> Option<TimeZone> {
    let zone = TimeZoneDatabase::bundled().get(name).ok()?;
    (!zone.is_unknown()).then_some(zone)
}

/// The first moment at which a clock of the zone shows this time, or, where clocks skip it, a later one. `None` outside
/// the times that exist.
pub(super) fn first(zone: &TimeZone, time: DateTime) -> Option<Timestamp> {
    let moment = zone.to_ambiguous_timestamp(time);
    match moment.offset() {
        AmbiguousOffset::Gap { .. } => end_of_gap(zone, time),
        _ => moment.earlier().ok(),
    }
}

/// The moment up to which a clock of the zone shows earlier times than this. `None` outside the times that exist.
pub(super) fn up_to(zone: &TimeZone, time: DateTime) -> Option<Timestamp> {
    // The last of an hour that comes twice may be before `time` only the first time.
    let step = SignedDuration::from_nanos(1);
    let last = time.checked_sub(step).ok()?;
    let moment = zone.to_ambiguous_timestamp(last);
    match moment.offset() {
        AmbiguousOffset::Gap { .. } => end_of_gap(zone, last),
        _ => moment.later().ok()?.checked_add(step).ok(),
    }
}

/// Returns when clocks of the zone skip this time.
fn end_of_gap(zone: &TimeZone, time: DateTime) -> Option<Timestamp> {
    // By the offset that applies behind the gap, a time inside it is a moment before it.
    let before = zone.to_ambiguous_timestamp(time).earlier().ok()?;
    zone.following(before).next().map(|gap| gap.timestamp())
}
