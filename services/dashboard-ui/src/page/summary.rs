//! The top of the overview: what is so, in a sentence, and how anybody knows.

use std::sync::Arc;

use askama::Template;
use jiff::Timestamp;

use crate::gateway::status::{State, Status, Target};
use crate::gateway::view::View;
use crate::page::filter::Filter;
use crate::page::row::link;
use crate::page::verdict::{Sight, Verdict};
use crate::range::Range;
use crate::text::time::{Clock, Moment};
use crate::text::words;
use crate::text::{name, visible};

/// How many targets that are down are named in the verdict.
const NAMED_MAX: usize = 5;

/// `templates/summary.html`: the verdict, the three facts, and the parts that it comes from.
#[derive(Debug, Template)]
#[template(path = "summary.html")]
pub(crate) struct Summary {
    pub verdict: Verdict,
    pub made: Moment,
    /// When any target was last probed.
    newest: Option<Moment>,
    counts: Vec<Count>,
    down: Vec<Named>,
    more_down: usize,
    parts: Vec<Part>,
}

/// How many targets are in a state, as the rows show it.
#[derive(Debug)]
struct Count {
    count: usize,
    state: State,
    link: String,
}

/// A target that is down.
#[derive(Debug)]
struct Named {
    name: String,
    link: String,
}

/// A part that the page's figures come from.
#[derive(Debug)]
struct Part {
    name: String,
    /// Where it answers: none. Else what is known of that.
    trouble: Option<Trouble>,
}

#[derive(Debug)]
struct Trouble {
    text: &'static str,
    since: Option<Clock>,
}

impl Summary {
    pub(crate) fn new(view: &View, verdict: Verdict, now: Timestamp) -> Self {
        let status = view.known.as_ref().map(|known| known.status.as_ref());
        let targets = status.map_or(&[][..], |status| &status.targets);
        let shown = |state| {
            let is = move |it: &&State| **it == state;
            let states: Vec<_> = targets.iter().map(|it| verdict.sight.of(it).0).collect();
            states.iter().filter(is).count()
        };
        let counts = State::ALL.into_iter().map(|state| Count {
            count: shown(state),
            state,
            link: Filter::default()
                .with(|it| it.state = Some(state))
                .address("/"),
        });
        let is_down = |target: &&Arc<Target>| verdict.sight.of(target).0 == State::Down;
        let down: Vec<_> = targets.iter().filter(is_down).collect();
        Self {
            counts: counts.filter(|it| it.count > 0).collect(),
            more_down: down.len().saturating_sub(NAMED_MAX),
            down: down
                .into_iter()
                .take(NAMED_MAX)
                .map(|target| Named {
                    name: name(&target.name),
                    link: link(&target.name, Range::default()),
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

    /// Whether what is shown is not what is, but what was.
    fn was(&self) -> bool {
        self.verdict.sight == Sight::Gone
    }
}

/// api-gateway and what it asks. While it does not answer, nothing is known of the others.
fn parts(view: &View, status: Option<&Status>) -> Vec<Part> {
    let gateway = Part {
        name: "api-gateway".to_owned(),
        trouble: view.away.as_ref().map(|away| Trouble {
            text: "is away",
            since: Some(Clock::new(away.since)),
        }),
    };
    let mut parts = vec![gateway];
    let Some(status) = status else {
        return parts;
    };
    if view.away.is_some() {
        parts.extend(status.summary.sources.iter().map(|source| Part {
            name: visible(&source.name),
            trouble: Some(Trouble {
                text: "cannot be seen",
                since: None,
            }),
        }));
        return parts;
    }
    let reasons = status.summary.blind.iter().flat_map(|blind| &blind.reasons);
    let since = |part: &str| {
        let mut reasons = reasons.clone();
        let reason = reasons.find(|reason| reason.part == part);
        reason.map(|reason| Clock::new(reason.since))
    };
    parts.extend(status.summary.sources.iter().map(|source| {
        let since = since(&source.name);
        Part {
            name: visible(&source.name),
            trouble: (!source.ok || since.is_some()).then_some(Trouble {
                text: if source.ok {
                    "does not work"
                } else {
                    "is away"
                },
                since,
            }),
        }
    }));
    // What is no source, such as the way of the alerts as a whole.
    let sources = &status.summary.sources;
    let others = reasons
        .clone()
        .filter(|reason| sources.iter().all(|source| source.name != reason.part));
    parts.extend(others.map(|reason| Part {
        name: words::part(&reason.part),
        trouble: Some(Trouble {
            text: "is broken",
            since: Some(Clock::new(reason.since)),
        }),
    }));
    parts
}
