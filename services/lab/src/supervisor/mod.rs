//! Supervises the parts: one supervisor owns the record, and one task for each part starts and restarts it.
//!
//! It must run on a current-thread runtime on the main thread, because a part is killed when the thread that started it
//! ends.

mod backoff;
mod child;
mod claim;
pub mod exec_part;
mod failure;
mod part_runner;
mod reporter;
mod signals;
mod start_check;

use std::pin::pin;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior};

pub use self::claim::Claim;
pub use self::failure::StartupFailure;
use self::part_runner::{Order, PartEvent, PartRunner};
pub use self::reporter::{LOG_NAME, Reporter};
pub use self::signals::Signals;
pub use self::start_check::StartCheck;
use crate::http;
use crate::part::Part;
use crate::plan::PartSpec;
use crate::state::record::{LabRecord, PartRecord, PartState};

/// The time limit for all parts to become ready.
const STARTUP_LIMIT: Duration = Duration::from_secs(120);

/// The time limit of the checks after all parts are ready. Prometheus 2.42 applies its first discovery after 5 s.
const CHECK_LIMIT: Duration = Duration::from_secs(30);

/// The number of exits before all parts are ready after which a part has failed.
const STARTUP_EXITS: u32 = 3;

/// The timeout of a readiness poll.
const READINESS_TIMEOUT: Duration = Duration::from_secs(2);

/// How often the supervisor checks that its lock and its record still exist.
const CLAIM_CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// A part's record, and the channel for its orders.
#[derive(Debug)]
struct Supervised {
    part: Part,
    record: PartRecord,
    orders: watch::Sender<Order>,
    started: bool,
    /// The last lines of its output before it stopped.
    last_lines: Vec<String>,
}

/// The supervisor.
#[derive(Debug)]
pub struct Supervisor {
    claim: Claim,
    record: LabRecord,
    parts: Vec<Supervised>,
    events: mpsc::UnboundedReceiver<(Part, PartEvent)>,
    signals: Signals,
    reporter: Reporter,
    begun: Instant,
    /// Whether all parts have been ready at the same time.
    ready: bool,
}

impl Supervisor {
    /// Starts all parts. `record` has no parts yet.
    ///
    /// # Errors
    /// The HTTP client or the signal handlers can't be set up.
    pub fn start(
        claim: Claim,
        record: LabRecord,
        specs: Vec<PartSpec>,
        reporter: Reporter,
    ) -> anyhow::Result<Self> {
        let client = http::local_client(READINESS_TIMEOUT)?;
        let (sender, events) = mpsc::unbounded_channel();
        let signals = Signals::listen()?;
        let mut parts = Vec::new();
        for spec in specs {
            let (orders, receiver) = watch::channel(Order::Run);
            parts.push(Supervised {
                part: spec.part,
                record: PartRecord {
                    name: spec.part.name().to_owned(),
                    state: PartState::Starting,
                    url: spec.url.clone(),
                    readiness_url: spec.readiness_url.clone(),
                    process: None,
                    restarts: 0,
                },
                orders,
                started: false,
                last_lines: vec![],
            });
            let runner = PartRunner {
                log: claim.state().log(spec.part.name()),
                spec,
                client: client.clone(),
                events: sender.clone(),
                orders: receiver,
            };
            tokio::spawn(runner.run());
        }
        let mut supervisor = Self {
            claim,
            record,
            parts,
            events,
            signals,
            reporter,
            begun: Instant::now(),
            ready: false,
        };
        supervisor.publish();
        Ok(supervisor)
    }

    /// Supervises the parts until a signal arrives or no command can reach the lab any more, then stops them. The lab is
    /// up when all parts have been ready and `check` passes.
    ///
    /// # Errors
    /// The lab did not start, or its state folder is gone. All parts have been stopped by then.
    pub async fn run(mut self, check: StartCheck) -> Result<(), StartupFailure> {
        let deadline = self.begun + STARTUP_LIMIT;
        let mut checked = pin!(check.wait(CHECK_LIMIT));
        let mut claim_check = tokio::time::interval(CLAIM_CHECK_INTERVAL);
        claim_check.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let failure = loop {
            tokio::select! {
                Some((part, event)) = self.events.recv() => {
                    if let Some(failure) = self.apply(part, event) {
                        break Some(failure);
                    }
                }
                name = self.signals.next() => {
                    self.reporter.event(&format!("{name}: stopping all parts"));
                    break None;
                }
                _ = claim_check.tick() => if let Err(failure) = self.renew_claim() {
                    break Some(failure);
                },
                () = tokio::time::sleep_until(deadline), if !self.ready => break self.startup_timeout(),
                result = &mut checked, if self.ready && !self.record.up => match result {
                    Ok(passed) => self.mark_up(&passed),
                    Err(failure) => break Some(failure),
                },
            }
        };
        self.stop(failure).await
    }

    /// Applies an event to the record. Returns a failure if the lab can't start because of it.
    fn apply(&mut self, part: Part, event: PartEvent) -> Option<StartupFailure> {
        let ready = self.ready;
        let supervised = self.parts.iter_mut().find(|it| it.part == part)?;
        let record = &mut supervised.record;
        let mut failure = None;
        match event {
            PartEvent::Started(process) => {
                if supervised.started {
                    record.restarts += 1;
                }
                supervised.started = true;
                record.process = Some(process);
                record.state = PartState::Starting;
            }
            PartEvent::Ready => {
                record.state = PartState::Ready;
                if ready {
                    self.reporter.event(&format!("{part} is ready again"));
                }
            }
            PartEvent::Exited(exit, wait) => {
                record.process = None;
                record.state = PartState::Restarting;
                if !ready && (exit.permanent || record.restarts + 1 >= STARTUP_EXITS) {
                    failure = Some(StartupFailure::from_exit(part, exit));
                } else {
                    let seconds = wait.as_secs_f64();
                    self.reporter.event(&format!(
                        "{part} {}; restarting it in {seconds} s",
                        exit.description
                    ));
                }
            }
            PartEvent::LogLost(error) => {
                self.reporter.event(&format!(
                    "can't write the log of {part}, so its lines are lost: {error}"
                ));
            }
            PartEvent::Stopped(last_lines) => {
                supervised.last_lines = last_lines;
                record.process = None;
                record.state = PartState::Stopped;
            }
        }
        self.publish();
        failure
    }

    /// Restores the lock or the record if it was removed or damaged, or could not be written earlier.
    fn renew_claim(&mut self) -> Result<(), StartupFailure> {
        match self.claim.renew() {
            Ok(false) => {}
            Ok(true) => self.reporter.event("lab.lock was removed; restored it"),
            Err(cause) => {
                self.reporter.event(&format!("{cause}: stopping all parts"));
                return Err(StartupFailure::Unreachable(cause));
            }
        }
        if !self.claim.is_recorded(&self.record) {
            self.publish();
        }
        Ok(())
    }

    /// Writes the record and shows the states of the parts.
    fn publish(&mut self) {
        self.record.parts = self.parts.iter().map(|it| it.record.clone()).collect();
        let saved = self.record.save(&self.claim.state().state_file());
        self.reporter.record_saved(saved);
        if !self.ready
            && self
                .record
                .parts
                .iter()
                .all(|part| part.state == PartState::Ready)
        {
            self.ready = true;
            self.reporter.ready(&self.record);
        } else if !self.ready {
            self.reporter.waiting(&self.record.parts);
        }
    }

    fn mark_up(&mut self, passed: &str) {
        self.record.up = true;
        self.publish();
        self.reporter.up(passed);
    }

    /// Returns the failure of the first part that is not ready at the deadline. [`Self::stop`] adds its last lines.
    fn startup_timeout(&self) -> Option<StartupFailure> {
        let late = self
            .parts
            .iter()
            .find(|it| it.record.state != PartState::Ready)?;
        Some(StartupFailure::Part {
            part: late.part,
            reason: format!("was not ready after {} s", STARTUP_LIMIT.as_secs()),
            last_lines: vec![],
        })
    }

    /// Stops the parts one after another, in [`Part::STOP_ORDER`].
    async fn stop(mut self, mut failure: Option<StartupFailure>) -> Result<(), StartupFailure> {
        self.reporter.stopping();
        // An exit is no longer a failure to start, and no part is waited for.
        self.ready = true;
        for part in Part::STOP_ORDER {
            self.stop_one(part).await;
        }
        if let Some(StartupFailure::Part {
            part, last_lines, ..
        }) = &mut failure
            && let Some(supervised) = self.parts.iter_mut().find(|it| it.part == *part)
        {
            supervised.record.state = PartState::Failed;
            if last_lines.is_empty() {
                *last_lines = std::mem::take(&mut supervised.last_lines);
            }
        }
        self.publish();
        match failure {
            Some(failure) => Err(failure),
            None => {
                self.reporter.event("all parts have stopped");
                Ok(())
            }
        }
    }

    async fn stop_one(&mut self, part: Part) {
        let Some(index) = self.parts.iter().position(|it| it.part == part) else {
            return;
        };
        self.order(part, Order::Stop);
        while self
            .parts
            .get(index)
            .is_some_and(|it| it.record.state != PartState::Stopped)
        {
            tokio::select! {
                event = self.events.recv() => match event {
                    Some((part, event)) => drop(self.apply(part, event)),
                    None => return,
                },
                name = self.signals.next() => {
                    self.reporter.event(&format!("{name} again: killing all parts"));
                    for part in Part::ALL {
                        self.order(part, Order::Kill);
                    }
                }
            }
        }
    }

    fn order(&self, part: Part, order: Order) {
        if let Some(it) = self.parts.iter().find(|it| it.part == part) {
            it.orders.send_modify(|given| *given = order.max(*given));
        }
    }
}
