//! From a URL to the addresses of its host.
//!
//! The system's resolver (`getaddrinfo` on a thread of the blocking pool) answers: `/etc/hosts`, NSS modules, search
//! domains and a cluster's DNS count for a probe exactly as for every other program of the machine, and nothing is
//! remembered from one probe to the next, so that the `dns` phase is a real look-up each time.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use url::{Host, Url};

use super::failure::{ProbeError, Reason};
use super::phases::{Phase, Phases};

/// Look-ups at a time, each with a thread of its own; tokio's blocking pool has as many.
pub(crate) const MAX_LOOKUPS: usize = 512;

/// Finds the addresses of hosts.
///
/// A look-up can't be cut short: where a name server does not answer, it goes on for long after its probe has run into
/// the timeout. A permit goes with it to its end, so that the look-ups behind it wait in their probes, which do end, and
/// not in a queue that grows for as long as the name server is away.
#[derive(Debug, Clone)]
pub(crate) struct Resolver {
    permits: Arc<Semaphore>,
}

impl Resolver {
    pub(crate) fn new() -> Self {
        Self {
            permits: Arc::new(Semaphore::new(MAX_LOOKUPS)),
        }
    }

    /// The addresses of the URL's host with its port, in the order in which to try them; at least one. An IP address is
    /// taken as it is, without a look-up.
    pub(crate) async fn resolve(
        &self,
        url: &Url,
        phases: &mut Phases,
    ) -> Result<Vec<SocketAddr>, ProbeError> {
        let no_host = || ProbeError::failed(Reason::Dns, "the URL names no host");
        let port = url.port_or_known_default().ok_or_else(no_host)?;
        let name = match url.host().ok_or_else(no_host)? {
            Host::Ipv4(address) => return Ok(vec![(address, port).into()]),
            Host::Ipv6(address) => return Ok(vec![(address, port).into()]),
            Host::Domain(name) => name,
        };
        let started = Instant::now();
        let found = self.look_up(name.to_owned(), port).await.map_err(|error| {
            ProbeError::io(Reason::Dns, format_args!("look-up of {name}"), &error)
        })?;
        phases.add(Phase::Dns, started.elapsed());
        if found.is_empty() {
            return Err(ProbeError::failed(
                Reason::Dns,
                format_args!("{name} has no address"),
            ));
        }
        Ok(families_in_turn(found))
    }

    async fn look_up(&self, name: String, port: u16) -> io::Result<Vec<SocketAddr>> {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(io::Error::other)?;
        let look_up = spawn_blocking(move || {
            let found = (name.as_str(), port).to_socket_addrs();
            drop(permit);
            found
        });
        Ok(look_up.await.map_err(io::Error::other)??.collect())
    }
}

/// IPv6 and IPv4 in turn, the family of the first address first (RFC 8305, section 4): a family without a route costs one
/// attempt, not one for each of its addresses.
fn families_in_turn(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (preferred, other): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == first_is_v6);
    let mut other = other.into_iter();
    let mut in_turn: Vec<_> = Vec::with_capacity(preferred.len() + other.len());
    for address in preferred {
        in_turn.push(address);
        in_turn.extend(other.next());
    }
    in_turn.extend(other);
    in_turn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_ip_address_needs_no_look_up() {
        for (url, address) in [
            ("http://127.0.0.1:81/", "127.0.0.1:81"),
            ("https://[::1]/", "[::1]:443"),
        ] {
            let mut phases = Phases::default();
            let addresses = Resolver::new()
                .resolve(&Url::parse(url).unwrap(), &mut phases)
                .await
                .unwrap();
            assert_eq!(addresses, [address.parse().unwrap()]);
            assert_eq!(phases, Phases::default());
        }
    }

    #[tokio::test]
    async fn a_name_is_looked_up_in_the_hosts_file_too() {
        let mut phases = Phases::default();
        let url = Url::parse("http://localhost:81/").unwrap();
        let addresses = Resolver::new().resolve(&url, &mut phases).await.unwrap();
        assert!(
            addresses
                .iter()
                .all(|address| address.ip().is_loopback() && address.port() == 81)
        );
        assert!(phases.get(Phase::Dns).is_some());
    }

    #[test]
    fn the_families_take_turns() {
        let order = |addresses: &[&str]| {
            let parsed = addresses
                .iter()
                .map(|address| address.parse().unwrap())
                .collect();
            families_in_turn(parsed)
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            order(&["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "1.1.1.2:1"]),
            ["[::1]:1", "1.1.1.1:1", "[::2]:1", "1.1.1.2:1", "[::3]:1"]
        );
        assert_eq!(
            order(&["1.1.1.1:1", "[::1]:1", "[::2]:1"]),
            ["1.1.1.1:1", "[::1]:1", "[::2]:1"]
        );
        assert!(order(&[]).is_empty());
    }
}
