//! Logs on stderr, and metrics in one Prometheus registry.

mod log_queue;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::IsTerminal;
use std::panic::PanicHookInfo;
use std::time::Duration;

use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry_sdk::metrics::{Aggregation, InstrumentKind, SdkMeterProvider, Stream};
use prometheus::{IntCounter, Registry};
use targets::LATENCY_BUCKETS;
use tracing_subscriber::EnvFilter;

use self::log_queue::LogQueue;
use crate::config::LogFormat;

/// With the SDK's default of 2,000 attribute sets per instrument, further ones would silently be merged into one series.
const CARDINALITY_LIMIT: usize = 20_000;

/// The metrics of a service.
pub(crate) struct Metrics {
    pub registry: Registry,
    pub meter: Meter,
    // The export ends when the provider is dropped.
    _provider: SdkMeterProvider,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum TelemetryError {
    #[error("cannot export metrics: {0}")]
    Exporter(#[from] opentelemetry_sdk::error::OTelSdkError),
    #[error("cannot register metrics: {0}")]
    Registry(#[from] prometheus::Error),
    #[error("cannot start the thread of the log: {0}")]
    LogThread(#[from] std::io::Error),
    #[error("cannot extend the filter of the log: {0}")]
    LogFilter(#[from] tracing_subscriber::filter::ParseError),
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

/// Exports tokio's metrics, read at each scrape. Must be called inside the runtime.
fn runtime_metrics(meter: &Meter) {
    let Ok(handle) = tokio::runtime::Handle::try_current() else {
        return;
    };
    let runtime = handle.metrics();
    let tasks = runtime.clone();
    meter
        .u64_observable_gauge("tokio_alive_tasks")
        .with_description("Tasks in the async runtime")
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

/// Logs panics and missing log lines with any `RUST_LOG`.
const ALWAYS_LOGGED: &str = concat!(module_path!(), "=warn");

/// The maximum time for writing log lines at exit.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(250);

/// The same for the reason of a failure, which users need.
const FAILURE_TIMEOUT: Duration = Duration::from_secs(5);

/// The log of a service. Writes queued lines when dropped.
pub(crate) struct Logging {
    queue: LogQueue,
    /// `service_log_lines_dropped_total`
    pub dropped: IntCounter,
}

impl Logging {
    /// Sends log lines and panics to stderr through a queue that never blocks. Stdout is for the service's own data
    /// (alert-logger's payloads). Only the first call has an effect.
    ///
    /// # Errors
    /// The thread can't be started.
    pub(crate) fn start(format: LogFormat, filter: EnvFilter) -> Result<Self, TelemetryError> {
        let dropped = IntCounter::new(
            "service_log_lines_dropped_total",
            "Log lines that were dropped because stderr was not read or could not be written",
        )?;
        let queue = LogQueue::new(dropped.clone());
        queue.start(std::io::stderr(), |lines| {
            tracing::warn!(
                lines,
                "log lines were dropped because stderr was not read or could not be written"
            );
        })?;
        let writer = queue.clone();
        let builder = tracing_subscriber::fmt()
            .with_writer(move || writer.clone())
            .with_ansi(std::io::stderr().is_terminal())
            .with_env_filter(filter.add_directive(ALWAYS_LOGGED.parse()?));
        let _ = match format {
            LogFormat::Text => builder.try_init(),
            LogFormat::Json => builder.json().flatten_event(true).try_init(),
        };
        // The standard hook writes to stderr directly and could block.
        std::panic::set_hook(Box::new(log_panic));
        Ok(Self { queue, dropped })
    }

    /// Writes the reason why the service exits.
    pub(crate) fn fail(&self, line: &str) {
        self.queue.push_always(line);
        self.queue.flush(FAILURE_TIMEOUT);
    }
}

impl Drop for Logging {
    fn drop(&mut self) {
        self.queue.flush(FLUSH_TIMEOUT);
    }
}

fn log_panic(panic: &PanicHookInfo<'_>) {
    let backtrace = Backtrace::capture();
    let captured = backtrace.status() == BacktraceStatus::Captured;
    tracing::error!(
        thread = std::thread::current().name(),
        location = panic.location().map(tracing::field::display),
        backtrace = captured.then(|| tracing::field::display(&backtrace)),
        "panicked: {}",
        panic.payload_as_str().unwrap_or("no message")
    );
}
