//! Starts probes when they are due, and follows changes of the targets.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use service_kit::{Limits, Shutdown};
use targets::{Target, TargetSet};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::Micros;
use super::clock::Clock;
use super::missed::MissedLog;
use super::plan::{Decision, Entry, Plan};
use super::pool::{Concurrency, Lease, Pool};
use crate::metrics::{AgentMetrics, SeriesTable, TargetSeries};
use crate::probe::{Malformed, Probe, ProbeError, Report};
use crate::shard::Shard;

/// Runs the schedule. A process has one runner, on a runtime of its own.
pub struct Runner<P> {
    targets: watch::Receiver<Arc<TargetSet>>,
    shard: Shard,
    table: SeriesTable,
    context: Arc<ProbeContext<P>>,
    pool: Pool,
}

/// The state that all running probes share.
struct ProbeContext<P> {
    prober: P,
    metrics: AgentMetrics,
    missed: MissedLog,
}

impl<P: Probe> Runner<P> {
    /// Creates a runner for the targets of `shard`, and puts their series into `table`.
    pub fn new(
        prober: P,
        targets: watch::Receiver<Arc<TargetSet>>,
        shard: Shard,
        concurrency: Concurrency,
        limits: Limits,
        table: SeriesTable,
        metrics: AgentMetrics,
    ) -> Self {
        let context = Arc::new(ProbeContext {
            prober,
            metrics,
            missed: MissedLog::default(),
        });
        let mut runner = Self {
            targets,
            shard,
            table,
            context,
            pool: Pool::new(concurrency, limits),
        };
        runner.update_table();
        runner
    }

    /// Runs until shutdown is requested, and calls `ready` when every target is planned. Probes that are still in flight
    /// are dropped with the runtime and not counted.
    pub async fn run(self, shutdown: Shutdown, ready: impl FnOnce()) {
        self.run_with_clock(Clock::system(), shutdown, ready).await;
    }

    /// [`Runner::run`] with another clock.
    pub(super) async fn run_with_clock(
        mut self,
        clock: Clock,
        mut shutdown: Shutdown,
        ready: impl FnOnce(),
    ) {
        let mut plan = Plan::new(clock.now());
        plan.replace(&self.table.load(), clock.now());
        ready();
        let mut is_watching = true;
        loop {
            let wake = plan.wake_at().map(|at| clock.instant(at));
            tokio::select! {
                biased;
                () = shutdown.requested() => return,
                changed = self.targets.changed(), if is_watching => match changed {
                    Ok(()) => plan.replace(&self.update_table(), clock.now()),
                    Err(_) => is_watching = false,
                },
                () = wait_until(wake) => {
                    plan.advance(clock.now(), |entry, due| self.run_due(entry, due, clock));
                    self.context.missed.flush();
                }
            }
        }
    }

    /// Updates the table of series and the size of the pool to the current targets.
    fn update_table(&mut self) -> Arc<[Arc<TargetSeries>]> {
        let targets = Arc::clone(&self.targets.borrow_and_update());
        let own = targets
            .iter()
            .filter(|target| self.shard.contains(&target.name));
        let table = self.table.replace(own);
        tracing::info!(targets = table.len(), of = targets.len(), "probing targets");
        self.pool.resize(table.len());
        table
    }

    /// Starts the probe of a target that is due, or counts it as missed.
    fn run_due(&mut self, entry: &mut Entry, due: Decision, clock: Clock) {
        self.miss(&entry.series, due.missed, "the agent was stalled");
        let Some(slot) = due.start else { return };
        if entry.is_running() {
            self.miss(&entry.series, 1, "the previous probe was still running");
            return;
        }
        let now = clock.now();
        let (lease, cancelled) = self.pool.acquire(&entry.series, now, &self.table);
        if let Some(cancelled) = cancelled {
            cancelled.set_hanging();
            self.miss(
                &cancelled,
                1,
                "it was cancelled to make room for the probe of another target",
            );
        }
        match lease {
            Ok(lease) => {
                let task = self.start(&entry.series, slot, clock, lease.clone());
                self.pool.started(&entry.series, lease, &task, now);
                entry.probe = Some(task);
            }
            Err(why) => self.miss(&entry.series, 1, why),
        }
    }

    fn start(
        &self,
        series: &Arc<TargetSeries>,
        slot: Micros,
        clock: Clock,
        lease: Lease,
    ) -> JoinHandle<()> {
        let context = Arc::clone(&self.context);
        let series = Arc::clone(series);
        tokio::spawn(async move {
            context
                .metrics
                .observe_lag(Duration::from_micros(clock.now().saturating_sub(slot)));
            let in_maintenance = series.in_maintenance(clock.wall_time(slot));
            context.run(&series, in_maintenance).await;
            drop(lease.release());
        })
    }

    fn miss(&self, series: &TargetSeries, count: u64, why: &str) {
        if count > 0 {
            series.count_missed(count);
            self.context.missed.record(count, why);
        }
    }
}

impl<P: Probe> ProbeContext<P> {
    async fn run(&self, series: &TargetSeries, in_maintenance: bool) {
        let report = self.prober.probe(series.target()).await;
        let before = series.record(&report, SystemTime::now(), in_maintenance);
        match &report.result {
            Err(ProbeError::NotRun { cause }) => self.missed.record(1, cause),
            _ => self.metrics.observe_phases(&report.phases),
        }
        log(series.target(), &report, before.map(|last| last.up));
        log_malformed(
            series.target(),
            &report,
            before.and_then(|last| last.malformed),
        );
    }
}

/// Logs each probe: at info if the state changed or the first probe failed, else at debug.
fn log(target: &Target, report: &Report, was_up: Option<bool>) {
    let Target { name, kind, .. } = target;
    let (url, latency) = (target.redacted_url(), report.latency);
    match &report.result {
        Ok(()) if was_up == Some(false) => tracing::info!(%name, url, ?latency, "target is up"),
        Ok(()) => tracing::debug!(%name, %kind, ?latency, "probe succeeded"),
        Err(ProbeError::Failed { reason, detail }) if was_up != Some(false) => {
            tracing::info!(%name, url, %reason, detail, "target is down");
        }
        Err(ProbeError::Failed { reason, detail }) => {
            tracing::debug!(%name, %kind, ?latency, %reason, detail, "probe failed");
        }
        Err(ProbeError::NotRun { cause }) => tracing::debug!(%name, cause, "probe did not run"),
    }
}

/// Logs when the responses of a target become malformed, and when they become well-formed again.
fn log_malformed(target: &Target, report: &Report, before: Option<Malformed>) {
    let Target { name, .. } = target;
    match (before, report.malformed) {
        (None, Some(malformed)) => {
            let url = target.redacted_url();
            tracing::warn!(%name, url, %malformed, "the response is malformed, but accepted, because curl and browsers accept it");
        }
        (Some(_), None) if report.got_response() => {
            tracing::info!(%name, "the response is no longer malformed");
        }
        _ => {}
    }
}

/// Waits until a point in time, or forever for `None`.
async fn wait_until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
