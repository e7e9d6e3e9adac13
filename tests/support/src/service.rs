//! Runs a service as a process.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::{Client, Response};

use crate::{Process, client, eventually, free_port, get_text};

/// How long a service may take to listen, or to write a line.
const DEADLINE: Duration = Duration::from_secs(20);

/// A running service with a captured log. It is killed when dropped.
#[derive(Debug)]
pub struct Service {
    /// Its process.
    pub process: Process,
    /// A client for requests to it.
    pub client: Client,
    address: SocketAddr,
    log: Log,
    stdout: Option<Receiver<String>>,
}

/// The text on stderr so far.
type Log = Arc<Mutex<String>>;

/// Returns a command that runs `program` on a free port with only these environment variables. Its stdout is discarded.
pub fn command<V: AsRef<OsStr>>(program: impl AsRef<OsStr>, variables: &[(&str, V)]) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("LISTEN_ADDR", "127.0.0.1:0")
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

impl Service {
    /// Runs [`command`], and waits until the service listens.
    ///
    /// # Panics
    /// The service exits, or does not log its address within 20 s.
    pub fn start<V: AsRef<OsStr>>(program: impl AsRef<OsStr>, variables: &[(&str, V)]) -> Self {
        Self::spawn(command(program, variables))
    }

    /// Runs a changed [`command`], and waits until the service listens.
    ///
    /// # Panics
    /// The service exits, or does not log its address within 20 s.
    #[must_use]
    pub fn spawn(mut command: Command) -> Self {
        let mut process = Process::start(&mut command);
        let stderr = process.child().stderr.take().expect("a piped stderr");
        let stdout = process.child().stdout.take().map(|pipe| lines(pipe, None));
        let log = Log::default();
        let stderr = lines(stderr, Some(Arc::clone(&log)));
        let address = loop {
            match stderr.recv_timeout(DEADLINE) {
                Ok(line) => {
                    if let Some(address) = listens(&line, "http") {
                        break address;
                    }
                }
                Err(_) => panic!("no address in the log: {}", read(&log)),
            }
        };
        Self {
            process,
            client: client(),
            address,
            log,
            stdout,
        }
    }

    /// Starts a service with this stdout and stderr, and waits until it answers `/healthz`.
    ///
    /// # Panics
    /// The service does not answer within a minute.
    pub async fn start_writing_to<V: AsRef<OsStr>>(
        program: impl AsRef<OsStr>,
        variables: &[(&str, V)],
        stdout: impl Into<Stdio>,
        stderr: impl Into<Stdio>,
    ) -> Self {
        // Its log with the address can't be read here.
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let mut command = command(program, variables);
        command.env("LISTEN_ADDR", address.to_string());
        let service = Self {
            process: Process::start(command.stdout(stdout).stderr(stderr)),
            client: client(),
            address,
            log: Log::default(),
            stdout: None,
        };
        let health = &service.url("/healthz");
        eventually("the service is alive", async || get_text(health).await).await;
        service
    }

    /// Returns `http://127.0.0.1:PORT` + `path`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Returns the address on which it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the address of its TLS listener, which opens after the other one.
    ///
    /// # Panics
    /// The service opens none within a minute.
    pub async fn tls_address(&self) -> SocketAddr {
        let listens = async || self.log().lines().find_map(|line| listens(line, "https"));
        eventually("a TLS listener", listens).await
    }

    /// Sends a GET and returns the response.
    pub async fn get(&self, path: &str) -> Response {
        let request = self.client.get(self.url(path));
        request.send().await.expect("a response")
    }

    /// Returns its log so far.
    #[must_use]
    pub fn log(&self) -> String {
        read(&self.log)
    }

    /// Returns the next line of its stdout, which must be piped.
    ///
    /// # Panics
    /// No line is written within 20 s.
    #[must_use]
    pub fn stdout_line(&self) -> String {
        let stdout = self.stdout.as_ref().expect("a piped stdout");
        stdout.recv_timeout(DEADLINE).expect("a line")
    }

    /// Waits until its stdout is closed, and returns the lines that were not read yet.
    ///
    /// # Panics
    /// Its stdout is not piped.
    #[must_use]
    pub fn remaining_stdout(&self) -> Vec<String> {
        self.stdout
            .as_ref()
            .expect("a piped stdout")
            .iter()
            .collect()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("--- log\n{}", self.log());
        }
    }
}

/// Reads a pipe line by line, also into `log`, so that the process never blocks on it.
fn lines(pipe: impl Read + Send + 'static, log: Option<Log>) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if let Some(log) = &log {
                log.lock().expect("no panic").extend([&line, "\n"]);
            }
            let _ = sender.send(line);
        }
    });
    receiver
}

fn read(log: &Log) -> String {
    log.lock().expect("no panic").clone()
}

/// Returns the address in a log line about a listener of this scheme.
fn listens(line: &str, scheme: &str) -> Option<SocketAddr> {
    let field = |name: &str| line.split(' ').find_map(|field| field.strip_prefix(name));
    field("scheme=").filter(|it| it.trim_matches('"') == scheme)?;
    field("address=")?.parse().ok()
}
