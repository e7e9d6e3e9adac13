//! Keeps one part running: a task a part, which reports to the supervisor and obeys its orders.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::net::unix::pipe;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::backoff::Backoff;
use super::child::{self, Process, how_it_ended};
use super::exec_part::NOT_EXECUTED;
use crate::cli::EX_USAGE;
use crate::http;
use crate::part::Part;
use crate::plan::PartSpec;
use crate::process::ProcessIdentity;
use crate::state::logs::{LogFile, pump};

const READINESS_INTERVAL: Duration = Duration::from_millis(100);

/// How long a dead part's output may stay open (by a process that it left) before its last lines are given up.
const OUTPUT_GRACE: Duration = Duration::from_secs(1);

/// What the supervisor wants of a part. Orders only go up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Order {
    /// Be there.
    Run,
    /// End in good order.
    Stop,
    /// End now.
    Kill,
}

/// What happened to a part.
#[derive(Debug)]
pub enum Happened {
    /// A process was started.
    Started(ProcessIdentity),
    /// It answers that it can do its job.
    Ready,
    /// It ended unasked, and is started again after this time.
    Died(Death, Duration),
    /// Its log can't be written; it runs on.
    LogLost(io::Error),
    /// It ended as ordered. With the last lines that it wrote.
    Stopped(Vec<String>),
}

/// How a part died.
#[derive(Debug)]
pub struct Death {
    /// In words: "exited with code 1".
    pub how: String,
    /// Whether another try can't end otherwise: wrong configuration, or no such program.
    pub hopeless: bool,
    /// The last lines that it wrote.
    pub last_lines: Vec<String>,
}

/// How a process came to its end.
enum End {
    Ordered(Vec<String>),
    Unasked { death: Death, ready_for: Duration },
}

/// A part's task.
#[derive(Debug)]
pub struct Keeper {
    /// What it starts.
    pub spec: PartSpec,
    /// Where its output goes.
    pub log: PathBuf,
    /// Asks whether it is ready.
    pub client: reqwest::Client,
    /// Where it reports.
    pub events: mpsc::UnboundedSender<(Part, Happened)>,
    /// What it is told.
    pub orders: watch::Receiver<Order>,
}

impl Keeper {
    /// Starts the part, again and again, until it is ordered to stop.
    pub async fn run(self) {
        let mut backoff = Backoff::default();
        loop {
            let end = match child::spawn(&self.spec) {
                Ok((process, output)) => self.watch_over(process, output).await,
                Err(error) => not_started(&error),
            };
            let (death, ready_for) = match end {
                End::Ordered(last_lines) => return self.tell(Happened::Stopped(last_lines)),
                End::Unasked { death, ready_for } => (death, ready_for),
            };
            let wait = backoff.after(ready_for);
            self.tell(Happened::Died(death, wait));
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.ordered(Order::Stop) => return self.tell(Happened::Stopped(vec![])),
            }
        }
    }

    async fn watch_over(&self, mut process: Process, output: pipe::Receiver) -> End {
        self.tell(Happened::Started(process.identity().clone()));
        let pump = self.pump(output);
        let mut ready_at: Option<Instant> = None;
        loop {
            tokio::select! {
                status = process.wait() => {
                    return End::Unasked {
                        death: death(status, last_lines(pump).await),
                        ready_for: ready_at.map_or(Duration::ZERO, |at| at.elapsed()),
                    };
                }
                () = self.ready(), if ready_at.is_none() => {
                    ready_at = Some(Instant::now());
                    self.tell(Happened::Ready);
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
            let _ = events.send((part, Happened::LogLost(error)));
        }))
    }

    async fn ready(&self) {
        while !http::answers(&self.client, &self.spec.readiness_url).await {
            tokio::time::sleep(READINESS_INTERVAL).await;
        }
    }

    /// Waits for `order` or a stronger one. A supervisor that is gone wants everything to end.
    async fn ordered(&self, order: Order) {
        let _ = self.orders.clone().wait_for(|&given| given >= order).await;
    }

    fn tell(&self, happened: Happened) {
        // Without a supervisor there is nobody to tell.
        let _ = self.events.send((self.spec.part, happened));
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

fn death(status: io::Result<ExitStatus>, last_lines: Vec<String>) -> Death {
    match status {
        Ok(status) => Death {
            how: how_it_ended(status),
            hopeless: status
                .code()
                .is_some_and(|code| [EX_USAGE, NOT_EXECUTED].map(i32::from).contains(&code)),
            last_lines,
        },
        Err(error) => Death {
            how: format!("can't be watched: {error}"),
            hopeless: false,
            last_lines,
        },
    }
}

fn not_started(error: &io::Error) -> End {
    End::Unasked {
        death: Death {
            how: format!("could not be started: {error}"),
            hopeless: false,
            last_lines: vec![],
        },
        ready_for: Duration::ZERO,
    }
}
