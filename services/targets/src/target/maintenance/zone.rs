//! Conversion of local times in a time zone to moments.

use jiff::{
    SignedDuration, Timestamp,
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase},
};

/// Returns the time zone with this name from the compiled-in database, never from the machine's.
pub(super) fn time_zone(name: &str) -> Option<TimeZone> {
    let zone = TimeZoneDatabase::bundled().get(name).ok()?;
    (!zone.is_unknown()).then_some(zone)
}

/// Returns the first moment at which a clock of the zone shows this time, or a later time if clocks skip it. Returns
/// `None` outside the range of `Timestamp`.
pub(super) fn first(zone: &TimeZone, time: DateTime) -> Option<Timestamp> {
    let moment = zone.to_ambiguous_timestamp(time);
    match moment.offset() {
        AmbiguousOffset::Gap { .. } => end_of_gap(zone, time),
        _ => moment.earlier().ok(),
    }
}

/// Returns the moment until which a clock of the zone shows earlier times. Returns `None` outside that range, too.
pub(super) fn up_to(zone: &TimeZone, time: DateTime) -> Option<Timestamp> {
    // In an hour that occurs twice, the last moment before `time` is in the second pass.
    let step = SignedDuration::from_nanos(1);
    let last = time.checked_sub(step).ok()?;
    let moment = zone.to_ambiguous_timestamp(last);
    match moment.offset() {
        AmbiguousOffset::Gap { .. } => end_of_gap(zone, last),
        _ => moment.later().ok()?.checked_add(step).ok(),
    }
}

/// Returns the moment at which clocks of the zone skip this time.
fn end_of_gap(zone: &TimeZone, time: DateTime) -> Option<Timestamp> {
    // With the offset that applies after the gap, a time inside the gap is a moment before it.
    let before = zone.to_ambiguous_timestamp(time).earlier().ok()?;
    zone.following(before).next().map(|gap| gap.timestamp())
}
