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
use super::plan::{Entry, Plan, Turn};
use super::pool::{self, Concurrency, Place, Pool};
use crate::metrics::{AgentMetrics, SeriesTable, TargetSeries};
use crate::probe::{Malformed, Probe, ProbeError, Report};
use crate::shard::Shard;

/// Runs the schedule. One per process, on a runtime that does nothing else.
pub struct Runner<P> {
    targets: watch::Receiver<Arc<TargetSet>>,
    shard: Shard,
    table: SeriesTable,
    context: Arc<ProbeContext<P>>,
    pool: Pool,
}

/// The context of a running probe.
struct ProbeContext<P> {
    prober: P,
    metrics: AgentMetrics,
    missed: MissedLog,
}

impl<P: Probe> Runner<P> {
    /// A runner for the targets of `shard`. Their series are in `table` from now on.
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

    /// Runs until shutdown is requested; calls `ready` when every target is planned. Probes in flight at the end are
    /// dropped with the runtime and count as nothing.
    pub async fn run(self, shutdown: Shutdown, ready: impl FnOnce()) {
        self.run_by(Clock::of_the_system(), shutdown, ready).await;
    }

    /// [`Runner::run`] by another clock.
    pub(super) async fn run_by(
        mut self,
        clock: Clock,
        mut shutdown: Shutdown,
        ready: impl FnOnce(),
    ) {
        let mut plan = Plan::new(clock.now());
        plan.replace(&self.table.load(), clock.now());
        ready();
        let mut watching = true;
        loop {
            let wake = plan.wake_at().map(|at| clock.instant(at));
            tokio::select! {
                biased;
                () = shutdown.requested() => return,
                changed = self.targets.changed(), if watching => match changed {
                    Ok(()) => plan.replace(&self.update_table(), clock.now()),
                    Err(_) => watching = false,
                },
                () = reach(wake) => {
                    plan.advance(clock.now(), |entry, turn| self.run_due(entry, turn, clock));
                    self.context.missed.flush();
                }
            }
        }
    }

    /// Brings the table of series in line with the targets.
    fn update_table(&mut self) -> Arc<[Arc<TargetSeries>]> {
        let targets = Arc::clone(&self.targets.borrow_and_update());
        let own = targets
            .iter()
            .filter(|target| self.shard.takes(&target.name));
        let table = self.table.replace(own);
        tracing::info!(targets = table.len(), of = targets.len(), "probing");
        self.pool.resize(table.len());
        table
    }

    /// Starts the probe of a target that is due, or counts it as missed.
    fn run_due(&mut self, entry: &mut Entry, turn: Turn, clock: Clock) {
        self.miss(&entry.series, turn.missed, "the agent was stalled");
        let Some(slot) = turn.start else { return };
        if entry.is_running() {
            self.miss(&entry.series, 1, "the probe before was still running");
            return;
        }
        let now = clock.now();
        let (place, gone) = self.pool.enter(&entry.series, now, &self.table);
        if let Some(gone) = gone {
            gone.set_hanging();
            self.miss(
                &gone,
                1,
                "it hung, and gave way to the probe of another target",
            );
        }
        match place {
            pool::Entry::Granted(place) => {
                let task = self.start(&entry.series, slot, clock, place.clone());
                self.pool.started(&entry.series, place, &task, now);
                entry.probe = Some(task);
            }
            pool::Entry::Refused(why) => self.miss(&entry.series, 1, why),
        }
    }

    fn start(
        &self,
        series: &Arc<TargetSeries>,
        slot: Micros,
        clock: Clock,
        place: Place,
    ) -> JoinHandle<()> {
        let context = Arc::clone(&self.context);
        let series = Arc::clone(series);
        tokio::spawn(async move {
            context
                .metrics
                .observe_lag(Duration::from_micros(clock.now().saturating_sub(slot)));
            let in_maintenance = series.in_maintenance(clock.wall_time(slot));
            context.run(&series, in_maintenance).await;
            drop(place.free());
        })
    }

    fn miss(&self, series: &TargetSeries, count: u64, why: &str) {
        if count > 0 {
            series.count_missed(count);
            self.context.missed.note(count, why);
        }
    }
}

impl<P: Probe> ProbeContext<P> {
    async fn run(&self, series: &TargetSeries, in_maintenance: bool) {
        let report = self.prober.probe(series.target()).await;
        let before = series.record(&report, SystemTime::now(), in_maintenance);
        match &report.result {
            Err(ProbeError::NotMade { why }) => self.missed.note(1, why),
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

/// Every probe at debug; at info when the state changed, or the first result is a failure.
fn log(target: &Target, report: &Report, was_up: Option<bool>) {
    let Target { name, kind, .. } = target;
    let (url, latency) = (target.redacted_url(), report.latency);
    match &report.result {
        Ok(()) if was_up == Some(false) => tracing::info!(%name, url, ?latency, "target is up"),
        Ok(()) => tracing::debug!(%name, %kind, ?latency, "success"),
        Err(ProbeError::Failed { reason, detail }) if was_up != Some(false) => {
            tracing::info!(%name, url, %reason, detail, "target is down");
        }
        Err(ProbeError::Failed { reason, detail }) => {
            tracing::debug!(%name, %kind, ?latency, %reason, detail, "failure");
        }
        Err(ProbeError::NotMade { why }) => tracing::debug!(%name, why, "not made"),
    }
}

/// Logs when the responses of a target become malformed, and when they are well-formed again.
fn log_malformed(target: &Target, report: &Report, before: Option<Malformed>) {
    let Target { name, .. } = target;
    match (before, report.malformed) {
        (None, Some(malformed)) => {
            let url = target.redacted_url();
            tracing::warn!(%name, url, %malformed, "the response is malformed; it counts, because curl and browsers accept it");
        }
        (Some(_), None) if report.got_response() => {
            tracing::info!(%name, "the response is no longer malformed");
        }
        _ => {}
    }
}

/// Waits for a point in time, for ever where there is none.
async fn reach(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
