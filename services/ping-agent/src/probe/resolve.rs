//! Resolves the host of a URL to its addresses.
//!
//! Look-ups use the system's resolver (`getaddrinfo` on a thread of the blocking pool). So `/etc/hosts`, NSS modules, search
//! domains and a cluster's DNS work as in every other program of the machine. Nothing is cached between probes, so the
//! `dns` phase is a real look-up each time.
//!
//! A look-up can't be cancelled: if a name server does not answer, it goes on for long after its probe has timed out. So a
//! name has at most one look-up at a time, names whose last look-up was slow share half of the threads, and names in the
//! hosts file have threads of their own.

mod lookups;

use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Instant;

use service_kit::Limits;
use url::{Host, Url};

use super::Trace;
use super::failure::{ProbeError, Reason};
use super::hosts::HostsFile;
use super::phases::Phase;
use lookups::Lookups;
pub(crate) use lookups::{MAX_HOSTS_LOOKUPS, MAX_LOOKUPS};

/// Resolves hosts to addresses. Clones share their look-ups.
#[derive(Debug, Clone)]
pub(crate) struct Resolver {
    lookups: Lookups,
}

impl Resolver {
    /// Creates a resolver that uses the system's.
    pub(crate) fn system(limits: &Limits) -> Self {
        let lookup = |name: &str| Ok((name, 0).to_socket_addrs()?.collect());
        let hosts = HostsFile::new("/etc/hosts");
        Self {
            lookups: Lookups::new(lookup, hosts, MAX_LOOKUPS, limits),
        }
    }

    /// Returns the addresses of the URL's host with its port, in the order in which to try them; at least one. An IP address
    /// needs no look-up.
    pub(crate) async fn resolve(
        &self,
        url: &Url,
        trace: &mut Trace,
    ) -> Result<Vec<SocketAddr>, ProbeError> {
        let no_host = || ProbeError::failed(Reason::Dns, "the URL has no host");
        let port = url.port_or_known_default().ok_or_else(no_host)?;
        let name = match url.host().ok_or_else(no_host)? {
            Host::Ipv4(address) => return Ok(vec![(address, port).into()]),
            Host::Ipv6(address) => return Ok(vec![(address, port).into()]),
            Host::Domain(name) => name,
        };
        let running = self.lookups.begin(name, &mut trace.agent_wait).await?;
        let started = Instant::now();
        let found = running.result().await;
        let mut found = found
            .as_deref()
            .map_err(|error| ProbeError::io(Reason::Dns, format_args!("look-up of {name}"), error))?
            .to_vec();
        trace.phases.add(Phase::Dns, started.elapsed());
        if found.is_empty() {
            return Err(ProbeError::failed(
                Reason::Dns,
                format_args!("{name} has no address"),
            ));
        }
        found.iter_mut().for_each(|address| address.set_port(port));
        Ok(alternate_families(found))
    }
}

/// Alternates IPv6 and IPv4, beginning with the family of the first address (RFC 8305, section 4): a family without a route
/// then costs one attempt before the other is tried.
fn alternate_families(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (preferred, other): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == first_is_v6);
    let mut other = other.into_iter();
    let mut alternating: Vec<_> = Vec::with_capacity(preferred.len() + other.len());
    for address in preferred {
        alternating.push(address);
        alternating.extend(other.next());
    }
    alternating.extend(other);
    alternating
}

#[cfg(test)]
mod tests {
    use prometheus::Registry;

    use super::*;

    async fn resolve(url: &str) -> (Vec<SocketAddr>, Trace) {
        let limits = Limits::register(&Registry::new()).unwrap();
        let mut trace = Trace::default();
        let found = Resolver::system(&limits)
            .resolve(&Url::parse(url).unwrap(), &mut trace)
            .await;
        (found.unwrap(), trace)
    }

    #[tokio::test]
    async fn an_ip_address_needs_no_look_up() {
        for (url, address) in [
            ("http://127.0.0.1:81/", "127.0.0.1:81"),
            ("https://[::1]/", "[::1]:443"),
        ] {
            let (addresses, trace) = resolve(url).await;
            assert_eq!(addresses, [address.parse().unwrap()]);
            assert_eq!(trace.phases.get(Phase::Dns), None);
        }
    }

    #[tokio::test]
    async fn a_name_in_the_hosts_file_is_resolved() {
        let (addresses, trace) = resolve("http://localhost:81/").await;
        assert!(
            addresses
                .iter()
                .all(|address| address.ip().is_loopback() && address.port() == 81)
        );
        assert!(trace.phases.get(Phase::Dns).is_some());
    }

    #[test]
    fn the_families_alternate() {
        let order = |addresses: &[&str]| {
            let parsed = addresses
                .iter()
                .map(|address| address.parse().unwrap())
                .collect();
            alternate_families(parsed)
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
