//! Probes targets and exports what it saw as Prometheus metrics
