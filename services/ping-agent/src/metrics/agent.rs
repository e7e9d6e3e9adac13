//! Metrics over all targets, in the registry.

use std::time::Duration;

use prometheus::{Histogram, HistogramOpts, HistogramVec, Registry};
use service_kit::LATENCY_BUCKETS;

use crate::probe::{Phase, Phases};

/// Upper bounds of the buckets for the schedule's lag, in seconds: dense around its limit of 50 ms.
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
    /// The metrics are already registered.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let schedule_lag = Histogram::with_opts(
            HistogramOpts::new(
                "ping_schedule_lag_seconds",
                "Delay of the start of a probe after its slot.",
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

    /// Records that a probe started this long after its slot.
    pub(crate) fn observe_lag(&self, lag: Duration) {
        self.schedule_lag.observe(lag.as_secs_f64());
    }

    /// Records the phases that a probe completed.
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    /// Returns each query of rules and dashboards that computes a quantile, with its lower bound in seconds.
    fn bounds() -> Vec<(String, f64)> {
        let monitoring = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../monitoring");
        let files = ["prometheus/rules", "grafana/dashboards"]
            .iter()
            .flat_map(|folder| fs::read_dir(monitoring.join(folder)).unwrap())
            .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
        files
            .flat_map(|text| {
                let queries = text
                    .lines()
                    .filter(|line| line.contains("expr") && line.contains("histogram_quantile("));
                queries.map(str::to_owned).collect::<Vec<_>>()
            })
            .map(|query| {
                assert_eq!(
                    query.matches("clamp_min(histogram_quantile(").count(),
                    1,
                    "{query}"
                );
                let (_, after) = query.split_once("))), ").expect(&query);
                let (bound, _) = after.split_once(')').expect(&query);
                let bound = bound.parse().unwrap();
                (query, bound)
            })
            .collect()
    }

    #[test]
    fn quantiles_are_clamped_to_the_lowest_bucket() {
        let bounds = bounds();
        assert!(bounds.len() >= 4, "{bounds:?}");
        for (query, bound) in bounds {
            let lowest = if query.contains("ping_schedule_lag_seconds") {
                LAG_BUCKETS[0]
            } else {
                LATENCY_BUCKETS[0]
            };
            assert_eq!(bound, lowest, "{query}");
        }
    }
}
