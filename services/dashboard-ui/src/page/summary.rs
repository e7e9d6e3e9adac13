//! The top of the overview: the overall state, the counts, and the sources of the data.

use askama::Template;
use gateway_api::history::Range;
use gateway_api::status::{Counted, State, Status, TargetStatus};
use jiff::Timestamp;

use super::filter::Filter;
use super::row::link;
use super::verdict::{Verdict, Visibility, part_name};
use crate::gateway::view::View;
use crate::text::time::{Clock, Moment};
use crate::text::words;
use crate::text::{name, visible};

/// The maximum number of targets that are listed as down.
const NAMED_MAX: usize = 5;

/// `templates/summary.html`.
#[derive(Debug, Template)]
#[template(path = "summary.html")]
pub(crate) struct Summary {
    pub verdict: Verdict,
    pub made: Moment,
    /// The time of the newest probe of any target.
    newest: Option<Moment>,
    counts: Vec<Count>,
    down: Vec<DownTarget>,
    more_down: usize,
    parts: Vec<Part>,
}

/// The number of rows that show a state.
#[derive(Debug)]
struct Count {
    count: usize,
    state: State,
    link: String,
}

/// A target that is down.
#[derive(Debug)]
struct DownTarget {
    name: String,
    link: String,
}

/// A part that supplies the page's data.
#[derive(Debug)]
struct Part {
    name: String,
    /// `None` if the part answers.
    trouble: Option<Trouble>,
}

#[derive(Debug)]
struct Trouble {
    text: &'static str,
    since: Option<Clock>,
}

impl Summary {
    pub(crate) fn new(view: &View, verdict: Verdict, now: Timestamp) -> Self {
        let status = view.snapshot.as_ref().map(|it| it.status.as_ref());
        let targets = status.map_or(&[][..], |status| &status.targets);
        let shown = |target: &TargetStatus| verdict.visibility.shown_state(target).0;
        let counted: Counted = targets.iter().map(|it| shown(it)).collect();
        let counts = words::STATES.into_iter().map(|state| Count {
            count: counted.get(state),
            state,
            link: Filter::default()
                .with(|it| it.state = Some(state))
                .address("/"),
        });
        let down = targets.iter().filter(|it| shown(it) == State::Down);
        Self {
            counts: counts.filter(|it| it.count > 0).collect(),
            more_down: counted.down.saturating_sub(NAMED_MAX),
            down: down
                .take(NAMED_MAX)
                .map(|target| DownTarget {
                    name: name(&target.target),
                    link: link(&target.target, Range::default()),
                })
                .collect(),
            made: Moment::new(now, now),
            newest: status
                .and_then(|status| status.summary.newest_observation_at)
                .map(|newest| Moment::new(newest, now)),
            parts: parts(view, status),
            verdict,
        }
    }

    /// Returns whether the summary shows the last known state instead of the current one.
    fn is_outdated(&self) -> bool {
        self.verdict.visibility == Visibility::Lost
    }
}

/// Returns api-gateway and its sources. While api-gateway does not answer, the state of its sources is unknown.
fn parts(view: &View, status: Option<&Status>) -> Vec<Part> {
    let gateway = Part {
        name: "api-gateway".to_owned(),
        trouble: view.outage.as_ref().map(|outage| Trouble {
            text: "is unavailable",
            since: Some(Clock::new(outage.since)),
        }),
    };
    let mut parts = vec![gateway];
    let Some(status) = status else {
        return parts;
    };
    if view.outage.is_some() {
        parts.extend(status.summary.sources.iter().map(|source| Part {
            name: visible(&source.name),
            trouble: Some(Trouble {
                text: "is unknown",
                since: None,
            }),
        }));
        return parts;
    }
    let reasons = status.summary.blind.iter().flat_map(|blind| &blind.reasons);
    let since = |part: &str| {
        let mut reasons = reasons.clone();
        let reason = reasons.find(|reason| reason.part.as_str() == part);
        reason.map(|reason| Clock::new(reason.since))
    };
    parts.extend(status.summary.sources.iter().map(|source| {
        let since = since(&source.name);
        Part {
            name: visible(&source.name),
            trouble: (!source.ok || since.is_some()).then_some(Trouble {
                text: if source.ok {
                    "is not working"
                } else {
                    "is unavailable"
                },
                since,
            }),
        }
    }));
    // Parts that are not a source of data, such as the delivery of alerts.
    let sources = &status.summary.sources;
    let others = reasons.clone().filter(|reason| {
        sources
            .iter()
            .all(|source| source.name != reason.part.as_str())
    });
    parts.extend(others.map(|reason| Part {
        name: part_name(reason.part).to_owned(),
        trouble: Some(Trouble {
            text: "is broken",
            since: Some(Clock::new(reason.since)),
        }),
    }));
    parts
}
