//! A lab of stand-ins: a copy of the `lab` binary, scripts in the place of services and servers, and a root with its own
//! `monitoring/`. Each script runs the test `stand_in` of the test program.

mod stand_in;

use std::ffi::OsString;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Output;

use lab::part::Part;
use lab::process::ProcessIdentity;
use lab::state::paths::StateDir;
use lab::state::record::LabRecord;
use test_support::{Lab, repository};
use tokio::process::Command;

/// Runs a stand-in: listens on `LISTEN_ADDR`, and answers the requests of `up`'s checks, and all others with 200.
pub fn serve_as_stand_in() {
    let listener = TcpListener::bind(std::env::var("LISTEN_ADDR").unwrap()).unwrap();
    eprintln!("listening on {}", listener.local_addr().unwrap());
    for connection in listener.incoming() {
        let mut connection = connection.unwrap();
        let mut request = [0; 4096];
        let length = connection.read(&mut request).unwrap_or_default();
        let body = stand_in::response(&text(&request[..length]));
        let _ = write!(
            connection,
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
    }
}

/// Returns the recorded processes of the parts.
pub fn processes(lab: &TestLab) -> Vec<ProcessIdentity> {
    let record = lab.record();
    record
        .parts
        .into_iter()
        .filter_map(|part| part.process)
        .collect()
}

pub struct TestLab {
    lab: Lab,
    folder: tempfile::TempDir,
}

impl TestLab {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |path| folder.path().join(path);
        let parts = Part::ALL.map(Part::name).to_vec();
        let lab = Self {
            lab: Lab::builder(path("bin/lab"), path("root"), parts).build(),
            folder,
        };
        let lab_program = lab.path("bin/lab");
        fs::create_dir_all(lab.path("bin")).unwrap();
        fs::hard_link(env!("CARGO_BIN_EXE_lab"), &lab_program)
            .or_else(|_| fs::copy(env!("CARGO_BIN_EXE_lab"), &lab_program).map(drop))
            .unwrap();
        for service in Part::SERVICES {
            lab.stand_in(&format!("bin/{service}"));
        }
        for server in ["prometheus", "alertmanager"] {
            lab.stand_in(&format!("path/{server}"));
        }
        for checker in ["promtool", "amtool"] {
            lab.script(&format!("path/{checker}"), "exit 0");
        }
        lab.monitoring();
        lab
    }

    fn monitoring(&self) {
        let real = repository().join("monitoring");
        for file in [
            "prometheus/prometheus.yml",
            "alertmanager/alertmanager.yml",
            "alertmanager/email-route.yml",
            "alertmanager/email-receiver.yml",
            "targets.toml",
        ] {
            let copy = self.path(&format!("root/monitoring/{file}"));
            fs::create_dir_all(copy.parent().unwrap()).unwrap();
            fs::copy(real.join(file), copy).unwrap();
        }
        fs::create_dir_all(self.path("root/monitoring/prometheus/rules")).unwrap();
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub fn state(&self) -> StateDir {
        StateDir::new(self.lab.state_dir()).unwrap()
    }

    pub fn record(&self) -> LabRecord {
        LabRecord::load(&self.state().state_file())
            .unwrap()
            .unwrap()
    }

    /// Writes a program that runs [`serve_as_stand_in`].
    fn stand_in(&self, path: &str) {
        let program = std::env::current_exe().unwrap();
        self.script(
            path,
            &format!(
                "for a; do case $a in --web.listen-address=*) LISTEN_ADDR=${{a#*=}};; esac; done\n\
                 export LISTEN_ADDR\nexec '{}' stand_in --exact --ignored --nocapture",
                program.display()
            ),
        );
    }

    pub fn script(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Returns `./lab ARGS` with this lab's state folder, and only the search path of the caller's environment.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::from(self.lab.command(args));
        command
            .env_clear()
            .env("PATH", self.search_path())
            .env("LAB_ROOT", self.path("root"))
            .kill_on_drop(true);
        command
    }

    /// Returns the folder of the stand-ins, then the caller's PATH, since the system's programs need not be in /usr/bin.
    /// Folders with Grafana are left out, since the lab would start it.
    fn search_path(&self) -> OsString {
        let callers = std::env::var_os("PATH").unwrap_or_default();
        let has_grafana = |folder: &PathBuf| {
            ["grafana", "grafana-server"]
                .iter()
                .any(|program| folder.join(program).exists())
        };
        let folders = std::env::split_paths(&callers).filter(|folder| !has_grafana(folder));
        std::env::join_paths(std::iter::once(self.path("path")).chain(folders)).unwrap()
    }

    pub fn port_base(&self) -> u16 {
        self.lab.port_base()
    }

    pub async fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().await.unwrap()
    }

    /// Returns the parts of `status --json`, and its exit code.
    pub fn status(&self) -> (serde_json::Value, i32) {
        self.lab.parts()
    }

    /// Runs `up --detach` with the ports of this lab.
    pub async fn up_detached(&self) -> Output {
        let base = self.port_base().to_string();
        self.run(&["up", "--detach", "--port-base", &base]).await
    }
}

impl Drop for TestLab {
    /// Kills all processes, so that a failed test leaves none running.
    fn drop(&mut self) {
        if let Ok(Some(record)) = LabRecord::load(&self.state().state_file()) {
            let parts = record.parts.iter().filter_map(|part| part.process.as_ref());
            for process in [&record.supervisor].into_iter().chain(parts) {
                process.signal(rustix::process::Signal::KILL);
            }
        }
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
