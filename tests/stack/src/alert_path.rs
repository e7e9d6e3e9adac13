//! The path of an alert with short intervals: a real Prometheus, a real Alertmanager and alert-logger. Intervals are
//! seconds here and minutes in the lab. A test can stop, kill and restart each server.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;
use test_support::{
    Process, client, eventually, free_port, get_json, get_text, print_tail, repository, within,
};
use tokio::task::JoinHandle;

use crate::binary;

/// The servers of an [`AlertPath`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Server {
    /// Prometheus evaluates its rules every 2 s and resends alerts after 5 s.
    Prometheus,
    /// Alertmanager resolves an alert by itself if Prometheus has not sent it for 20 s.
    Alertmanager,
    /// alert-logger is the service under test.
    AlertLogger,
}

impl Server {
    /// All servers, in the order in which they are started.
    pub const ALL: [Self; 3] = [Self::AlertLogger, Self::Alertmanager, Self::Prometheus];
}

/// The states of the targets: `ping_up` by name.
type Targets = Arc<Mutex<BTreeMap<String, bool>>>;

/// The running servers, and targets whose state the test sets. Everything is stopped when dropped.
#[derive(Debug)]
pub struct AlertPath {
    folder: TempDir,
    tools: lab::tools::Tools,
    ports: BTreeMap<Server, u16>,
    running: BTreeMap<Server, Process>,
    targets: Targets,
    exposition: JoinHandle<()>,
}

impl AlertPath {
    /// Starts all servers. Alertmanager waits for `group_wait` before the first notification of an alert.
    pub async fn start(group_wait: &str) -> Self {
        let search_path = std::env::var_os("PATH").unwrap_or_default();
        let tools = repository().join(".lab/tools");
        let tools =
            lab::tools::Tools::find_or_fetch(&search_path, &tools, &mut |what| println!("{what}"))
                .expect("the servers");
        let targets = Targets::default();
        let router = Router::new()
            .route("/metrics", get(exposition))
            .with_state(Arc::clone(&targets));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port");
        let exposed_at = listener.local_addr().expect("an address");
        let exposition = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        let mut path = Self {
            folder: tempfile::Builder::new()
                .prefix("alert-path-")
                .tempdir()
                .expect("a folder"),
            tools,
            ports: Server::ALL
                .into_iter()
                .map(|server| (server, free_port()))
                .collect(),
            running: BTreeMap::new(),
            targets,
            exposition,
        };
        path.write("rules.yml", &rules(Some("TargetDown")));
        let alertmanager = path.ports[&Server::Alertmanager];
        path.write(
            "prometheus.yml",
            &format!(
                "global: {{scrape_interval: 1s, evaluation_interval: 2s}}\n\
                 rule_files: [rules.yml]\n\
                 alerting: {{alertmanagers: [{{static_configs: [{{targets: ['127.0.0.1:{alertmanager}']}}]}}]}}\n\
                 scrape_configs: [{{job_name: ping-agent, static_configs: [{{targets: ['{exposed_at}']}}]}}]\n"
            ),
        );
        let webhook = path.url(Server::AlertLogger, "/webhook");
        path.write(
            "alertmanager.yml",
            &format!(
                "route: {{receiver: log, group_by: [alertname, target], group_wait: {group_wait}, \
                 group_interval: 2s, repeat_interval: 4h}}\n\
                 receivers: [{{name: log, webhook_configs: [{{url: '{webhook}', send_resolved: true}}]}}]\n"
            ),
        );
        path.start_again(&Server::ALL).await;
        path
    }

    /// Starts stopped servers, and waits until they are ready.
    pub async fn start_again(&mut self, servers: &[Server]) {
        for server in servers {
            let log = std::fs::File::options()
                .create(true)
                .append(true)
                .open(self.file(&format!("{server:?}.log")))
                .expect("a file");
            let mut command = self.command(*server);
            let process = Process::start(command.stdout(Stdio::null()).stderr(log));
            self.running.insert(*server, process);
        }
        for server in servers {
            let ready = match server {
                Server::AlertLogger => "/readyz",
                Server::Prometheus | Server::Alertmanager => "/-/ready",
            };
            let ready = &self.url(*server, ready);
            let ask = async || get_text(ready).await;
            eventually(&format!("{server:?} is ready"), ask).await;
        }
    }

    fn command(&self, server: Server) -> Command {
        let listen = format!("127.0.0.1:{}", self.ports[&server]);
        let data = self.data(server);
        let (program, folder) = match server {
            Server::Prometheus => (self.tools.prometheus.server.clone(), None),
            Server::Alertmanager => {
                let tool = &self.tools.alertmanager;
                (tool.server.clone(), tool.working_dir.clone())
            }
            Server::AlertLogger => (binary("alert-logger"), None),
        };
        let mut command = Command::new(program);
        command.current_dir(folder.as_deref().unwrap_or(self.folder.path()));
        match server {
            Server::Prometheus => command
                .arg(format!(
                    "--config.file={}",
                    self.file("prometheus.yml").display()
                ))
                .arg(format!("--storage.tsdb.path={}", data.display()))
                .arg(format!("--web.listen-address={listen}"))
                .arg("--rules.alert.resend-delay=5s"),
            Server::Alertmanager => command
                .arg(format!(
                    "--config.file={}",
                    self.file("alertmanager.yml").display()
                ))
                .arg(format!("--storage.path={}", data.display()))
                .arg(format!("--web.listen-address={listen}"))
                .arg("--cluster.listen-address="),
            Server::AlertLogger => command
                .env_clear()
                .env("LISTEN_ADDR", listen)
                .env("ALERT_LOG_DIR", data)
                .env("PROMETHEUS_URL", self.url(Server::Prometheus, ""))
                .env("ALERTMANAGER_URL", self.url(Server::Alertmanager, "")),
        };
        command
    }

    /// Stops servers with SIGTERM.
    pub async fn stop(&mut self, servers: &[Server]) {
        self.end(servers, Signal::TERM).await;
    }

    /// Kills servers with SIGKILL.
    pub async fn kill(&mut self, servers: &[Server]) {
        self.end(servers, Signal::KILL).await;
    }

    async fn end(&mut self, servers: &[Server], signal: Signal) {
        for server in servers {
            self.running[server].signal(signal);
        }
        for server in servers {
            let mut process = self.running.remove(server).expect("a running server");
            process.exit(Duration::from_secs(60)).await;
        }
    }

    /// Deletes a server's data.
    pub fn delete_data(&self, server: Server) {
        std::fs::remove_dir_all(self.data(server)).expect("its data");
    }

    /// Renames the alert about targets in the running Prometheus; `None` removes it.
    pub fn reload_rules(&self, alert: Option<&str>) {
        self.write("rules.yml", &rules(alert));
        self.running[&Server::Prometheus].signal(Signal::HUP);
    }

    /// Sets whether a target is up; `None` removes it.
    pub fn set_target(&self, name: &str, up: Option<bool>) {
        let mut targets = self.targets.lock().expect("no panic");
        match up {
            Some(up) => targets.insert(name.to_owned(), up),
            None => targets.remove(name),
        };
    }

    /// Returns `http://127.0.0.1:PORT` + `path`.
    #[must_use]
    pub fn url(&self, server: Server, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.ports[&server])
    }

    /// Returns the alerts in alert-logger's history, newest first.
    pub async fn incidents(&self) -> Option<Vec<Value>> {
        let answer = get_json(&self.url(Server::AlertLogger, "/api/v1/alerts")).await?;
        answer["alerts"].as_array().cloned()
    }

    /// Waits until alert-logger has one incident that satisfies `is`.
    ///
    /// # Panics
    /// It has none within `limit`, or more than one.
    pub async fn incident(
        &self,
        what: &str,
        limit: Duration,
        is: impl Fn(&Value) -> bool,
    ) -> Value {
        let ask = || async {
            let incidents = self.incidents().await?;
            assert!(incidents.len() <= 1, "{what}: {incidents:#?}");
            incidents.into_iter().next().filter(&is)
        };
        within(limit, what, ask).await.0
    }

    /// Returns the states of the alerts about targets in Prometheus.
    pub async fn states(&self) -> Option<Vec<String>> {
        let answer = get_json(&self.url(Server::Prometheus, "/api/v1/alerts")).await?;
        let alerts = answer["data"]["alerts"].as_array()?;
        let alerts = alerts
            .iter()
            .filter(|alert| alert["labels"]["alertname"] != "Watchdog");
        let states = alerts.map(|alert| alert["state"].as_str().unwrap_or_default().to_owned());
        Some(states.collect())
    }

    /// Silences every alert for an hour.
    pub async fn silence(&self) {
        let now = jiff::Timestamp::now();
        let silence = serde_json::json!({
            "matchers": [{"name": "alertname", "value": ".+", "isRegex": true, "isEqual": true}],
            "startsAt": now, "endsAt": now + Duration::from_secs(3600),
            "createdBy": "test", "comment": "test",
        });
        let url = self.url(Server::Alertmanager, "/api/v2/silences");
        let answer = client().post(url).json(&silence).send().await;
        assert!(answer.expect("an answer").status().is_success());
    }

    fn data(&self, server: Server) -> PathBuf {
        self.file(&format!("{server:?}.data"))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: &str) {
        std::fs::write(self.file(name), content).expect("a file");
    }
}

impl Drop for AlertPath {
    fn drop(&mut self) {
        self.exposition.abort();
        if std::thread::panicking() {
            for server in Server::ALL {
                let name = format!("{server:?}");
                print_tail(&name, &self.file(&format!("{name}.log")));
            }
        }
    }
}

/// Returns rules with an alert that always fires and one about targets. Its `for` must exceed 5 s: for so long after its
/// start, Prometheus does not scrape and evaluates older samples.
fn rules(alert: Option<&str>) -> String {
    let down = alert.map(|alert| format!(", {{alert: {alert}, expr: ping_up == 0, for: 10s}}"));
    let down = down.unwrap_or_default();
    format!("groups: [{{name: alerts, rules: [{{alert: Watchdog, expr: vector(1)}}{down}]}}]\n")
}

async fn exposition(State(targets): State<Targets>) -> String {
    let targets = targets.lock().expect("no panic");
    targets
        .iter()
        .map(|(name, up)| format!("ping_up{{target=\"{name}\"}} {}\n", u8::from(*up)))
        .collect()
}
