//! Tracks each open incident from one poll to the next, and draws the conclusions.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::sources::{Held, Rules, State};
use crate::alert::{Alert, Finding, Key, Verdict};

/// An alert that Prometheus was seen to fire and to fire no more, without an interruption in between, is over. Its end
/// still has this many evaluations to arrive: Prometheus sends it again after a minute.
const EVALUATIONS_WATCHED: i32 = 6;

/// After an interruption (of Prometheus, or of the watching) it takes more to call an alert over: a rule that waits for
/// new samples is false at first. `TargetDown` is pending again after at most 172 s, which are 12 evaluations.
const EVALUATIONS_INTERRUPTED: i32 = 16;

/// A longer pause between two polls counts as an interruption.
const STALE: Duration = Duration::from_secs(60);

/// Alertmanager's API cuts times to milliseconds, and its notifications do not.
const PRECISION: SignedDuration = SignedDuration::from_millis(2);

/// The results of earlier polls.
#[derive(Debug, Default)]
pub struct Tracker {
    contact: Option<Contact>,
    /// How many contacts there were.
    contacts: u64,
    watches: BTreeMap<Key, Watch>,
}

/// A time of polls in a row that Prometheus answered, without a restart.
#[derive(Debug, Clone, Copy)]
struct Contact {
    number: u64,
    /// When Prometheus started.
    started: Timestamp,
    last_at: Timestamp,
}

/// The state of an open incident.
#[derive(Debug, Clone, Default)]
struct Watch {
    /// When it was last known to be active.
    last_active_at: Timestamp,
    /// The contact in which Prometheus was last seen to fire it.
    fired_in: Option<u64>,
    /// The first evaluation after which Prometheus did not know it, and still does not.
    absent_since: Option<Timestamp>,
    /// When Alertmanager will resolve it by itself. Each notification of Prometheus puts that off.
    expires_at: Option<Timestamp>,
}

impl Watch {
    /// Returns whether Prometheus was seen to fire it and then not to, without an interruption in between.
    fn has_ended(&self, contact: Option<Contact>) -> bool {
        self.absent_since.is_some()
            && self.fired_in.is_some()
            && self.fired_in == contact.map(|it| it.number)
    }
}

impl Tracker {
    /// Goes on from when each open incident was last known to be active.
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

    /// Takes in a poll; gives a record of each incident of which something new is known. `open` is newest first.
    pub fn observe(
        &mut self,
        rules: Option<&Rules>,
        held: Option<&Held>,
        open: &[Arc<Alert>],
        now: Timestamp,
    ) -> Vec<Alert> {
        let rules = rules.filter(|rules| rules.are_evaluated());
        self.keep_contact(rules, now);
        let keys: BTreeSet<Key> = open.iter().map(|alert| alert.key()).collect();
        self.watches.retain(|key, _| keys.contains(key));
        let mut newest = HashSet::new();
        let mut found = Vec::new();
        for alert in open {
            // Prometheus fires an alert once: of two incidents with one fingerprint, the older is over.
            let verdict = if newest.insert(&alert.fingerprint) {
                self.judge(alert, rules, held)
            } else {
                Some(Verdict::Ended)
            };
            found.extend(verdict.map(|verdict| self.conclude(alert, verdict, now)));
        }
        found
    }

    fn keep_contact(&mut self, rules: Option<&Rules>, now: Timestamp) {
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
        held: Option<&Held>,
    ) -> Option<Verdict> {
        let contact = self.contact;
        let watch = self.watch(alert);
        let expires_at = held.and_then(|held| held.0.get(&alert.fingerprint));
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
            let patience = evaluation.interval.saturating_mul(evaluations);
            let is_over = held.is_some()
                && expires_at.is_none()
                && evaluation.at.duration_since(since) >= patience;
            return is_over.then_some(Verdict::Ended);
        }
        if watch.has_ended(Some(contact)) {
            // It was over, and this is the next one.
            return Some(Verdict::Ended);
        }
        watch.absent_since = None;
        // Pending is no proof: the first evaluations after a restart read samples from before it.
        if state == State::Firing {
            watch.last_active_at = watch.last_active_at.max(evaluation.at);
            watch.fired_in = Some(contact.number);
        }
        alert.end().map(|_| Verdict::Active)
    }

    fn watch(&mut self, alert: &Alert) -> &mut Watch {
        let found = alert.finding.as_ref().map(|finding| finding.last_active_at);
        let known = alert.last_start().max(found.unwrap_or(Timestamp::MIN));
        let watch = self.watches.entry(alert.key()).or_default();
        watch.last_active_at = watch.last_active_at.max(known);
        watch
    }

    /// A record of what was found out about an incident. Later than any before it, even if the clock was put back.
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

    /// Returns whether Prometheus was seen to have ended it before `start`, so that what fires since then is another one.
    #[must_use]
    pub fn had_ended(&self, alert: &Alert, start: Timestamp) -> bool {
        let watch = self.watches.get(&alert.key());
        watch.is_some_and(|watch| watch.has_ended(self.contact) && watch.last_active_at < start)
    }

    /// Returns whether an end that was delivered is Prometheus' own, and not Alertmanager's guess. A guess is the last time at
    /// which Alertmanager was going to resolve the alert; Prometheus' own end comes before that.
    #[must_use]
    pub fn is_own_end(&self, alert: &Alert, ends_at: Timestamp, now: Timestamp) -> bool {
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
        // No poll saw the guess.
        self.contact
            .is_some_and(|contact| is_fresh(contact.last_at, now))
    }

    /// Returns when each open incident was last known to be active.
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
