//! The parts of the stack.

pub mod ports;

use std::fmt;

/// A program that the lab runs. The variants are in the order of the ports and of every list shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Probes the targets.
    PingAgent,
    /// Serves the JSON API.
    ApiGateway,
    /// Serves the status page.
    DashboardUi,
    /// Receives alerts and keeps their history.
    AlertLogger,
    /// Fails on demand, as a target.
    DemoTarget,
    /// Stores the history and evaluates the rules.
    Prometheus,
    /// Groups and delivers alerts.
    Alertmanager,
    /// Shows dashboards, if the machine has Grafana.
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

    /// The services of this repository. Their binaries are beside that of the lab.
    pub const SERVICES: [Self; 5] = [
        Self::PingAgent,
        Self::ApiGateway,
        Self::DashboardUi,
        Self::AlertLogger,
        Self::DemoTarget,
    ];

    /// The order of stopping: each part stops before the parts that it sends to, so that alerts are still delivered while
    /// Prometheus and Alertmanager stop. All parts start at once.
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

    /// Returns the name: that of the service, scrape job, log file and host in the cluster.
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

    /// Returns the path that answers 200 when the part is ready.
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
    fn the_stop_order_has_every_part_once() {
        let mut sorted = Part::STOP_ORDER;
        sorted.sort();
        assert_eq!(sorted, Part::ALL);
    }
}
