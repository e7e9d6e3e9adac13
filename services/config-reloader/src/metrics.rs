//! Metrics of config-reloader.

use prometheus::{IntCounter, IntGauge, Registry};

/// The metrics of config-reloader.
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
    /// Registers the metrics.
    ///
    /// # Errors
    /// A metric with the same name is registered already.
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let metrics = Self {
            reloads: IntCounter::new(
                "config_reloader_reloads_total",
                "Successful reloads of the server",
            )?,
            failures: IntCounter::new(
                "config_reloader_failures_total",
                "Failed attempts: unreadable files, rejected reloads and missing responses",
            )?,
            in_step: IntGauge::new(
                "config_reloader_in_step",
                "1 if the server has loaded the current files, otherwise 0",
            )?,
        };
        registry.register(Box::new(metrics.reloads.clone()))?;
        registry.register(Box::new(metrics.failures.clone()))?;
        registry.register(Box::new(metrics.in_step.clone()))?;
        Ok(metrics)
    }
}
