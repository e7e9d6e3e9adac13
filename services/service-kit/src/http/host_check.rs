//! Rejects requests from pages of other sites.
//!
//! A browser sends the requests of any page to any address that it reaches, loopback included. Two checks reject pages of
//! other sites: a request that changes something must not have the `Origin` of another site, and a service on loopback
//! accepts only loopback names. A page whose name resolves to 127.0.0.1 (DNS rebinding) passes the first check, but fails
//! the second.

use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{Method, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Problem;

/// The names that a service accepts in `Host`.
#[derive(Debug, Clone, Default)]
pub(crate) enum Hosts {
    /// Any name: the service can't know the names that clients use.
    #[default]
    Any,
    /// This machine's loopback names, IP addresses, and these names.
    Local(Arc<[String]>),
}

impl Hosts {
    fn include(&self, host: &Authority) -> bool {
        match self {
            Self::Any => true,
            Self::Local(more) => {
                is_local(host)
                    || more
                        .iter()
                        .any(|name| name.eq_ignore_ascii_case(name_of(host)))
            }
        }
    }
}

/// Rejects requests with a missing, repeated or malformed `Host` (400), with the name of another host (403), and requests
/// from a page of another site that change something (403).
pub(crate) async fn check(State(hosts): State<Hosts>, request: Request, next: Next) -> Response {
    match admit(&hosts, &request) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn admit(hosts: &Hosts, request: &Request) -> Result<(), Problem> {
    let host = host_of(request)?;
    if let Some(host) = &host
        && !hosts.include(host)
    {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            format!(
                "the host {host:?} is not allowed; use localhost or an IP address, or add the name to ALLOWED_HOSTS",
                host = name_of(host)
            ),
        ));
    }
    let reads = [Method::GET, Method::HEAD, Method::OPTIONS];
    if reads.contains(request.method()) {
        return Ok(());
    }
    let mut origins = request.headers().get_all(header::ORIGIN).iter();
    if origins.all(|origin| is_own(origin.as_bytes(), host.as_ref())) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "pages of other sites must not send this request: Origin must have the same host and port as Host; \
         a proxy must forward Host",
    ))
}

/// Returns the host of a request: from its target, otherwise from `Host`. `None` only for HTTP/1.0.
fn host_of(request: &Request) -> Result<Option<Authority>, Problem> {
    let reject = |why: &str| Err(Problem::new(StatusCode::BAD_REQUEST, why));
    let mut named = request.headers().get_all(header::HOST).iter();
    let host = match (named.next(), named.next()) {
        (Some(host), None) => host,
        (None, _) if request.version() < Version::HTTP_11 => return Ok(None),
        (None, _) => return reject("the header Host is missing; send it once"),
        (Some(_), Some(_)) => return reject("the header Host is repeated; send it once"),
    };
    if let Some(target) = request.uri().authority() {
        return Ok(Some(target.clone()));
    }
    match Authority::try_from(host.as_bytes()) {
        Ok(host) if !host.as_str().contains('@') => Ok(Some(host)),
        _ => reject("the header Host is malformed; allowed: NAME or NAME:PORT"),
    }
}

/// Returns whether the request names this machine by a loopback name or an IP address, which no other site can have. A
/// request without a name counts, too, because browsers always send one.
#[must_use]
pub fn is_addressed_locally(request: &Request) -> bool {
    matches!(host_of(request), Ok(host) if host.as_ref().is_none_or(is_local))
}

/// Returns whether the host is a loopback name or an IP address. DNS rebinding needs a name, so an address is safe.
fn is_local(host: &Authority) -> bool {
    let name = name_of(host).to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || name.starts_with('[')
        || name.parse::<Ipv4Addr>().is_ok()
}

/// Returns the name without port and without a trailing dot.
fn name_of(host: &Authority) -> &str {
    let name = host.host();
    name.strip_suffix('.').unwrap_or(name)
}

/// Returns whether an `Origin` is this service. The scheme may differ, because a proxy may terminate TLS.
fn is_own(origin: &[u8], host: Option<&Authority>) -> bool {
    let origin = std::str::from_utf8(origin).ok();
    let Some((scheme, authority)) = origin.and_then(|origin| origin.split_once("://")) else {
        return false;
    };
    let port = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return false,
    };
    let (Ok(origin), Some(host)) = (authority.parse::<Authority>(), host) else {
        return false;
    };
    name_of(&origin).eq_ignore_ascii_case(name_of(host))
        && origin.port_u16().unwrap_or(port) == host.port_u16().unwrap_or(port)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn request(method: Method, headers: &[(&str, &str)]) -> Request {
        let mut request = Request::builder().method(method).uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Body::empty()).unwrap()
    }

    /// Returns the status of a rejection.
    fn rejection(hosts: &Hosts, request: &Request) -> Option<u16> {
        let rejected = admit(hosts, request).err()?;
        Some(rejected.into_response().status().as_u16())
    }

    fn loopback() -> Hosts {
        Hosts::Local(["status.example".to_owned()].into())
    }

    #[test]
    fn a_missing_repeated_or_malformed_host_is_rejected() {
        for hosts in [Hosts::Any, loopback()] {
            let status = |headers: &[_]| rejection(&hosts, &request(Method::GET, headers));
            assert_eq!(status(&[]), Some(400));
            assert_eq!(
                status(&[("host", "localhost"), ("host", "localhost")]),
                Some(400)
            );
            for malformed in ["", "a b", "me@localhost", "localhost:1:2", "[::1", "a/b"] {
                assert_eq!(status(&[("host", malformed)]), Some(400), "{malformed:?}");
            }
            assert_eq!(status(&[("host", "localhost")]), None);
        }
        let mut old = request(Method::GET, &[]);
        *old.version_mut() = Version::HTTP_10;
        assert_eq!(rejection(&loopback(), &old), None);
    }

    #[test]
    fn a_service_on_loopback_rejects_names_of_other_sites() {
        let status = |host| rejection(&loopback(), &request(Method::GET, &[("host", host)]));
        for local in [
            "localhost",
            "LOCALHOST:8080",
            "localhost.",
            "shop.localhost:1",
            "127.0.0.1:8082",
            "127.9.9.9",
            "[::1]:8082",
            "192.168.1.5",
            "status.example",
            "Status.Example.:443",
        ] {
            assert_eq!(status(local), None, "{local}");
        }
        for foreign in [
            "evil.example",
            "localhost.evil.example",
            "evil-localhost",
            "127.0.0.1.evil.example",
            "status.example.evil",
        ] {
            assert_eq!(status(foreign), Some(403), "{foreign}");
        }
        let anywhere = request(Method::GET, &[("host", "evil.example")]);
        assert_eq!(rejection(&Hosts::Any, &anywhere), None);
    }

    #[test]
    fn the_host_of_an_absolute_target_is_checked() {
        let mut absolute = request(Method::GET, &[("host", "localhost")]);
        *absolute.uri_mut() = "http://evil.example/".parse().unwrap();
        assert_eq!(rejection(&loopback(), &absolute), Some(403));
        assert!(!is_addressed_locally(&absolute));
    }

    #[test]
    fn a_page_of_another_site_can_only_read() {
        let status = |method: Method, host, origin| {
            let headers = [("host", host), ("origin", origin)];
            rejection(&Hosts::Any, &request(method, &headers))
        };
        for (host, own) in [
            ("127.0.0.1:8082", "http://127.0.0.1:8082"),
            ("status.example", "https://status.example"),
            ("Status.example:443", "https://status.example"),
            ("[::1]:8082", "http://[::1]:8082"),
        ] {
            assert_eq!(status(Method::POST, host, own), None, "{own}");
        }
        for foreign in [
            "http://evil.example",
            "http://127.0.0.1:8083",
            "http://localhost:8082",
            "https://127.0.0.1",
            "null",
            "",
            "file://",
            "chrome-extension://127.0.0.1:8082",
        ] {
            for method in [Method::POST, Method::PUT, Method::DELETE] {
                assert_eq!(
                    status(method, "127.0.0.1:8082", foreign),
                    Some(403),
                    "{foreign}"
                );
            }
            for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
                assert_eq!(status(method, "127.0.0.1:8082", foreign), None, "{foreign}");
            }
        }
    }
}
