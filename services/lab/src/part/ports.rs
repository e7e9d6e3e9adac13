//! The ports of the parts, all on loopback.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use anyhow::bail;

use crate::part::Part;

/// The number of consecutive ports that `--port-base` uses: one for each part, and the demo target's TLS listener.
const COUNT: u16 = Part::ALL.len() as u16 + 1;

/// The highest `--port-base`: its last port is 65535.
pub const HIGHEST_BASE: u16 = u16::MAX - COUNT + 1;

/// The port of each part.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ports {
    /// The first of consecutive ports; `None` for the well-known ports.
    base: Option<u16>,
}

impl Ports {
    /// Returns the well-known ports, or consecutive ports from `base` (at most [`HIGHEST_BASE`]).
    #[must_use]
    pub const fn new(base: Option<u16>) -> Self {
        Self { base }
    }

    /// Returns the port of `part`.
    #[must_use]
    pub const fn of(self, part: Part) -> u16 {
        match self.base {
            Some(base) => base.saturating_add(part as u16),
            None => match part {
                Part::PingAgent => 18080,
                Part::ApiGateway => 8080,
                Part::DashboardUi => 8081,
                Part::AlertLogger => 8082,
                Part::DemoTarget => 8083,
                Part::Prometheus => 9090,
                Part::Alertmanager => 9093,
                Part::Grafana => 3000,
            },
        }
    }

    /// Returns the port of the demo target's TLS listener.
    #[must_use]
    pub const fn demo_tls(self) -> u16 {
        match self.base {
            Some(base) => base.saturating_add(COUNT - 1),
            None => 8443,
        }
    }

    /// Returns `127.0.0.1:PORT` of `part`.
    #[must_use]
    pub fn address(self, part: Part) -> SocketAddr {
        loopback(self.of(part))
    }

    /// Returns `127.0.0.1:PORT` of the demo target's TLS listener.
    #[must_use]
    pub fn demo_tls_address(self) -> SocketAddr {
        loopback(self.demo_tls())
    }

    /// Returns `http://127.0.0.1:PORT` of `part`.
    #[must_use]
    pub fn url(self, part: Part) -> String {
        format!("http://{}", self.address(part))
    }

    /// Checks that the ports of `parts` are available.
    ///
    /// # Errors
    /// A port is not available. The message lists each such port with its part, and what to do.
    pub fn check_free(self, parts: &[Part]) -> anyhow::Result<()> {
        let mut wanted: Vec<(String, u16)> = parts
            .iter()
            .map(|&part| (part.to_string(), self.of(part)))
            .collect();
        if parts.contains(&Part::DemoTarget) {
            wanted.push(("demo-target's TLS listener".to_owned(), self.demo_tls()));
        }
        let unavailable: Vec<String> = wanted
            .into_iter()
            .filter_map(|(name, port)| {
                TcpListener::bind(loopback(port))
                    .err()
                    .map(|error| (name, port, error))
            })
            .map(|(name, port, error)| format!("  {port} for {name}: {}", reason(&error)))
            .collect();
        if unavailable.is_empty() {
            return Ok(());
        }
        bail!(
            "ports not available on 127.0.0.1:\n{}\nStop the program that uses them, or use other ports: ./lab up --port-base 20000",
            unavailable.join("\n")
        )
    }
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => "already in use".to_owned(),
        io::ErrorKind::PermissionDenied => "only root may listen on it".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_gives_consecutive_ports_in_the_order_of_the_parts() {
        let ports = Ports::new(Some(20_000));
        let used: Vec<u16> = Part::ALL.iter().map(|&part| ports.of(part)).collect();
        assert_eq!(used, (20_000..20_008).collect::<Vec<u16>>());
        assert_eq!(ports.demo_tls(), 20_008);
        assert_eq!(Ports::new(Some(HIGHEST_BASE)).demo_tls(), u16::MAX);
    }

    #[test]
    fn a_port_in_use_is_named_with_its_part_and_the_option_to_change_it() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let ports = Ports::new(Some(port - Part::Prometheus as u16));
        let message = ports
            .check_free(&[Part::Prometheus])
            .unwrap_err()
            .to_string();
        assert!(
            message.contains(&format!("{port} for prometheus: already in use")),
            "{message}"
        );
        assert!(message.contains("--port-base"), "{message}");
    }
}
