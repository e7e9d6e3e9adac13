//! The parts of the stack.

pub mod ports;

use std::fmt;

/// A program that the lab runs. The order is that of the ports and of every list shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Probes the targets.
    PingAgent,
    /// Answers for the numbers.
    ApiGateway,
    /// The status page.
    DashboardUi,
    /// Takes the alerts.
    AlertLogger,
    /// Misbehaves on demand.
    DemoTarget,
    /// Keeps the history, evaluates the rules.
    Prometheus,
    /// Groups and delivers alerts.
    Alertmanager,
    /// Dashboards, where the machine has a Grafana.
    Grafana,
}

impl Part {
    /// All parts, in the order of their ports.
    pub const ALL: [Self; 8] = [
        Self::PingAgent,
        Self::ApiGateway,
        Self::DashboardUi,
        Self::AlertLogger,
        Self::DemoTarget,
        Self::Prometheus,
        Self::Alertmanager,
        Self::Grafana,
    ];

    /// The services of this repository: their binaries lie beside the lab's own.
    pub const SERVICES: [Self; 5] = [
        Self::PingAgent,
        Self::ApiGateway,
        Self::DashboardUi,
        Self::AlertLogger,
        Self::DemoTarget,
    ];

    /// The order of stopping, every part before those it talks to: alerts still have somewhere to go while Prometheus and
    /// Alertmanager stop. (They are started all at once.)
    pub const STOP_ORDER: [Self; 8] = [
        Self::Grafana,
        Self::DashboardUi,
        Self::ApiGateway,
        Self::Prometheus,
        Self::PingAgent,
        Self::Alertmanager,
        Self::AlertLogger,
        Self::DemoTarget,
    ];

    /// The name, everywhere: service, scrape job, log file, host name in the cluster.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PingAgent => "ping-agent",
            Self::ApiGateway => "api-gateway",
            Self::DashboardUi => "dashboard-ui",
            Self::AlertLogger => "alert-logger",
            Self::DemoTarget => "demo-target",
            Self::Prometheus => "prometheus",
            Self::Alertmanager => "alertmanager",
            Self::Grafana => "grafana",
        }
    }

    /// The path that answers 200 when the part can do its job.
    #[must_use]
    pub const fn readiness_path(self) -> &'static str {
        match self {
            Self::Prometheus | Self::Alertmanager => "/-/ready",
            Self::Grafana => "/api/health",
            _ => "/readyz",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_stopped_once() {
        let mut sorted = Part::STOP_ORDER;
        sorted.sort();
        assert_eq!(sorted, Part::ALL);
    }
}
