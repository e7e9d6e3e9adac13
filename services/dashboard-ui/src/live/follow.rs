//! Following the gateway: the one task that asks for its status and listens to its stream, so that however many look at
//! the page, it is asked once. What it learns is put on the board, and told to the pages that are open.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

use super::publish::Publisher;
use crate::gateway::GatewayError;
use crate::gateway::status::Status;
use crate::gateway::stream::Told;
use crate::gateway::view::{Updated, View, same_row};
use crate::live::dashboard::Dashboard;

/// How often what has changed is told on: soon enough for people, seldom enough for a stream of a thousand changes.
const TICK: Duration = Duration::from_millis(100);

/// How often the gateway is asked while somebody looks. Its stream says at once what changes; this is for the figures
/// around it, and for a gateway without a stream.
const ASK_EVERY: Duration = Duration::from_secs(2);

/// How often it is asked while nobody looks, so that the page can say since when it is away.
const WATCH_EVERY: Duration = Duration::from_secs(5);

/// How soon one that did not answer is asked again: it may be starting.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(300);

/// What was not heard to be so for this long is not known any more, in seconds.
const SILENCE_MAX: i64 = 9;

/// What the listening task says.
#[derive(Debug)]
pub(super) enum Heard {
    Told(Told),
    /// The stream has ended, or could not be opened.
    Lost,
}

/// Follows the gateway for ever.
pub(crate) async fn follow(dashboard: Arc<Dashboard>) {
    let (says, mut hears) = mpsc::channel(256);
    let mut tasks = JoinSet::new();
    tasks.spawn(super::connection::listen(dashboard.gateway.clone(), says));
    let mut follower = Follower {
        view: View::default(),
        asked: JoinSet::new(),
        ask_at: Instant::now(),
        told_since_asked: HashSet::new(),
        publisher: Publisher::new(dashboard.clone()),
        dashboard,
    };
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            Some(heard) = hears.recv() => follower.hear(heard),
            Some(answer) = follower.asked.join_next() => {
                follower.take(answer.unwrap_or(Err(GatewayError::Unreachable)));
            }
            _ = tick.tick() => follower.tick().await,
        }
    }
}

struct Follower {
    dashboard: Arc<Dashboard>,
    view: View,
    /// The question that is under way, if one is.
    asked: JoinSet<Result<Status, GatewayError>>,
    ask_at: Instant,
    /// What the stream said since the last question: the answer to that may be older.
    told_since_asked: HashSet<String>,
    publisher: Publisher,
}

impl Follower {
    fn hear(&mut self, heard: Heard) {
        let now = Timestamp::now();
        match heard {
            Heard::Told(Told::Target(target)) => {
                let name = target.name.clone();
                self.told_since_asked.insert(name.clone());
                match self.view.update(*target, now) {
                    Updated::Same => self.publisher.board(),
                    Updated::Different => self.publisher.row(name),
                    Updated::Unheard => self.ask_soon(),
                }
            }
            Heard::Told(Told::Removed(target)) => {
                self.view.remove(&target, now);
                self.publisher.list();
            }
            Heard::Told(Told::Summary(summary)) => {
                self.view.summarize(*summary, now);
                self.publisher.board();
            }
            Heard::Told(Told::Incident) => {
                self.dashboard.news.forget(&());
                self.publisher.news();
            }
            Heard::Told(Told::Reset) => {
                self.dashboard.news.forget(&());
                self.publisher.news();
                self.ask_soon();
            }
            Heard::Lost => self.ask_soon(),
        }
    }

    fn ask_soon(&mut self) {
        self.ask_at = Instant::now();
    }

    fn take(&mut self, answer: Result<Status, GatewayError>) {
        let now = Timestamp::now();
        let rest = match answer {
            Ok(mut status) => {
                self.keep_what_was_told(&mut status);
                self.compare(&status);
                self.view.take(status, now);
                if self.dashboard.hub.wanted().next().is_some() {
                    ASK_EVERY
                } else {
                    WATCH_EVERY
                }
            }
            Err(error) => {
                self.view.lose(error, now);
                ASK_AGAIN_AFTER
            }
        };
        self.publisher.board();
        // An event may have asked for an earlier one meanwhile.
        if self.ask_at > Instant::now() {
            self.ask_at = Instant::now() + rest;
        }
    }

    /// The stream's word is newer than that of an answer that was asked for before it.
    fn keep_what_was_told(&self, status: &mut Status) {
        let Some(known) = &self.view.known else {
            return;
        };
        let told = |name: &str| self.told_since_asked.contains(name);
        for target in status.targets.iter_mut().filter(|it| told(&it.name)) {
            let mut known = known.status.targets.iter();
            if let Some(known) = known.find(|it| it.name == target.name) {
                *target = Arc::clone(known);
            }
        }
    }

    /// Notes which rows will look different.
    fn compare(&mut self, status: &Status) {
        let Some(known) = &self.view.known else {
            return self.publisher.list();
        };
        let before = &known.status.targets;
        let same_list = before.len() == status.targets.len()
            && before
                .iter()
                .zip(&status.targets)
                .all(|(a, b)| a.name == b.name);
        if !same_list {
            return self.publisher.list();
        }
        for (before, after) in before.iter().zip(&status.targets) {
            if !same_row(before, after) {
                self.publisher.row(after.name.clone());
            }
        }
    }

    async fn tick(&mut self) {
        if let Some(known) = &self.view.known {
            let now = Timestamp::now();
            if self.view.away.is_none() && now.as_second() - known.at.as_second() > SILENCE_MAX {
                self.view.lose(GatewayError::Timeout, known.at);
                self.publisher.board();
            }
        }
        if self.asked.is_empty() && Instant::now() >= self.ask_at {
            let gateway = self.dashboard.gateway.clone();
            self.told_since_asked.clear();
            self.ask_at = Instant::now() + WATCH_EVERY;
            self.asked
                .spawn(async move { gateway.all(&["status"], &[]).await });
        }
        self.publisher.tick(&self.view).await;
    }
}
