//! The service's own metrics.

use prometheus::{IntCounter, IntGauge, Registry};

/// The service's own metrics.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    /// `config_reloader_reloads_total`
    pub reloads: IntCounter,
    /// `config_reloader_failures_total`
    pub failures: IntCounter,
    /// `config_reloader_in_step`
    pub in_step: IntGauge,
}

impl Metrics {
    /// Adds the metrics to the service's registry.
    ///
    /// # Errors
    /// A metric of that name is already registered.
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let metrics = Self {
            reloads: IntCounter::new("config_reloader_reloads_total", "Reloads that succeeded")?,
            failures: IntCounter::new(
                "config_reloader_failures_total",
                "Reloads that the server rejected or did not answer",
            )?,
            in_step: IntGauge::new(
                "config_reloader_in_step",
                "Whether the server has loaded the current files",
            )?,
        };
        registry.register(Box::new(metrics.reloads.clone()))?;
        registry.register(Box::new(metrics.failures.clone()))?;
        registry.register(Box::new(metrics.in_step.clone()))?;
        Ok(metrics)
    }
}
