//! One service by itself.

use std::net::TcpListener;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use crate::{binary, eventually, get_text};

/// A service that the test started. It is killed when dropped.
#[derive(Debug)]
pub struct Service {
    child: Child,
    port: u16,
}

impl Service {
    /// Starts a service with nothing but these variables and an address of its own, and waits until it is alive.
    ///
    /// # Panics
    /// It does not answer `/healthz`.
    pub async fn start(name: &str, variables: &[(&str, String)]) -> Self {
        let port = free_port();
        let child = Command::new(binary(name))
            .env_clear()
            .env("RUST_LOG", "warn")
            .env("LISTEN_ADDR", format!("127.0.0.1:{port}"))
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("the service starts");
        let service = Self { child, port };
        eventually(name, || get_text_of(service.url("/healthz"))).await;
        service
    }

    /// `http://127.0.0.1:PORT` + `path`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Sends SIGTERM.
    ///
    /// # Panics
    /// The process is gone already.
    pub fn terminate(&self) {
        let id = self.child.id().expect("it runs");
        let pid = Pid::from_raw(i32::try_from(id).expect("a process id")).expect("a process id");
        kill_process(pid, Signal::TERM).expect("it can be signalled");
    }

    /// The most memory that it ever had, in bytes.
    ///
    /// # Panics
    /// The process is gone, or this is not Linux.
    #[must_use]
    pub fn peak_memory(&self) -> u64 {
        let id = self.child.id().expect("it runs");
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("its status");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = peak.and_then(|peak| peak.trim().strip_suffix(" kB"));
        let kibibytes = kibibytes.and_then(|number| number.parse::<u64>().ok());
        kibibytes.expect("a number") << 10
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// It does not end within `limit`.
    pub async fn exit(&mut self, limit: Duration) -> ExitStatus {
        let status = tokio::time::timeout(limit, self.child.wait()).await;
        status
            .expect("it ends in time")
            .expect("it can be waited for")
    }
}

async fn get_text_of(url: String) -> Option<String> {
    get_text(&url).await
}

/// A port of loopback that nobody listened on a moment ago.
///
/// # Panics
/// There is none.
#[must_use]
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port()
}
