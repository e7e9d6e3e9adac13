//! Logs to stderr, metrics into one Prometheus registry.

use std::io::IsTerminal;

use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry_sdk::metrics::{Aggregation, InstrumentKind, SdkMeterProvider, Stream};
use prometheus::Registry;
use targets::LATENCY_BUCKETS;
use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// The SDK's default of 2,000 attribute sets an instrument melts the rest into one series, silently.
const CARDINALITY_LIMIT: usize = 20_000;

/// The metrics of one service.
pub(crate) struct Metrics {
    pub registry: Registry,
    pub meter: Meter,
    // Dropping the provider ends the export.
    _provider: SdkMeterProvider,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum TelemetryError {
    #[error("metrics cannot be exported: {0}")]
    Exporter(#[from] opentelemetry_sdk::error::OTelSdkError),
    #[error("metrics cannot be registered: {0}")]
    Registry(#[from] prometheus::Error),
}

impl Metrics {
    pub(crate) fn new() -> Result<Self, TelemetryError> {
        let registry = Registry::new();
        #[cfg(target_os = "linux")]
        registry.register(Box::new(
            prometheus::process_collector::ProcessCollector::for_self(),
        ))?;
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .scope_info_enabled(false)
            .without_target_info()
            .build()?;
        let provider = SdkMeterProvider::builder()
            .with_reader(exporter)
            .with_view(|instrument: &opentelemetry_sdk::metrics::Instrument| {
                let stream = Stream::builder().with_cardinality_limit(CARDINALITY_LIMIT);
                let stream = if instrument.kind() == InstrumentKind::Histogram {
                    stream.with_aggregation(Aggregation::ExplicitBucketHistogram {
                        boundaries: LATENCY_BUCKETS.to_vec(),
                        record_min_max: false,
                    })
                } else {
                    stream
                };
                stream.build().ok()
            })
            .build();
        let meter = provider.meter("uptimepulse");
        runtime_metrics(&meter);
        Ok(Self {
            registry,
            meter,
            _provider: provider,
        })
    }
}

/// What tokio knows of itself, read at each scrape. Must be called inside the runtime.
fn runtime_metrics(meter: &Meter) {
    let Ok(handle) = tokio::runtime::Handle::try_current() else {
        return;
    };
    let runtime = handle.metrics();
    let tasks = runtime.clone();
    meter
        .u64_observable_gauge("tokio_alive_tasks")
        .with_description("Tasks that the async runtime holds")
        .with_callback(move |gauge| gauge.observe(count(tasks.num_alive_tasks()), &[]))
        .build();
    let queue = runtime.clone();
    meter
        .u64_observable_gauge("tokio_global_queue_depth")
        .with_description("Tasks that wait for a worker in the async runtime's global queue")
        .with_callback(move |gauge| gauge.observe(count(queue.global_queue_depth()), &[]))
        .build();
    meter
        .u64_observable_gauge("tokio_workers")
        .with_description("Worker threads of the async runtime")
        .with_callback(move |gauge| gauge.observe(count(runtime.num_workers()), &[]))
        .build();
}

fn count(value: usize) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

/// Logs go to stderr; stdout belongs to the service (alert-logger's payloads). The first call wins.
pub(crate) fn init_logging(format: LogFormat, filter: EnvFilter) {
    let builder = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(filter);
    let _ = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
}
