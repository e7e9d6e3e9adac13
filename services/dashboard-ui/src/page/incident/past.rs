//! The incidents of the last days, day by day.

use gateway_api::incidents::Incident;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::{Entry, Tone};
use crate::gateway::view::View;
use crate::text::time::Clock;

/// The number of days, today among them.
const DAYS: i32 = 7;

/// The maximum number of incidents of a day.
const SHOWN_MAX: usize = 5;

/// What a day without incidents says.
pub(crate) const NOTHING: &str = "no incidents";

/// A day and its incidents.
#[derive(Debug)]
pub(crate) struct Day {
    pub name: String,
    pub incidents: Vec<Line>,
    pub more: usize,
    /// What to say if there are no incidents.
    pub nothing: &'static str,
}

/// An incident of a day.
#[derive(Debug)]
pub(crate) struct Line {
    pub entry: Entry,
    /// The address of its row on the page of all incidents.
    pub link: String,
    /// When the target came up again, or the last alert ended.
    pub end: Option<Clock>,
}

/// Returns the days since the history began, newest first, each with the incidents that went on during it. `complete_since`
/// is since when all incidents are among `incidents`; the days before are left out. `nothing` is what to say of today
/// without an incident.
pub(crate) fn days(
    view: &View,
    incidents: &[&Incident],
    complete_since: Option<Timestamp>,
    nothing: &'static str,
    now: Timestamp,
) -> Vec<Day> {
    let date = |time: Timestamp| time.to_zoned(TimeZone::UTC).date();
    let today = date(now);
    let oldest = incidents.iter().map(|it| it.started_at).min();
    // Without a known start of the history, days without incidents prove nothing.
    let begin = view.history_since().or(oldest).unwrap_or(now);
    let begin = date(begin.max(complete_since.unwrap_or(begin)));
    let days = (0..DAYS).filter_map(|back| today.checked_sub(back.days()).ok());
    let days = days.take_while(|day| *day >= begin);
    days.map(|day| {
        let is_of_day = |incident: &&&Incident| {
            let end = incident.ended_at.unwrap_or(now);
            date(incident.started_at) <= day && day <= date(end)
        };
        let of_day: Vec<_> = incidents.iter().filter(is_of_day).collect();
        let line = |incident: &Incident| Line::new(incident, view, now);
        Day {
            name: day_name(day, today),
            nothing: if day == today { nothing } else { NOTHING },
            more: of_day.len().saturating_sub(SHOWN_MAX),
            incidents: of_day.iter().take(SHOWN_MAX).map(|it| line(it)).collect(),
        }
    })
    .collect()
}

impl Line {
    fn new(incident: &Incident, view: &View, now: Timestamp) -> Self {
        let entry = Entry::new(incident, view.target(incident.target.as_deref()), now);
        let end = incident.recovered_at.or(incident.ended_at);
        Self {
            link: format!("/incidents#{}", entry.id),
            end: end.filter(|_| entry.tone == Tone::Over).map(Clock::new),
            entry,
        }
    }
}

fn day_name(day: Date, today: Date) -> String {
    if day == today {
        "Today".to_owned()
    } else if day.tomorrow().is_ok_and(|next| next == today) {
        "Yesterday".to_owned()
    } else {
        day.strftime("%A, %-d %B").to_string()
    }
}
