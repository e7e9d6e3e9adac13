//! The parts' environment variables.

use std::ffi::{OsStr, OsString};

use super::environment;
use super::{Plan, Targets};
use crate::part::Part;

/// The retention of Prometheus, which is also the gateway's longest window.
pub const RETENTION: &str = "PROMETHEUS_RETENTION";

/// Returns the variables that the lab sets for a part.
pub fn of(plan: &Plan<'_>, part: Part, retention: &OsStr) -> Vec<(&'static str, OsString)> {
    let url = |part: Part| OsString::from(plan.ports.url(part));
    let listen = (
        "LISTEN_ADDR",
        OsString::from(plan.ports.address(part).to_string()),
    );
    let targets = match plan.targets {
        Targets::File => (
            "PING_TARGETS_FILE",
            plan.state.targets_file().into_os_string(),
        ),
        Targets::Urls(urls) => ("PING_TARGET_URLS", OsString::from(urls)),
    };
    match part {
        Part::PingAgent => vec![listen, targets],
        Part::ApiGateway => vec![
            listen,
            targets,
            (
                "PING_AGENT_METRICS_URL",
                OsString::from(format!("{}/metrics", plan.ports.url(Part::PingAgent))),
            ),
            ("PROMETHEUS_URL", url(Part::Prometheus)),
            (RETENTION, retention.to_owned()),
            ("ALERT_LOGGER_URL", url(Part::AlertLogger)),
        ],
        Part::AlertLogger => vec![
            listen,
            ("ALERT_LOG_DIR", plan.state.part(part).into_os_string()),
            ("PROMETHEUS_URL", url(Part::Prometheus)),
            ("ALERTMANAGER_URL", url(Part::Alertmanager)),
        ],
        Part::DashboardUi => vec![listen, ("API_GATEWAY_URL", url(Part::ApiGateway))],
        Part::DemoTarget => {
            vec![
                listen,
                (
                    "TLS_LISTEN_ADDR",
                    OsString::from(plan.ports.demo_tls_address().to_string()),
                ),
            ]
        }
        Part::Grafana => vec![
            ("GF_PATHS_DATA", plan.state.part(part).into_os_string()),
            (
                "GF_PATHS_PROVISIONING",
                plan.installation
                    .monitoring("grafana/provisioning")
                    .into_os_string(),
            ),
            ("GF_SERVER_HTTP_ADDR", OsString::from("127.0.0.1")),
            (
                "GF_SERVER_HTTP_PORT",
                OsString::from(plan.ports.of(part).to_string()),
            ),
            ("GF_AUTH_ANONYMOUS_ENABLED", OsString::from("true")),
            ("GF_ANALYTICS_REPORTING_ENABLED", OsString::from("false")),
            ("GF_ANALYTICS_CHECK_FOR_UPDATES", OsString::from("false")),
            // The provisioning files contain these variables.
            ("PROMETHEUS_URL", url(Part::Prometheus)),
            (
                "GRAFANA_DASHBOARDS_PATH",
                plan.installation
                    .monitoring("grafana/dashboards")
                    .into_os_string(),
            ),
        ],
        Part::Prometheus | Part::Alertmanager => vec![],
    }
}

/// Returns the names of the variables of the user's environment that configure the part.
pub fn passed_on(part: Part) -> &'static [&'static str] {
    match part {
        Part::PingAgent => &environment::PING_AGENT,
        Part::ApiGateway => &environment::API_GATEWAY,
        _ => &[],
    }
}
