//! The parts to start: each part's program, arguments, environment and files.

mod arguments;
mod environment;
pub mod layout;
pub mod rule_files;
mod variables;

use std::ffi::OsString;
use std::path::PathBuf;

use gateway_api::slo::BUDGET_WINDOW;
use targets::{Defaults, TargetSource};

pub use self::arguments::PROMETHEUS_QUERIES;
use self::environment::Environment;
use crate::part::Part;
use crate::part::ports::Ports;
use crate::state::paths::{Installation, StateDir};
use crate::tools::Tools;

/// The targets to probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Targets {
    /// `monitoring/targets.toml`, rendered into the state folder.
    File,
    /// These URLs, comma-separated.
    Urls(String),
}

/// The specification of one part.
#[derive(Debug, Clone)]
pub struct PartSpec {
    /// The part.
    pub part: Part,
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Its complete environment.
    pub environment: Environment,
    /// Its working folder.
    pub working_dir: PathBuf,
    /// Its base URL.
    pub url: String,
    /// The URL that answers 200 when the part is ready.
    pub readiness_url: String,
}

/// The inputs of the specifications.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The folders of the services' binaries and of `monitoring/`.
    pub installation: &'a Installation,
    /// The state folder, with the data of the parts.
    pub state: &'a StateDir,
    /// Their ports.
    pub ports: Ports,
    /// The programs of the servers.
    pub tools: &'a Tools,
    /// The targets to probe.
    pub targets: &'a Targets,
}

impl Plan<'_> {
    /// Returns the parts that run on this machine, in the order of their ports: all, but Grafana only if it was found.
    #[must_use]
    pub fn parts(&self) -> Vec<Part> {
        let has = |part: &Part| *part != Part::Grafana || self.tools.grafana.is_some();
        Part::ALL.into_iter().filter(has).collect()
    }

    /// Returns a message for each part that does not run on this machine.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        match self.tools.grafana {
            Some(_) => vec![],
            None => vec!["grafana: not found on PATH, so it does not run; install it and restart the lab to use it".to_owned()],
        }
    }

    /// Returns the source of the targets that the services read.
    #[must_use]
    pub fn target_source(&self) -> TargetSource {
        let defaults = Defaults::for_listing();
        match self.targets {
            Targets::File => TargetSource::new(None, Some(self.state.targets_file()), defaults),
            Targets::Urls(urls) => TargetSource::new(Some(urls.clone()), None, defaults),
        }
    }

    /// Returns the specification of each part. `lookup` reads the user's environment.
    #[must_use]
    pub fn specs(&self, lookup: impl Fn(&str) -> Option<OsString>) -> Vec<PartSpec> {
        let retention = lookup(variables::RETENTION)
            .filter(|text| !text.is_empty())
            .unwrap_or_else(|| BUDGET_WINDOW.into());
        let mut specs = Vec::new();
        for part in self.parts() {
            let (program, args, working_dir) = match (part, &self.tools.grafana) {
                (Part::Prometheus, _) => (
                    self.tools.prometheus.server.clone(),
                    arguments::prometheus(self, &retention),
                    Some(self.state.part(part)),
                ),
                (Part::Alertmanager, _) => (
                    self.tools.alertmanager.server.clone(),
                    arguments::alertmanager(self),
                    self.tools.alertmanager.working_dir.clone(),
                ),
                (Part::Grafana, Some(grafana)) => {
                    (grafana.server.clone(), arguments::grafana(grafana), None)
                }
                _ => (self.installation.bin_dir.join(part.name()), vec![], None),
            };
            let mut environment = environment::passed_through(&lookup, variables::passed_on(part));
            environment.extend(
                variables::of(self, part, &retention)
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value)),
            );
            let url = self.ports.url(part);
            specs.push(PartSpec {
                part,
                program,
                args,
                environment,
                working_dir: working_dir.unwrap_or_else(|| self.state.path().to_path_buf()),
                readiness_url: format!("{url}{}", part.readiness_path()),
                url,
            });
        }
        specs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::{AlertmanagerTool, PrometheusTool};
    use std::path::Path;

    fn specs(targets: &Targets, web_assets: Option<PathBuf>) -> Vec<PartSpec> {
        specs_with(targets, web_assets, &[("PATH", "/usr/bin")])
    }

    fn specs_with(
        targets: &Targets,
        web_assets: Option<PathBuf>,
        environment: &[(&str, &str)],
    ) -> Vec<PartSpec> {
        let installation = Installation {
            root: "/repo".into(),
            bin_dir: "/bin".into(),
        };
        let tools = Tools {
            prometheus: PrometheusTool {
                server: "/tools/prometheus".into(),
                promtool: "/tools/promtool".into(),
                web_assets,
            },
            alertmanager: AlertmanagerTool {
                server: "/tools/alertmanager".into(),
                amtool: "/tools/amtool".into(),
                working_dir: Some("/tools".into()),
            },
            grafana: None,
        };
        let state = StateDir::new(Path::new("/state")).unwrap();
        let plan = Plan {
            installation: &installation,
            state: &state,
            ports: Ports::new(Some(20_000)),
            tools: &tools,
            targets,
        };
        plan.specs(|name| {
            let (_, value) = environment.iter().find(|(set, _)| *set == name)?;
            Some(value.into())
        })
    }

    fn variable(specs: &[PartSpec], part: Part, name: &str) -> Option<String> {
        let spec = specs.iter().find(|spec| spec.part == part).unwrap();
        let (_, value) = spec.environment.iter().find(|(key, _)| key == name)?;
        Some(value.to_string_lossy().into_owned())
    }

    #[test]
    fn ping_agent_and_api_gateway_have_the_same_targets() {
        let urls = Targets::Urls("https://example.invalid".to_owned());
        for part in [Part::PingAgent, Part::ApiGateway] {
            let specs = specs(&urls, None);
            assert_eq!(
                variable(&specs, part, "PING_TARGET_URLS").unwrap(),
                "https://example.invalid"
            );
            assert_eq!(variable(&specs, part, "PING_TARGETS_FILE"), None);
            let specs = self::specs(&Targets::File, None);
            assert_eq!(
                variable(&specs, part, "PING_TARGETS_FILE").unwrap(),
                "/state/targets.toml"
            );
            assert_eq!(variable(&specs, part, "PING_TARGET_URLS"), None);
        }
    }

    #[test]
    fn the_dashboard_reads_only_from_the_gateway() {
        let specs = specs(&Targets::File, None);
        assert_eq!(
            variable(&specs, Part::DashboardUi, "API_GATEWAY_URL").unwrap(),
            "http://127.0.0.1:20001"
        );
        assert_eq!(variable(&specs, Part::DashboardUi, "PROMETHEUS_URL"), None);
        assert_eq!(
            variable(&specs, Part::ApiGateway, "PING_AGENT_METRICS_URL").unwrap(),
            "http://127.0.0.1:20000/metrics"
        );
        assert_eq!(
            variable(&specs, Part::DemoTarget, "TLS_LISTEN_ADDR").unwrap(),
            "127.0.0.1:20008"
        );
    }

    #[test]
    fn prometheus_and_the_gateway_have_the_same_retention() {
        for (set, retention) in [("30d", "30d"), ("", "14d")] {
            let specs = specs_with(&Targets::File, None, &[("PROMETHEUS_RETENTION", set)]);
            let prometheus = specs.iter().find(|spec| spec.part == Part::Prometheus);
            let flag = format!("--storage.tsdb.retention.time={retention}");
            assert!(prometheus.unwrap().args.contains(&flag.into()));
            let gateway = variable(&specs, Part::ApiGateway, "PROMETHEUS_RETENTION");
            assert_eq!(gateway.unwrap(), retention);
            assert_eq!(
                variable(&specs, Part::DashboardUi, "PROMETHEUS_RETENTION"),
                None
            );
        }
    }

    #[test]
    fn only_a_prometheus_with_local_assets_gets_the_flag() {
        let args = |web_assets| {
            let specs = specs(&Targets::File, web_assets);
            let spec = specs
                .into_iter()
                .find(|spec| spec.part == Part::Prometheus)
                .unwrap();
            spec.args.join(" ".as_ref()).into_string().unwrap()
        };
        assert!(!args(None).contains("local-assets"));
        assert!(args(Some("/tools/web/".into())).contains("--web.local-assets=/tools/web/"));
        assert!(args(None).contains("--storage.tsdb.retention.time=14d"));
    }
}
