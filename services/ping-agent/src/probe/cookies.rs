//! The cookies of one probe: redirects set them, and the following requests send them. The next probe starts without
//! cookies.
//!
//! Matching follows browsers (RFC 6265bis): by host, path and scheme, not by port. There is no list of public suffixes;
//! only a domain of a single label is rejected. `SameSite` and `HttpOnly` have no effect: every request is a navigation, and
//! there are no scripts.

mod date;

use http::HeaderValue;
use url::{Host, Url};

/// The maximum number of cookies of a probe; beyond it the oldest is dropped. RFC 6265bis requires the same number for each
/// domain.
pub(crate) const MAX_COOKIES: usize = 50;

/// The maximum size of name and value in bytes. Like browsers, a probe ignores a larger cookie.
const MAX_COOKIE_BYTES: usize = 4096;

/// The maximum size of a path in bytes. Like browsers, a probe ignores a longer one.
const MAX_PATH_BYTES: usize = 1024;

/// The cookies that a probe has received.
#[derive(Debug, Default)]
pub(crate) struct Cookies(Vec<Cookie>);

#[derive(Debug, PartialEq, Eq)]
struct Cookie {
    name: Vec<u8>,
    value: Vec<u8>,
    domain: String,
    /// Whether the cookie is withheld from subdomains.
    host_only: bool,
    path: Vec<u8>,
    secure: bool,
}

impl Cookies {
    /// Stores or deletes a cookie by a `Set-Cookie` header of a response from this URL.
    pub(crate) fn store(&mut self, url: &Url, header: &[u8]) {
        let Some((cookie, is_expired)) = parse(url, header) else {
            return;
        };
        let same = |other: &Cookie| {
            (&other.name, &other.domain, other.host_only, &other.path)
                == (&cookie.name, &cookie.domain, cookie.host_only, &cookie.path)
        };
        match self.0.iter().position(same) {
            Some(at) if is_expired => {
                self.0.remove(at);
            }
            Some(at) => {
                if let Some(stored) = self.0.get_mut(at) {
                    *stored = cookie;
                }
            }
            None if is_expired => {}
            None => {
                if self.0.len() == MAX_COOKIES {
                    self.0.remove(0);
                }
                self.0.push(cookie);
            }
        }
    }

    /// Returns the `Cookie` header for a request to this URL; `None` without cookies.
    pub(crate) fn header_for(&self, url: &Url) -> Option<HeaderValue> {
        let mut matching: Vec<_> = self.0.iter().filter(|cookie| cookie.matches(url)).collect();
        // The sort is stable: among paths of equal length the older cookie comes first.
        matching.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<Vec<u8>> = matching.into_iter().map(Cookie::pair).collect();
        if pairs.is_empty() {
            return None;
        }
        let mut header = HeaderValue::from_bytes(&pairs.join(&b"; "[..])).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}

impl Cookie {
    fn matches(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        (host == self.domain || (!self.host_only && is_subdomain(host, &self.domain)))
            && path_matches(url.path().as_bytes(), &self.path)
            && (!self.secure || is_secure(url))
    }

    fn pair(&self) -> Vec<u8> {
        if self.name.is_empty() {
            self.value.clone()
        } else {
            [&*self.name, b"=", &*self.value].concat()
        }
    }
}

/// Parses a `Set-Cookie` header. Returns the cookie and whether it has expired; `None` for a header that browsers ignore.
fn parse(url: &Url, header: &[u8]) -> Option<(Cookie, bool)> {
    let host = url.host_str()?;
    let mut parts = header.split(|&byte| byte == b';');
    let (name, value) = name_and_value(parts.next()?);
    let is_control = |byte: &u8| byte.is_ascii_control();
    if (name.is_empty() && value.is_empty())
        || name.len() + value.len() > MAX_COOKIE_BYTES
        || name.iter().chain(value).any(is_control)
    {
        return None;
    }
    let mut cookie = Cookie {
        name: name.to_vec(),
        value: value.to_vec(),
        domain: host.to_owned(),
        host_only: true,
        path: default_path(url),
        secure: false,
    };
    let (mut max_age, mut expires) = (None, None);
    for part in parts {
        let (attribute, value) = attribute(part);
        match attribute.to_ascii_lowercase().as_slice() {
            b"domain" if !value.is_empty() => {
                (cookie.domain, cookie.host_only) = domain(url, value)?
            }
            b"path" if value.len() <= MAX_PATH_BYTES => {
                cookie.path = if value.starts_with(b"/") {
                    value.to_vec()
                } else {
                    default_path(url)
                }
            }
            b"secure" => cookie.secure = true,
            b"max-age" => max_age = has_elapsed(value).or(max_age),
            b"expires" => expires = date::is_past(value).or(expires),
            _ => {}
        }
    }
    if (cookie.secure && !is_secure(url)) || !matches_name_prefix(&cookie) {
        return None;
    }
    Some((cookie, max_age.or(expires).unwrap_or(false)))
}

/// Splits `name=value`. Without `=` the name is empty.
fn name_and_value(pair: &[u8]) -> (&[u8], &[u8]) {
    split_at_equals(pair).unwrap_or((b"", pair.trim_ascii()))
}

/// Splits `attribute=value`. Without `=` the value is empty.
fn attribute(part: &[u8]) -> (&[u8], &[u8]) {
    split_at_equals(part).unwrap_or((part.trim_ascii(), b""))
}

fn split_at_equals(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (before, after) = text.split_at_checked(memchr::memchr(b'=', text)?)?;
    Some((before.trim_ascii(), after.get(1..)?.trim_ascii()))
}

/// Parses a `Domain` attribute. Returns the domain and whether the cookie is for that host only; `None` if the URL may not
/// set a cookie for the domain.
fn domain(url: &Url, value: &[u8]) -> Option<(String, bool)> {
    let host = url.host_str()?;
    let value = value.strip_prefix(b".").unwrap_or(value);
    let domain = std::str::from_utf8(value).ok()?.to_ascii_lowercase();
    let is_name = matches!(url.host(), Some(Host::Domain(_)));
    if domain == host {
        // An address has no subdomains, and those of a single label have other owners.
        let host_only = !is_name || !domain.contains('.');
        return Some((domain, host_only));
    }
    (is_name && domain.contains('.') && is_subdomain(host, &domain)).then_some((domain, false))
}

/// Returns whether the host is a subdomain, as `a.example.org` is of `example.org`.
fn is_subdomain(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain)
        .is_some_and(|below| below.ends_with('.'))
}

/// Returns the path of the URL without its last segment.
fn default_path(url: &Url) -> Vec<u8> {
    match url.path().rfind('/') {
        Some(last) if last > 0 => url.path().as_bytes().get(..last).unwrap_or(b"/").to_vec(),
        _ => b"/".to_vec(),
    }
}

fn path_matches(path: &[u8], cookie_path: &[u8]) -> bool {
    path.strip_prefix(cookie_path).is_some_and(|rest| {
        rest.is_empty() || rest.starts_with(b"/") || cookie_path.ends_with(b"/")
    })
}

/// Returns whether a `Max-Age` is zero or negative. `None` if it is not a number.
fn has_elapsed(value: &[u8]) -> Option<bool> {
    let (is_negative, digits) = match value.strip_prefix(b"-") {
        Some(digits) => (true, digits),
        None => (false, value),
    };
    (!digits.is_empty() && digits.iter().all(u8::is_ascii_digit))
        .then(|| is_negative || digits.iter().all(|&digit| digit == b'0'))
}

/// Returns whether browsers trust the connection: https, or to this machine.
fn is_secure(url: &Url) -> bool {
    url.scheme() == "https"
        || match url.host() {
            Some(Host::Domain(name)) => name == "localhost" || is_subdomain(name, "localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
}

/// Returns whether the cookie has the attributes that a `__Secure-` or `__Host-` name requires.
fn matches_name_prefix(cookie: &Cookie) -> bool {
    let starts_with = |prefix: &[u8]| {
        let start = cookie.name.get(..prefix.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    if starts_with(b"__Host-") {
        cookie.secure && cookie.host_only && cookie.path == b"/"
    } else {
        !starts_with(b"__Secure-") || cookie.secure
    }
}

#[cfg(test)]
mod tests;
