//! Classifies addresses by the network from which they can be reached, and checks redirects against that scope.

use std::fmt::{self, Display, Formatter};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use targets::{Redirects, Target};
use url::Url;

use super::failure::{ProbeError, Reason};

/// The network from which an address can be reached, in ascending order of restriction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// From anywhere.
    Public,
    /// From a private network.
    Private,
    /// From this machine or its link only. Includes multicast and reserved addresses.
    Local,
}

impl Scope {
    /// Returns the scope of an address. An IPv6 address that embeds an IPv4 address has the scope of that address.
    pub(crate) fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::of_v4(address),
            IpAddr::V6(address) => match embedded_v4(address) {
                Some(embedded) => Self::of_v4(embedded),
                None => Self::of_v6(address),
            },
        }
    }

    /// Source: IANA's registry of special-purpose IPv4 addresses.
    fn of_v4(address: Ipv4Addr) -> Self {
        match address.octets() {
            [0 | 127 | 224..=255, ..] | [169, 254, ..] => Self::Local,
            [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Self::Private,
            // Shared space of carrier-grade NAT, protocol assignments, benchmarks.
            [100, 64..=127, ..] | [192, 0, 0, _] | [198, 18 | 19, ..] => Self::Private,
            _ => Self::Public,
        }
    }

    /// Source: IANA's registry of special-purpose IPv6 addresses.
    fn of_v6(address: Ipv6Addr) -> Self {
        match address.segments() {
            // Unspecified, loopback and the rest of ::/16, apart from mapped addresses; link-local; multicast.
            [0, ..] | [0xfe80..=0xfebf, ..] | [0xff00..=0xffff, ..] => Self::Local,
            // Unique local, deprecated site-local, and local-use NAT64.
            [0xfc00..=0xfdff | 0xfec0..=0xfeff, ..] | [0x64, 0xff9b, 1, ..] => Self::Private,
            _ => Self::Public,
        }
    }
}

/// Returns the embedded IPv4 address to which a connection leads: mapped (`::ffff:0:0/96`), NAT64 (`64:ff9b::/96`), 6to4
/// (`2002::/16`).
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d] = match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => (u32::from(high) << 16 | u32::from(low)).to_be_bytes(),
        _ => return None,
    };
    Some(Ipv4Addr::new(a, b, c, d))
}

impl Display for Scope {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Local => "loopback, link-local or reserved",
        })
    }
}

/// Decides whether the probe of a target may follow a redirect.
pub(crate) struct RedirectPolicy<'a> {
    /// The target that is probed.
    pub(crate) target: &'a Target,
    /// The address of the target itself, from the first connection of the probe.
    pub(crate) own: IpAddr,
}

impl RedirectPolicy<'_> {
    /// Checks the URL, before its host is looked up.
    pub(crate) fn check_url(&self, to: &Url) -> Result<(), ProbeError> {
        let is_allowed = self.target.redirects != Redirects::SameOrigin
            || to.origin() == self.target.url.origin();
        if is_allowed {
            return Ok(());
        }
        Err(self.rejection(to, "differs from the target's URL in scheme, host or port"))
    }

    /// Returns the addresses of the URL's host to which the probe may connect. The probe connects to these without another
    /// look-up, so a name server can't return one address for the check and another for the connection.
    pub(crate) fn allowed(
        &self,
        to: &Url,
        addresses: Vec<SocketAddr>,
    ) -> Result<Vec<SocketAddr>, ProbeError> {
        if self.target.redirects == Redirects::Any {
            return Ok(addresses);
        }
        let own = Scope::of(self.own);
        let (allowed, rejected): (Vec<_>, Vec<_>) = addresses
            .into_iter()
            .partition(|address| Scope::of(address.ip()) <= own);
        match rejected.first() {
            Some(rejected) if allowed.is_empty() => {
                let address = rejected.ip();
                let scope = Scope::of(address);
                let own = format_args!("the target's own address {} is {own}", self.own);
                Err(self.rejection(to, format_args!("is at {address}, which is {scope}; {own}")))
            }
            _ => Ok(allowed),
        }
    }

    fn rejection(&self, to: &Url, why: impl Display) -> ProbeError {
        ProbeError::failed(
            Reason::Redirect,
            format_args!(
                "redirect to {to} rejected by redirects = \"{}\": it {why}; allowed values in targets.toml: {}",
                self.target.redirects.as_str(),
                Redirects::ALLOWED
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use targets::{Defaults, TargetSet};

    use super::*;

    fn scope(address: &str) -> Scope {
        Scope::of(address.parse().unwrap())
    }

    #[test]
    fn every_notation_of_an_address_has_its_scope() {
        for address in [
            "127.0.0.1",
            "127.255.255.254",
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::127.0.0.1",
            "2002:7f00:1::",
            "fe80::1",
            "ff02::1",
        ] {
            assert_eq!(scope(address), Scope::Local, "{address}");
        }
        for address in [
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "100.127.255.255",
            "192.0.0.8",
            "198.18.0.1",
            "198.19.255.255",
            "::ffff:10.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "2002:a00:1::",
            "fc00::1",
            "fd12:3456::1",
            "fec0::1",
        ] {
            assert_eq!(scope(address), Scope::Private, "{address}");
        }
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "::ffff:1.1.1.1",
            "64:ff9b::1.1.1.1",
            "2606:4700::1111",
            "fbff::1",
        ] {
            assert_eq!(scope(address), Scope::Public, "{address}");
        }
    }

    proptest! {
        #[test]
        fn a_mapped_address_has_the_scope_of_its_ipv4_address(bits: u32) {
            let address = Ipv4Addr::from_bits(bits);
            prop_assert_eq!(Scope::of(address.to_ipv6_mapped().into()), Scope::of(address.into()));
        }
    }

    /// Returns the addresses to which a probe of this target may connect after a redirect, or the detail of its failure.
    fn allowed(redirects: &str, own: &str, addresses: &[&str]) -> Result<Vec<String>, String> {
        let toml = format!("[[target]]\nurl = 'http://shop.example/'\n{redirects}");
        let set = TargetSet::parse_toml(&toml, &Defaults::default()).unwrap();
        let policy = RedirectPolicy {
            target: set.iter().next().unwrap(),
            own: own.parse().unwrap(),
        };
        let to = Url::parse("http://me:hunter2@to.example/").unwrap();
        let addresses = addresses
            .iter()
            .map(|address| SocketAddr::new(address.parse().unwrap(), 80))
            .collect();
        match policy.allowed(&to, addresses) {
            Ok(allowed) => Ok(allowed.iter().map(|to| to.ip().to_string()).collect()),
            Err(ProbeError::Failed {
                reason: Reason::Redirect,
                detail,
            }) => Err(detail),
            Err(error) => panic!("{error:?}"),
        }
    }

    #[test]
    fn a_redirect_never_leads_to_a_more_restricted_scope_than_the_target() {
        const PUBLIC: &str = "93.184.215.14";
        const PRIVATE: &str = "10.0.0.7";
        const LOOPBACK: &str = "127.0.0.1";
        for (own, to, expected) in [
            (PUBLIC, PUBLIC, true),
            (PUBLIC, PRIVATE, false),
            (PUBLIC, LOOPBACK, false),
            (PRIVATE, PUBLIC, true),
            (PRIVATE, PRIVATE, true),
            (PRIVATE, LOOPBACK, false),
            (PRIVATE, "169.254.169.254", false),
            (LOOPBACK, PUBLIC, true),
            (LOOPBACK, PRIVATE, true),
            (LOOPBACK, LOOPBACK, true),
        ] {
            for redirects in ["", "redirects = 'public'"] {
                let result = allowed(redirects, own, &[to]);
                assert_eq!(result.is_ok(), expected, "{own} to {to}: {result:?}");
            }
            assert!(allowed("redirects = 'any'", own, &[to]).is_ok());
        }
    }

    #[test]
    fn only_the_allowed_addresses_of_a_name_are_used() {
        let result = allowed("", "1.1.1.1", &["127.0.0.1", "8.8.8.8", "::1", "10.0.0.1"]);
        assert_eq!(result, Ok(vec!["8.8.8.8".to_owned()]));
    }

    #[test]
    fn the_rejection_names_the_address_the_setting_and_its_values() {
        let rejection = allowed("", "1.1.1.1", &["169.254.169.254"]).unwrap_err();
        assert_eq!(
            rejection,
            "redirect to http://me:xxxxx@to.example/ rejected by redirects = \"public\": it is at 169.254.169.254, which is \
             loopback, link-local or reserved; the target's own address 1.1.1.1 is public; allowed values in targets.toml: \
             \"same-origin\", \"public\" or \"any\""
        );
    }
}
