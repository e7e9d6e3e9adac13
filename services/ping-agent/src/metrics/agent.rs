//! What is measured over all targets, in the registry.

use std::time::Duration;

use prometheus::{Histogram, HistogramOpts, HistogramVec, Registry};
use service_kit::LATENCY_BUCKETS;

use crate::probe::{Phase, Phases};

/// Upper bounds of the schedule's lag, in seconds: fine around the 50 ms that it has to keep to.
const LAG_BUCKETS: [f64; 15] = [
    0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
];

/// The histograms over all targets.
#[derive(Debug, Clone)]
pub struct AgentMetrics {
    schedule_lag: Histogram,
    phase_latency: HistogramVec,
}

impl AgentMetrics {
    /// Registers the metrics.
    ///
    /// # Errors
    /// They are registered already.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let schedule_lag = Histogram::with_opts(
            HistogramOpts::new(
                "ping_schedule_lag_seconds",
                "Start of a probe against its slot.",
            )
            .buckets(LAG_BUCKETS.to_vec()),
        )?;
        let phase_latency = HistogramVec::new(
            HistogramOpts::new(
                "ping_phase_latency_seconds",
                "Time that probes of all targets spent in each phase.",
            )
            .buckets(LATENCY_BUCKETS.to_vec()),
            &["phase"],
        )?;
        registry.register(Box::new(schedule_lag.clone()))?;
        registry.register(Box::new(phase_latency.clone()))?;
        Ok(Self {
            schedule_lag,
            phase_latency,
        })
    }

    /// A probe started this long after its slot.
    pub(crate) fn observe_lag(&self, lag: Duration) {
        self.schedule_lag.observe(lag.as_secs_f64());
    }

    /// A probe went through these phases.
    pub(crate) fn observe_phases(&self, phases: &Phases) {
        for phase in Phase::ALL {
            if let Some(time) = phases.get(phase) {
                self.phase_latency
                    .with_label_values(&[phase.as_str()])
                    .observe(time.as_secs_f64());
            }
        }
    }
}
