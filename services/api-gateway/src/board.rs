//! The state of everything at one moment: what answers about now are cut from.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use targets::Occurrence;
use utoipa::ToSchema;

use crate::agents::{Observation, Series};
use crate::blind::{Blind, Part, Reason};
use crate::catalog::{Listed, Listing};
use crate::figures::Figures;
use crate::sources::{Look, Source};
use crate::status::{Standing, State};
use crate::time::from_seconds;

/// A newest observation that is older than this, in seconds, is none.
const STALE_SECONDS: f64 = 60.0;

/// Every target's state.
#[derive(Debug)]
pub struct Board {
    /// When the sources were asked.
    pub at: Timestamp,
    /// The newest result of any probe.
    pub newest: Option<Timestamp>,
    /// Whether any of this can be trusted.
    pub blind: Option<Blind>,
    /// Who was asked.
    pub sources: Vec<Source>,
    /// In the order of the configuration.
    pub targets: Vec<TargetStatus>,
}

/// One target's row.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TargetStatus {
    /// Its name: the `target` label of its metrics.
    #[schema(value_type = String)]
    pub target: Arc<str>,
    /// Its URL, a password replaced by `xxxxx`.
    pub url: String,
    /// How it is probed.
    #[schema(example = "https")]
    pub kind: String,
    /// What it belongs to; null where the configuration does not say.
    #[schema(value_type = Option<String>, required = true)]
    pub group: Option<Arc<str>>,
    /// Unknown when no agent that answers has probed it within two intervals and 15 s, or when it would be up and the lab
    /// is blind; else maintenance inside a maintenance window.
    pub state: State,
    /// The state that its probes say, where `state` is unknown because the lab is blind; else null.
    #[schema(required = true)]
    pub was: Option<State>,
    /// Since when, as far as the gateway knows: null where it was so before the gateway first asked. Of an unknown target,
    /// when it was last probed, or since when the lab is blind.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    pub since: Option<Timestamp>,
    /// What its newest probe failed for while it is down: `dns`, `connect`, `tls`, `timeout`, `status`, `body`, `redirect`,
    /// or `protocol`. Null where that is not known.
    #[schema(value_type = Option<String>, required = true)]
    pub reason: Option<Arc<str>>,
    /// The maintenance window that is open; null where there is none, or none that the gateway's configuration has.
    #[schema(required = true)]
    pub maintenance: Option<MaintenanceWindow>,
    /// Since the agents started, as in `/uptime-summary`.
    #[serde(flatten)]
    pub figures: Figures,
    /// The mean over the last 5 minutes of the probes that got a response; null without one, or without Prometheus.
    #[schema(required = true, minimum = 0)]
    pub latency_seconds: Option<f64>,
    /// When it was probed last; null where it never was.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    pub last_probe_at: Option<Timestamp>,
    /// From one probe to the next; null where no agent knows it.
    #[schema(required = true, minimum = 0)]
    pub interval_seconds: Option<f64>,
    /// When its host's certificate expires; null where it has none or was not reached over TLS yet.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    pub certificate_not_after: Option<Timestamp>,
    /// The ratio of its probes that is to succeed; null where nobody says.
    #[schema(required = true, minimum = 0, maximum = 1)]
    pub slo_objective: Option<f64>,
    /// 95 % of its responses are to take at most this long; null where none is set.
    #[schema(required = true, minimum = 0)]
    pub latency_objective_seconds: Option<f64>,
}

/// One time that a maintenance window is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MaintenanceWindow {
    /// When it opens.
    #[schema(value_type = String, format = DateTime)]
    pub start: Timestamp,
    /// When it closes.
    #[schema(value_type = String, format = DateTime)]
    pub end: Timestamp,
    /// What is done then; null where the configuration does not say.
    #[schema(value_type = Option<String>, required = true)]
    pub reason: Option<Arc<str>>,
}

impl Board {
    /// The state of the targets listed, from what the sources say.
    #[must_use]
    pub fn new(look: Look, listing: &Listing) -> Self {
        let listed = listing.known_targets(&look.observation);
        let status = |listed: Listed| {
            let latency = look.latency.as_ref();
            let latency = latency.and_then(|latency| latency.get(&listed.name).copied());
            TargetStatus::new(listed, &look.observation, latency, look.at)
        };
        let mut targets: Vec<_> = listed.into_iter().map(status).collect();
        let newest = targets.iter().filter_map(|it| it.last_probe_at).max();
        let reasons = look.blind.map_or_else(Vec::new, |blind| blind.reasons);
        let unprobed = newest
            .filter(|_| reasons.iter().all(|reason| reason.part != Part::PingAgent))
            .and_then(|newest| unprobed(&targets, newest, look.at));
        let blind = Blind::because(reasons.into_iter().chain(unprobed).collect());
        if let Some(blind) = &blind {
            for target in &mut targets {
                target.doubt(blind.since);
            }
        }
        Self {
            at: look.at,
            newest,
            blind,
            sources: look.sources,
            targets,
        }
    }

    /// The state of all targets together.
    #[must_use]
    pub fn state(&self) -> State {
        let state = State::of_all(self.targets.iter().map(|target| target.state));
        match state {
            // Nobody can tell whether it is anything worse.
            State::Maintenance if self.blind.is_some() => State::Unknown,
            state => state,
        }
    }

    /// The groups that targets belong to, in the order in which they first come.
    #[must_use]
    pub fn groups(&self) -> Vec<&str> {
        let mut seen = std::collections::HashSet::new();
        self.targets
            .iter()
            .filter_map(|target| target.group.as_deref())
            .filter(|group| seen.insert(*group))
            .collect()
    }
}

/// Why nobody knows anything: no target was probed for three of the shortest intervals, or for a minute where that is
/// longer.
fn unprobed(targets: &[TargetStatus], newest: Timestamp, now: Timestamp) -> Option<Reason> {
    let intervals = targets.iter().filter_map(|target| target.interval_seconds);
    let limit = intervals
        .reduce(f64::min)
        .map_or(STALE_SECONDS, |shortest| STALE_SECONDS.max(3.0 * shortest));
    let age = now.duration_since(newest).as_secs_f64();
    (age > limit).then(|| Reason {
        part: Part::PingAgent,
        since: newest,
        detail: "ping-agent has probed no target since, or its clock is not this one's".to_owned(),
    })
}

impl TargetStatus {
    /// Takes that what looks good can't be trusted.
    fn doubt(&mut self, since: Timestamp) {
        let state = self.state.in_doubt();
        if state != self.state {
            self.was = Some(self.state);
            self.state = state;
            self.since = Some(since);
        }
    }

    fn new(
        listed: Listed,
        observation: &Observation,
        latency_seconds: Option<f64>,
        now: Timestamp,
    ) -> Self {
        let name = Arc::clone(&listed.name);
        let configured = listed.configured.as_deref();
        let window = configured.and_then(|target| target.maintenance.active(now));
        let standing = Standing::of_target(observation.series(&name), window.as_ref(), now);
        // What an agent said before it went away is no state of now, but still when it last knew one.
        let last = || observation.last_series(&name);
        let last_probe = last().filter_map(Series::probed);
        let last_probe = last_probe.reduce(f64::max);
        let soonest = last().filter_map(|series| series.not_after);
        Self {
            state: standing.state,
            was: None,
            since: match standing.state {
                State::Unknown => last_probe,
                _ => standing.since,
            }
            .and_then(from_seconds),
            reason: standing.reason,
            figures: observation.counts(&name).into(),
            latency_seconds,
            last_probe_at: last_probe.and_then(from_seconds),
            interval_seconds: last().find_map(|series| series.interval),
            certificate_not_after: soonest.reduce(f64::min).and_then(from_seconds),
            group: configured.and_then(|target| target.group.clone()),
            slo_objective: match configured {
                Some(target) => Some(target.slo_objective),
                None => last().find_map(|series| series.slo_objective),
            },
            latency_objective_seconds: match configured {
                Some(target) => target.latency_objective,
                None => last().find_map(|series| series.latency_objective),
            },
            maintenance: window.map(MaintenanceWindow::from),
            target: Arc::clone(&name),
            url: listed.url,
            kind: listed.kind,
        }
    }
}

impl TargetStatus {
    /// Whether the other says the same, apart from what every probe changes: counts, latency and the time of the last.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        fn told(it: &TargetStatus) -> impl PartialEq + '_ {
            let identity = (&it.target, &it.url, &it.kind, &it.group);
            let state = (it.state, it.was, it.since, &it.reason, &it.maintenance);
            let objectives = (it.slo_objective, it.latency_objective_seconds);
            let rest = (it.interval_seconds, it.certificate_not_after);
            (identity, state, objectives, rest)
        }
        told(self) == told(other)
    }
}

impl From<Occurrence> for MaintenanceWindow {
    fn from(occurrence: Occurrence) -> Self {
        Self {
            start: occurrence.start,
            end: occurrence.end,
            reason: occurrence.reason,
        }
    }
}
