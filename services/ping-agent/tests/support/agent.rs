//! The service as a process.
#![allow(
    clippy::unwrap_used,
    dead_code,
    reason = "helpers of tests, of which not every test file uses all"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// A command that runs the agent with this environment and nothing else.
pub fn command(environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ping-agent"));
    command
        .env_clear()
        .env("LISTEN_ADDR", "127.0.0.1:0")
        .envs(environment.iter().copied());
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// Runs the agent to its end.
pub fn run(environment: &[(&str, &str)]) -> Output {
    command(environment).output().unwrap()
}

/// A running agent; dropping it kills it.
pub struct Agent {
    child: Child,
    address: String,
    log: Arc<Mutex<String>>,
}

impl Agent {
    /// Starts the agent and waits until it listens.
    pub fn start(environment: &[(&str, &str)]) -> Self {
        let mut child = command(environment).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap())
            .lines()
            .map(Result::unwrap);
        let log = Arc::new(Mutex::new(String::new()));
        let address = loop {
            let line = lines
                .next()
                .unwrap_or_else(|| panic!("it ended: {}", log.lock().unwrap()));
            log.lock().unwrap().extend([&line, "\n"]);
            if let Some((_, after)) = line.split_once("listens address=") {
                break after.split(' ').next().unwrap().to_owned();
            }
        };
        let rest = Arc::clone(&log);
        std::thread::spawn(move || {
            lines.for_each(|line| rest.lock().unwrap().extend([&line, "\n"]))
        });
        Self {
            child,
            address,
            log,
        }
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Head and body of the answer to a GET.
    pub fn get(&self, path: &str) -> (String, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        // HTTP/1.0, so that the body is not chunked.
        write!(stream, "GET {path} HTTP/1.0\r\nhost: localhost\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }

    /// Waits until the text is in `/metrics`, and gives the whole of it.
    pub fn wait_for(&self, text: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let (_, metrics) = self.get("/metrics");
            if metrics.contains(text) {
                return metrics;
            }
            assert!(
                Instant::now() < deadline,
                "no {text} in\n{metrics}\nlog:\n{}",
                self.log()
            );
            #[allow(
                clippy::disallowed_methods,
                reason = "a thread of a test, not of a runtime"
            )]
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().try_into().unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Waits for the end, and gives the exit code.
    pub fn exit_code(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
