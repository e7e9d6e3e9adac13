//! How far inside a network an address is, and which of them a redirect may lead to.

use std::fmt::{self, Display, Formatter};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use targets::{Redirects, Target};
use url::Url;

use super::failure::{ProbeError, Reason};

/// From where an address can be reached. Each is further inside than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// From anywhere.
    Public,
    /// From a private network.
    Private,
    /// From this machine or its link only; also addresses that belong to no single machine.
    Local,
}

impl Scope {
    /// The scope of an address. An IPv6 address that stands for an IPv4 address has that one's.
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
            // Between a provider and its customers, protocol assignments, benchmarks.
            [100, 64..=127, ..] | [192, 0, 0, _] | [198, 18 | 19, ..] => Self::Private,
            _ => Self::Public,
        }
    }

    /// Source: IANA's registry of special-purpose IPv6 addresses.
    fn of_v6(address: Ipv6Addr) -> Self {
        match address.segments() {
            // Unspecified, loopback, and the rest of ::/16 but for what `embedded_v4` reads; link-local; multicast.
            [0, ..] | [0xfe80..=0xfebf, ..] | [0xff00..=0xffff, ..] => Self::Local,
            // Unique local, the old site-local, and NAT64 inside a network.
            [0xfc00..=0xfdff | 0xfec0..=0xfeff, ..] | [0x64, 0xff9b, 1, ..] => Self::Private,
            _ => Self::Public,
        }
    }
}

/// The IPv4 address to which a connection to this one goes: mapped (`::ffff:0:0/96`), NAT64 (`64:ff9b::/96`), 6to4
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

/// A redirect that is about to be followed: where from and under which rule.
pub(crate) struct RedirectPolicy<'a> {
    /// The target whose probe it is.
    pub(crate) target: &'a Target,
    /// The address of the target itself, to which the probe connected first.
    pub(crate) own: IpAddr,
}

impl RedirectPolicy<'_> {
    /// Checks the URL, before anything is looked up.
    pub(crate) fn check_url(&self, to: &Url) -> Result<(), ProbeError> {
        let is_allowed = self.target.redirects != Redirects::SameOrigin
            || to.origin() == self.target.url.origin();
        if is_allowed {
            return Ok(());
        }
        Err(self.refusal(to, "is not of the target's own scheme, host and port"))
    }

    /// Keeps the addresses of the URL's host to which the probe may connect. There is no look-up after this one, so a name
    /// server can't answer the check with one address and the probe with another.
    pub(crate) fn allowed(
        &self,
        to: &Url,
        addresses: Vec<SocketAddr>,
    ) -> Result<Vec<SocketAddr>, ProbeError> {
        if self.target.redirects == Redirects::Any {
            return Ok(addresses);
        }
        let own = Scope::of(self.own);
        let (allowed, refused): (Vec<_>, Vec<_>) = addresses
            .into_iter()
            .partition(|address| Scope::of(address.ip()) <= own);
        match refused.first() {
            Some(refused) if allowed.is_empty() => {
                let address = refused.ip();
                let scope = Scope::of(address);
                let own = format_args!("the target's own {} is {own}", self.own);
                Err(self.refusal(to, format_args!("is at {address}, which is {scope}; {own}")))
            }
            _ => Ok(allowed),
        }
    }

    fn refusal(&self, to: &Url, why: impl Display) -> ProbeError {
        ProbeError::failed(
            Reason::Redirect,
            format_args!(
                "{to} {why}; redirects = \"{}\" does not lead there; allowed in targets.toml: {}",
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
    fn every_address_inside_is_known_as_such_in_every_spelling() {
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
        fn a_mapped_address_has_the_scope_of_the_address_that_it_stands_for(bits: u32) {
            let address = Ipv4Addr::from_bits(bits);
            prop_assert_eq!(Scope::of(address.to_ipv6_mapped().into()), Scope::of(address.into()));
        }
    }

    /// The addresses of these to which a probe of this target would connect after a redirect, or its failure.
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
    fn a_redirect_leads_no_further_inside_than_the_target_itself() {
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
    fn a_name_with_addresses_inside_and_outside_is_reached_outside_only() {
        let result = allowed("", "1.1.1.1", &["127.0.0.1", "8.8.8.8", "::1", "10.0.0.1"]);
        assert_eq!(result, Ok(vec!["8.8.8.8".to_owned()]));
    }

    #[test]
    fn the_refusal_names_the_address_the_setting_and_its_values() {
        let refusal = allowed("", "1.1.1.1", &["169.254.169.254"]).unwrap_err();
        assert_eq!(
            refusal,
            "http://me:xxxxx@to.example/ is at 169.254.169.254, which is loopback, link-local or reserved; the target's \
             own 1.1.1.1 is public; redirects = \"public\" does not lead there; allowed in targets.toml: \
             \"same-origin\", \"public\" or \"any\""
        );
    }
}
