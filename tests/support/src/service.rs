//! A service as a process.

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

/// A running service, with its log captured. It is killed when dropped.
#[derive(Debug)]
pub struct Service {
    /// Its process.
    pub process: Process,
    /// A client to ask it with.
    pub client: Client,
    address: SocketAddr,
    log: Log,
    stdout: Option<Receiver<String>>,
}

/// What was written to stderr so far.
type Log = Arc<Mutex<String>>;

/// Returns a command that runs `program` with these variables and no others, on a free port of its own. Its stdout is
/// discarded.
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
    /// It ends, or does not say in its log where it listens.
    pub fn start<V: AsRef<OsStr>>(program: impl AsRef<OsStr>, variables: &[(&str, V)]) -> Self {
        Self::spawn(command(program, variables))
    }

    /// Runs a [`command`] that the test has changed, and waits until the service listens.
    ///
    /// # Panics
    /// It ends, or does not say in its log where it listens.
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
                Err(_) => panic!("it does not say where it listens: {}", read(&log)),
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

    /// Starts a service whose output goes where the test wants it, and waits until it answers `/healthz`.
    ///
    /// # Panics
    /// It does not.
    pub async fn start_writing_to<V: AsRef<OsStr>>(
        program: impl AsRef<OsStr>,
        variables: &[(&str, V)],
        stdout: impl Into<Stdio>,
        stderr: impl Into<Stdio>,
    ) -> Self {
        // Its log, which says where it listens, can't be read here.
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

    /// `http://127.0.0.1:PORT` + `path`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where its TLS listener is, which opens after the other.
    ///
    /// # Panics
    /// It has none.
    pub async fn tls_address(&self) -> SocketAddr {
        let listens = async || self.log().lines().find_map(|line| listens(line, "https"));
        eventually("a TLS listener", listens).await
    }

    /// The answer to a GET.
    ///
    /// # Panics
    /// There is none.
    pub async fn get(&self, path: &str) -> Response {
        let request = self.client.get(self.url(path));
        request.send().await.expect("an answer")
    }

    /// What it has logged.
    #[must_use]
    pub fn log(&self) -> String {
        read(&self.log)
    }

    /// The next line on its stdout, which must have been piped.
    ///
    /// # Panics
    /// There is none in time.
    #[must_use]
    pub fn stdout_line(&self) -> String {
        let stdout = self.stdout.as_ref().expect("a piped stdout");
        stdout.recv_timeout(DEADLINE).expect("a line")
    }

    /// The lines on its stdout that were not read yet, once it has ended.
    ///
    /// # Panics
    /// Its stdout was not piped.
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

/// Reads a pipe line by line, into `log` as well, so that the process never blocks on it.
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

/// Returns the address in a line of the log that says where the service listens.
fn listens(line: &str, scheme: &str) -> Option<SocketAddr> {
    let field = |name: &str| line.split(' ').find_map(|field| field.strip_prefix(name));
    field("scheme=").filter(|it| it.trim_matches('"') == scheme)?;
    field("address=")?.parse().ok()
}
