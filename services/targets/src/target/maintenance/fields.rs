//! Parser of `[[target.maintenance]]` in `targets.toml`.

use std::sync::Arc;

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time, Weekday},
    tz::{Offset, TimeZone},
};
use toml::value;

use super::{
    Maintenance,
    window::{Days, Recurring, Schedule, Window},
    zone::{first, time_zone, up_to},
};
use crate::{
    error::{Invalid, TargetsError},
    fields::{Field, Fields, LineIndex, shown},
    redact::redact,
    target::line,
};

const KEYS: [&str; 5] = ["start", "end", "time_zone", "days", "reason"];

/// Maximum number of windows of a target. Every query checks each of them.
const MAX_WINDOWS: usize = 100;

/// Longest reason, in characters.
const MAX_REASON_CHARS: usize = 200;

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

const TIMES: &str = "a date with a time, such as 2026-12-01T02:00:00 or 2026-12-01T02:00:00Z, for a window that occurs once; \
     a time of day, such as 02:00:00, for a recurring window";

const ZONES: &str = r#"a name of the IANA time zone database, such as "Europe/Berlin" or "UTC""#;

/// Parses all windows of a target.
pub(crate) fn parse(field: &Field<'_>, lines: &LineIndex) -> Result<Maintenance, TargetsError> {
    let allowed = "a list of [[target.maintenance]] tables";
    let tables = field.list(allowed)?;
    if tables.len() > MAX_WINDOWS {
        let allowed = format!("at most {MAX_WINDOWS} windows a target");
        return Err(field.reject(format!("{} windows", tables.len()), allowed));
    }
    let windows = tables.iter().enumerate().map(|(index, table)| {
        let path = format!("{}[{index}]", field.path());
        let line = lines.number(table.span().start);
        let Some(table) = table.get_ref().as_table() else {
            let invalid = Invalid::new(shown(table.get_ref()), "not a table", allowed);
            return Err(invalid.at(format!("{path} (line {line})")));
        };
        let fields = Fields::new(&path, table, lines, &KEYS)?;
        window(&fields, |name, required| TargetsError::Missing {
            key: format!("{path}.{name} (line {line})"),
            required,
        })
    });
    windows.collect::<Result<_, _>>().map(Maintenance)
}

/// Parses one window. `missing` creates the error for a missing key.
fn window(
    fields: &Fields<'_>,
    missing: impl Fn(&str, &'static str) -> TargetsError,
) -> Result<Window, TargetsError> {
    let require = |name| fields.get(name).ok_or_else(|| missing(name, TIMES));
    let (start, end) = (require("start")?, require("end")?);
    let (days, zone) = (fields.get("days"), fields.get("time_zone"));
    let require_zone = || match &zone {
        Some(field) => parse_zone(field),
        None => Err(missing("time_zone", ZONES)),
    };
    let schedule = match (TimeSpec::parse(&start)?, TimeSpec::parse(&end)?) {
        (TimeSpec::TimeOfDay(start), TimeSpec::TimeOfDay(end)) => Schedule::Recurring(Recurring {
            zone: require_zone()?,
            days: days.as_ref().map_or(Ok(Days::ALL), parse_days)?,
            start,
            end,
        }),
        (TimeSpec::Local(from), TimeSpec::Local(to)) => {
            reject_unused(days, "start is a date", "where start is a time of day")?;
            let zone = require_zone()?;
            once((&start, first(&zone, from)), (&end, up_to(&zone, to)))?
        }
        (TimeSpec::Moment(from), TimeSpec::Moment(to)) => {
            reject_unused(days, "start is a date", "where start is a time of day")?;
            reject_unused(zone, "start has an offset", "where start has no offset")?;
            once((&start, Some(from)), (&end, Some(to)))?
        }
        _ => return Err(end.reject("not in the same form as start", TIMES)),
    };
    let reason = fields
        .get("reason")
        .as_ref()
        .map(parse_reason)
        .transpose()?;
    Ok(Window { schedule, reason })
}

/// A start or an end.
enum TimeSpec {
    /// Recurs.
    TimeOfDay(Time),
    /// Occurs once, in the window's time zone.
    Local(DateTime),
    /// Occurs once; has an offset.
    Moment(Timestamp),
}

impl TimeSpec {
    fn parse(field: &Field<'_>) -> Result<Self, TargetsError> {
        let value::Datetime { date, time, offset } = field.datetime(TIMES)?;
        let Some(time) = time else {
            return Err(field.reject("a date without a time", TIMES));
        };
        Self::new(date, time, offset).ok_or_else(|| field.reject("no such time", TIMES))
    }

    fn new(
        date: Option<value::Date>,
        time: value::Time,
        offset: Option<value::Offset>,
    ) -> Option<Self> {
        let time = Time::new(
            time.hour.try_into().ok()?,
            time.minute.try_into().ok()?,
            time.second.unwrap_or_default().try_into().ok()?,
            time.nanosecond.unwrap_or_default().try_into().ok()?,
        );
        let Some(date) = date else {
            return time.ok().map(Self::TimeOfDay);
        };
        let date = Date::new(
            date.year.try_into().ok()?,
            date.month.try_into().ok()?,
            date.day.try_into().ok()?,
        );
        let local = date.ok()?.to_datetime(time.ok()?);
        let minutes = match offset {
            None => return Some(Self::Local(local)),
            Some(value::Offset::Z) => 0,
            Some(value::Offset::Custom { minutes }) => i32::from(minutes),
        };
        let offset = Offset::from_seconds(minutes * 60).ok()?;
        offset.to_timestamp(local).ok().map(Self::Moment)
    }
}

/// Returns a window that occurs once. A moment is `None` if it is beyond the end of the calendar.
fn once(
    start: (&Field<'_>, Option<Timestamp>),
    end: (&Field<'_>, Option<Timestamp>),
) -> Result<Schedule, TargetsError> {
    let moment = |(field, moment): (&Field<'_>, Option<Timestamp>)| {
        moment.ok_or_else(|| field.reject("no such time", TIMES))
    };
    let (from, to) = (moment(start)?, moment(end)?);
    if from < to {
        Ok(Schedule::Once {
            start: from,
            end: to,
        })
    } else {
        let problem = format!("not after start, which is {from}");
        Err(end.0.reject(problem, "a later time"))
    }
}

fn reject_unused(
    field: Option<Field<'_>>,
    problem: &str,
    allowed: &str,
) -> Result<(), TargetsError> {
    field.map_or(Ok(()), |field| Err(field.reject(problem, allowed)))
}

fn parse_zone(field: &Field<'_>) -> Result<TimeZone, TargetsError> {
    time_zone(field.string()?).ok_or_else(|| field.reject("no such time zone", ZONES))
}

fn parse_days(field: &Field<'_>) -> Result<Days, TargetsError> {
    let allowed = r#"a list of "mon", "tue", "wed", "thu", "fri", "sat", "sun""#;
    let items = field.list(allowed)?;
    if items.is_empty() {
        return Err(field.reject("the window would never occur", allowed));
    }
    items.iter().try_fold(Days::NONE, |days, item| {
        let name = item.get_ref().as_str();
        match WEEKDAYS.iter().find(|(day, _)| Some(*day) == name) {
            Some((_, day)) => Ok(days.with(*day)),
            None => Err(field.reject_item(item.get_ref(), "no such day", allowed)),
        }
    })
}

fn parse_reason(field: &Field<'_>) -> Result<Arc<str>, TargetsError> {
    line::parse(field.string()?, MAX_REASON_CHARS)
        .map(|reason| redact(reason).into())
        .map_err(|error| field.reject_as(error))
}
