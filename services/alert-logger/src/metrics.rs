//! Metrics of alert-logger. HTTP and runtime metrics come from service-kit.

use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry};

/// The metrics of alert-logger.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// `alert_logger_payloads_total`
    pub payloads: IntCounter,
    /// `alert_logger_payloads_refused_total`
    pub payloads_refused: IntCounter,
    /// `alert_logger_stdout_lines_lost_total`
    pub lines_lost: IntCounter,
    /// `alert_logger_log_failures_total`
    pub log_failures: IntCounter,
    /// `alert_logger_log_unreadable_lines_total`
    pub unreadable_lines: IntCounter,
    /// `alert_logger_log_sync_duration_seconds`
    pub log_sync_seconds: Histogram,
    /// `alert_logger_reconciliation_polls_total`
    pub polls: IntCounter,
    /// `alert_logger_reconciliation_poll_failures_total`, by `source`
    pub poll_failures: IntCounterVec,
    /// `alert_logger_reconciliations_total`, by `verdict`
    pub findings: IntCounterVec,
    alerts: IntGauge,
    log_bytes: IntGauge,
}

impl Metrics {
    /// Registers the metrics.
    ///
    /// # Errors
    /// A metric with the same name is registered already.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counter = |name, help| register(registry, IntCounter::with_opts(Opts::new(name, help)));
        let gauge = |name, help| register(registry, IntGauge::with_opts(Opts::new(name, help)));
        let vector = |name, help, label, values: &[&str]| {
            let counters = register(
                registry,
                IntCounterVec::new(Opts::new(name, help), &[label]),
            )?;
            for value in values {
                counters.with_label_values(&[value]);
            }
            Ok::<_, prometheus::Error>(counters)
        };
        let sync = HistogramOpts::new(
            "alert_logger_log_sync_duration_seconds",
            "Duration of each fdatasync of the alert log in seconds; payloads that arrive together share one",
        )
        .buckets(service_kit::LATENCY_BUCKETS.to_vec());
        Ok(Self {
            payloads: counter(
                "alert_logger_payloads_total",
                "Accepted webhook payloads, repeated deliveries included",
            )?,
            payloads_refused: counter(
                "alert_logger_payloads_refused_total",
                "Rejected requests to the webhook, which were not a valid JSON payload of version 4",
            )?,
            lines_lost: counter(
                "alert_logger_stdout_lines_lost_total",
                "Payload lines that could not be written to stdout",
            )?,
            log_failures: counter(
                "alert_logger_log_failures_total",
                "Failed writes of the alert log",
            )?,
            unreadable_lines: counter(
                "alert_logger_log_unreadable_lines_total",
                "Damaged lines of the alert log that were skipped; a copy of the log is kept",
            )?,
            log_sync_seconds: register(registry, Histogram::with_opts(sync))?,
            polls: counter(
                "alert_logger_reconciliation_polls_total",
                "Polls of Prometheus and Alertmanager while an incident was open",
            )?,
            poll_failures: vector(
                "alert_logger_reconciliation_poll_failures_total",
                "Failed polls of Prometheus or Alertmanager",
                "source",
                &["prometheus", "alertmanager"],
            )?,
            findings: vector(
                "alert_logger_reconciliations_total",
                "Reconciled incidents: reopened (active), closed without a notification of their end (ended), or resolved by Alertmanager alone (unconfirmed)",
                "verdict",
                &["active", "ended", "unconfirmed"],
            )?,
            alerts: gauge("alert_logger_alerts", "Alerts in the history")?,
            log_bytes: gauge(
                "alert_logger_log_bytes",
                "Size of the alert log in bytes, 0 without ALERT_LOG_DIR",
            )?,
        })
    }

    /// Sets `alert_logger_alerts`.
    pub fn set_alerts(&self, alerts: usize) {
        self.alerts.set(i64::try_from(alerts).unwrap_or(i64::MAX));
    }

    /// Sets `alert_logger_log_bytes`.
    pub fn set_log_bytes(&self, bytes: u64) {
        self.log_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }
}

fn register<C>(registry: &Registry, made: prometheus::Result<C>) -> prometheus::Result<C>
where
    C: prometheus::core::Collector + Clone + 'static,
{
    let collector = made?;
    registry.register(Box::new(collector.clone()))?;
    Ok(collector)
}
