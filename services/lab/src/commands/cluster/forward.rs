//! Runs `kubectl port-forward` on a free port.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use super::kubectl::Kubectl;

/// The time limit for kubectl to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// A port-forward to a service of the cluster. Dropping it closes it.
#[derive(Debug)]
pub struct Forward {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    /// Dropping it kills kubectl.
    _kubectl: Child,
    /// Must stay open: kubectl prints a line for each connection, and exits if it can't.
    _stdout: BufReader<ChildStdout>,
}

impl Forward {
    /// Connects to the port of the service.
    ///
    /// # Errors
    /// kubectl failed, for example because the service does not exist or has no running pod.
    pub async fn to(kubectl: &Kubectl<'_>, service: &str, port: u16) -> anyhow::Result<Self> {
        let service = format!("service/{service}");
        let mut command = Command::from(kubectl.command(&[
            "port-forward",
            "--address=127.0.0.1",
            &service,
            &format!(":{port}"),
        ])?);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("can't run kubectl")?;
        let stdout = child.stdout.take().context("no stdout")?;
        let mut stderr = child.stderr.take().context("no stderr")?;
        let mut line = String::new();
        let mut stdout = BufReader::new(stdout);
        let read = timeout(CONNECT_TIMEOUT, stdout.read_line(&mut line)).await;
        match read.ok().and(local_address(&line)) {
            Some(address) => Ok(Self {
                url: format!("http://{address}"),
                _kubectl: child,
                _stdout: stdout,
            }),
            None => {
                let _ = child.start_kill();
                let mut message = String::new();
                let _ = stderr.read_to_string(&mut message).await;
                Err(anyhow!("no port-forward to {service}: {}", message.trim()))
            }
        }
    }
}

/// Finds the address in `Forwarding from 127.0.0.1:40123 -> 9090`.
fn local_address(line: &str) -> Option<&str> {
    line.strip_prefix("Forwarding from ")?
        .split_whitespace()
        .next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_from_the_output_of_kubectl() {
        assert_eq!(
            local_address("Forwarding from 127.0.0.1:40123 -> 9090\n"),
            Some("127.0.0.1:40123")
        );
        assert_eq!(local_address(""), None);
    }
}
