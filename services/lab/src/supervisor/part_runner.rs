//! Runs one part: a task that starts and restarts it, reports its events to the supervisor, and follows its orders.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::net::unix::pipe;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::backoff::Backoff;
use super::child::{self, Process, describe_exit};
use super::exec_part::NOT_EXECUTED;
use crate::cli::EX_USAGE;
use crate::http;
use crate::part::Part;
use crate::plan::PartSpec;
use crate::process::ProcessIdentity;
use crate::state::logs::{LogFile, pump};

const READINESS_INTERVAL: Duration = Duration::from_millis(100);

/// How long the output of a part may stay open after its exit, held by a process that it left behind.
const OUTPUT_GRACE: Duration = Duration::from_secs(1);

/// An order of the supervisor. An order is only replaced by a stronger one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Order {
    /// Run, and restart after an exit.
    Run,
    /// Stop gracefully.
    Stop,
    /// Kill the process.
    Kill,
}

#[derive(Debug)]
pub enum PartEvent {
    /// A process was started.
    Started(ProcessIdentity),
    /// It is ready.
    Ready,
    /// It exited without an order, and will be restarted after this time.
    Exited(PartExit, Duration),
    /// Its log can't be written; the part continues to run.
    LogLost(io::Error),
    /// It stopped as ordered. Contains the last lines of its output.
    Stopped(Vec<String>),
}

/// The exit of a part without an order.
#[derive(Debug)]
pub struct PartExit {
    /// The description, such as "exited with code 1".
    pub description: String,
    /// Whether a restart can't help: the configuration is wrong, or the program can't be executed.
    pub permanent: bool,
    /// The last lines of its output.
    pub last_lines: Vec<String>,
}

/// The end of a run of the process.
enum End {
    Ordered(Vec<String>),
    Unexpected { exit: PartExit, ready_for: Duration },
}

#[derive(Debug)]
pub struct PartRunner {
    /// The program to start.
    pub spec: PartSpec,
    /// The log of its output.
    pub log: PathBuf,
    /// The client that polls its readiness.
    pub client: reqwest::Client,
    /// The channel for its events.
    pub events: mpsc::UnboundedSender<(Part, PartEvent)>,
    /// The channel with its orders.
    pub orders: watch::Receiver<Order>,
}

impl PartRunner {
    /// Starts and restarts the part until it is ordered to stop.
    pub async fn run(self) {
        let mut backoff = Backoff::default();
        loop {
            let end = match child::spawn(&self.spec) {
                Ok((process, output)) => self.run_process(process, output).await,
                Err(error) => not_started(&error),
            };
            let (exit, ready_for) = match end {
                End::Ordered(last_lines) => return self.report(PartEvent::Stopped(last_lines)),
                End::Unexpected { exit, ready_for } => (exit, ready_for),
            };
            let delay = backoff.delay(ready_for);
            self.report(PartEvent::Exited(exit, delay));
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                () = self.ordered(Order::Stop) => return self.report(PartEvent::Stopped(vec![])),
            }
        }
    }

    async fn run_process(&self, mut process: Process, output: pipe::Receiver) -> End {
        self.report(PartEvent::Started(process.identity().clone()));
        let pump = self.pump(output);
        let mut ready_at: Option<Instant> = None;
        loop {
            tokio::select! {
                status = process.wait() => {
                    return End::Unexpected {
                        exit: exit(status, last_lines(pump).await),
                        ready_for: ready_at.map_or(Duration::ZERO, |at| at.elapsed()),
                    };
                }
                () = self.ready(), if ready_at.is_none() => {
                    ready_at = Some(Instant::now());
                    self.report(PartEvent::Ready);
                }
                () = self.ordered(Order::Stop) => {
                    process.stop(self.ordered(Order::Kill)).await;
                    return End::Ordered(last_lines(pump).await);
                }
            }
        }
    }

    fn pump(&self, output: pipe::Receiver) -> JoinHandle<Vec<String>> {
        let (events, part) = (self.events.clone(), self.spec.part);
        tokio::spawn(pump(output, LogFile::new(self.log.clone()), move |error| {
            let _ = events.send((part, PartEvent::LogLost(error)));
        }))
    }

    async fn ready(&self) {
        while !http::answers(&self.client, &self.spec.readiness_url).await {
            tokio::time::sleep(READINESS_INTERVAL).await;
        }
    }

    /// Waits for `order` or a stronger one. The end of the supervisor counts as the strongest order.
    async fn ordered(&self, order: Order) {
        let _ = self.orders.clone().wait_for(|&given| given >= order).await;
    }

    fn report(&self, event: PartEvent) {
        // Sending fails only when the supervisor has ended.
        let _ = self.events.send((self.spec.part, event));
    }
}

async fn last_lines(pump: JoinHandle<Vec<String>>) -> Vec<String> {
    let abort = pump.abort_handle();
    match tokio::time::timeout(OUTPUT_GRACE, pump).await {
        Ok(lines) => lines.unwrap_or_default(),
        Err(_) => {
            abort.abort();
            vec![]
        }
    }
}

fn exit(status: io::Result<ExitStatus>, last_lines: Vec<String>) -> PartExit {
    match status {
        Ok(status) => PartExit {
            description: describe_exit(status),
            permanent: status
                .code()
                .is_some_and(|code| [EX_USAGE, NOT_EXECUTED].map(i32::from).contains(&code)),
            last_lines,
        },
        Err(error) => PartExit {
            description: format!("can't be waited for: {error}"),
            permanent: false,
            last_lines,
        },
    }
}

fn not_started(error: &io::Error) -> End {
    End::Unexpected {
        exit: PartExit {
            description: format!("could not be started: {error}"),
            permanent: false,
            last_lines: vec![],
        },
        ready_for: Duration::ZERO,
    }
}
