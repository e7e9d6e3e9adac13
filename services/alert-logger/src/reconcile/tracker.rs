//! Tracks each open incident from poll to poll, and decides whether it has ended.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::sources::{ActiveAlerts, Rules, State};
use crate::alert::{Alert, Finding, Key, Verdict};

/// Evaluations until an incident is closed, if polls saw the alert fire and then not, without an interruption. The alert
/// is over, but the notification of its end may still arrive: Prometheus sends it again after a minute.
const EVALUATIONS_WATCHED: i32 = 6;

/// Evaluations until an incident is closed after an interruption of Prometheus or of the polls. A rule that waits for new
/// samples is false at first: `TargetDown` is pending again after at most 172 s, which are 12 evaluations.
const EVALUATIONS_INTERRUPTED: i32 = 16;

/// Age at which a poll is stale. A longer pause between two polls is an interruption.
const STALE: Duration = Duration::from_secs(60);

/// Tolerance for comparing times: Alertmanager's API truncates them to milliseconds, its notifications don't.
const PRECISION: SignedDuration = SignedDuration::from_millis(2);

/// The results of earlier polls.
#[derive(Debug, Default)]
pub struct Tracker {
    contact: Option<Contact>,
    /// Number of contacts so far.
    contacts: u64,
    watches: BTreeMap<Key, Watch>,
}

/// An uninterrupted series of successful polls of the same Prometheus process.
#[derive(Debug, Clone, Copy)]
struct Contact {
    number: u64,
    /// Start of Prometheus.
    started: Timestamp,
    last_at: Timestamp,
}

/// The state of an open incident.
#[derive(Debug, Clone, Default)]
struct Watch {
    /// The time at which it was last known to be active.
    last_active_at: Timestamp,
    /// The number of the contact in which Prometheus last fired it.
    fired_in: Option<u64>,
    /// The first evaluation since which Prometheus has not listed it.
    absent_since: Option<Timestamp>,
    /// The time at which Alertmanager resolves it by itself. Each notification of Prometheus postpones it.
    expires_at: Option<Timestamp>,
}

impl Watch {
    /// Returns whether polls saw it fire and then not, without an interruption in between.
    fn has_ended(&self, contact: Option<Contact>) -> bool {
        self.absent_since.is_some()
            && self.fired_in.is_some()
            && self.fired_in == contact.map(|it| it.number)
    }
}

impl Tracker {
    /// Creates a tracker with the times at which incidents were last known to be active.
    #[must_use]
    pub fn new(last_active: BTreeMap<Key, Timestamp>) -> Self {
        let watch = |last_active_at| Watch {
            last_active_at,
            ..Watch::default()
        };
        let watches = last_active.into_iter();
        Self {
            watches: watches.map(|(key, time)| (key, watch(time))).collect(),
            ..Self::default()
        }
    }

    /// Applies a poll, and returns a record of each incident whose state changes. `open` is ordered newest first.
    pub fn observe(
        &mut self,
        rules: Option<&Rules>,
        active: Option<&ActiveAlerts>,
        open: &[Arc<Alert>],
        now: Timestamp,
    ) -> Vec<Alert> {
        let rules = rules.filter(|rules| rules.are_evaluated());
        self.update_contact(rules, now);
        let keys: BTreeSet<Key> = open.iter().map(|alert| alert.key()).collect();
        self.watches.retain(|key, _| keys.contains(key));
        let mut newest = HashSet::new();
        let mut found = Vec::new();
        for alert in open {
            // An alert fires only once at a time, so of two incidents with the same fingerprint, the older is over.
            let verdict = if newest.insert(&alert.fingerprint) {
                self.judge(alert, rules, active)
            } else {
                Some(Verdict::Ended)
            };
            found.extend(verdict.map(|verdict| self.conclude(alert, verdict, now)));
        }
        found
    }

    fn update_contact(&mut self, rules: Option<&Rules>, now: Timestamp) {
        let Some(rules) = rules else {
            self.contact = None;
            return;
        };
        let unbroken = self
            .contact
            .filter(|contact| contact.started == rules.started && is_fresh(contact.last_at, now));
        if unbroken.is_none() {
            self.contacts += 1;
            for watch in self.watches.values_mut() {
                watch.absent_since = None;
            }
        }
        self.contact = Some(Contact {
            number: self.contacts,
            started: rules.started,
            last_at: now,
        });
    }

    fn judge(
        &mut self,
        alert: &Alert,
        rules: Option<&Rules>,
        active: Option<&ActiveAlerts>,
    ) -> Option<Verdict> {
        let contact = self.contact;
        let watch = self.watch(alert);
        let expires_at = active.and_then(|active| active.0.get(&alert.fingerprint));
        watch.expires_at = watch.expires_at.max(expires_at.copied());
        let (rules, contact) = (rules?, contact?);
        let evaluation = rules.evaluation(alert)?;
        let state = rules.state(alert);
        if state == State::Inactive {
            if evaluation.at <= rules.started {
                return None;
            }
            let since = *watch.absent_since.get_or_insert(evaluation.at);
            let evaluations = if watch.has_ended(Some(contact)) {
                EVALUATIONS_WATCHED
            } else {
                EVALUATIONS_INTERRUPTED
            };
            let required = evaluation.interval.saturating_mul(evaluations);
            let is_over = active.is_some()
                && expires_at.is_none()
                && evaluation.at.duration_since(since) >= required;
            return is_over.then_some(Verdict::Ended);
        }
        if watch.has_ended(Some(contact)) {
            // The incident is over, and the alert fires again.
            return Some(Verdict::Ended);
        }
        watch.absent_since = None;
        // Pending does not prove activity: the first evaluations after a restart use older samples.
        if state == State::Firing {
            watch.last_active_at = watch.last_active_at.max(evaluation.at);
            watch.fired_in = Some(contact.number);
        }
        alert.end().map(|_| Verdict::Active)
    }

    fn watch(&mut self, alert: &Alert) -> &mut Watch {
        let found = alert.finding.as_ref().map(|finding| finding.last_active_at);
        let recorded = alert.last_start().max(found.unwrap_or(Timestamp::MIN));
        let watch = self.watches.entry(alert.key()).or_default();
        watch.last_active_at = watch.last_active_at.max(recorded);
        watch
    }

    /// Returns a record of the verdict about an incident. Its finding is later than any previous one, even if the clock
    /// was set back.
    pub fn conclude(&mut self, alert: &Alert, verdict: Verdict, now: Timestamp) -> Alert {
        let before = alert.finding.as_ref();
        let after = |finding: &Finding| {
            let next = finding.at.checked_add(SignedDuration::from_micros(1));
            next.unwrap_or(finding.at)
        };
        let watch = self.watch(alert);
        Alert {
            finding: Some(Finding {
                at: before.map_or(now, |before| after(before).max(now)),
                verdict,
                last_active_at: watch.last_active_at,
                expired_at: watch
                    .expires_at
                    .max(before.and_then(|before| before.expired_at)),
            }),
            ..alert.clone()
        }
    }

    /// Returns whether polls saw it end before `start`, so that an alert that fires since then is a new incident.
    #[must_use]
    pub fn had_ended(&self, alert: &Alert, start: Timestamp) -> bool {
        let watch = self.watches.get(&alert.key());
        watch.is_some_and(|watch| watch.has_ended(self.contact) && watch.last_active_at < start)
    }

    /// Returns whether a delivered end is from Prometheus, and not Alertmanager's guess. A guess equals the time at which
    /// Alertmanager was going to resolve the alert by itself. An end from Prometheus is earlier.
    #[must_use]
    pub fn is_prometheus_end(&self, alert: &Alert, ends_at: Timestamp, now: Timestamp) -> bool {
        let watched = self.watches.get(&alert.key()).and_then(|it| it.expires_at);
        let found = alert.finding.as_ref().and_then(|it| it.expired_at);
        if let Some(guess) = watched.max(found) {
            let before = guess.duration_since(ends_at);
            if before.abs() < PRECISION {
                return false;
            }
            if before.is_positive() {
                return true;
            }
        }
        // No poll saw the time at which Alertmanager was going to resolve it.
        self.contact
            .is_some_and(|contact| is_fresh(contact.last_at, now))
    }

    /// Returns the time at which each open incident was last known to be active.
    #[must_use]
    pub fn last_active(&self) -> BTreeMap<Key, Timestamp> {
        let watches = self.watches.iter();
        watches
            .map(|(key, watch)| (key.clone(), watch.last_active_at))
            .collect()
    }
}

fn is_fresh(at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(at).unsigned_abs() <= STALE
}
