//! Which requests are meant for this service.
//!
//! A browser sends requests of any page to any address that it reaches, loopback included. Two checks keep the pages of
//! other sites out: a request that changes something must not carry the `Origin` of another site, and a service on
//! loopback is known by loopback names only. A page whose own name was made to resolve to 127.0.0.1 (DNS rebinding)
//! passes the first check, and fails the second.

use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{Method, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Problem;

/// The names that a service answers to.
#[derive(Debug, Clone, Default)]
pub(crate) enum Hosts {
    /// Any name: nobody can know by which names others reach it.
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

/// Refuses requests with a missing, repeated or malformed `Host` (400), one that names another host (403), and
/// requests of another site's page that change something (403).
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
                "this service is not known as {host:?}; ask for localhost or an IP address, or add the name to ALLOWED_HOSTS",
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
        "pages of other sites may not send this request: Origin has to name the same host and port as Host; \
         a proxy in front has to pass Host on",
    ))
}

/// The host that a request names: in its target, else in `Host`. `None` only for HTTP/1.0.
fn host_of(request: &Request) -> Result<Option<Authority>, Problem> {
    let refuse = |why: &str| Err(Problem::new(StatusCode::BAD_REQUEST, why));
    let mut named = request.headers().get_all(header::HOST).iter();
    let host = match (named.next(), named.next()) {
        (Some(host), None) => host,
        (None, _) if request.version() < Version::HTTP_11 => return Ok(None),
        (None, _) => return refuse("the header Host is missing"),
        (Some(_), Some(_)) => return refuse("the header Host is there more than once"),
    };
    if let Some(target) = request.uri().authority() {
        return Ok(Some(target.clone()));
    }
    match Authority::try_from(host.as_bytes()) {
        Ok(host) if !host.as_str().contains('@') => Ok(Some(host)),
        _ => refuse("the header Host is not of the form NAME or NAME:PORT"),
    }
}

/// Returns whether the request was addressed to this machine by a name that no other site can have: a loopback name or an IP
/// address. No browser leaves the name out.
#[must_use]
pub fn is_addressed_locally(request: &Request) -> bool {
    matches!(host_of(request), Ok(host) if host.as_ref().is_none_or(is_local))
}

/// A loopback name, or an IP address. DNS rebinding needs a name, so an address can't be another site's.
fn is_local(host: &Authority) -> bool {
    let name = name_of(host).to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || name.starts_with('[')
        || name.parse::<Ipv4Addr>().is_ok()
}

/// The name without port, and without the dot that ends a complete name.
fn name_of(host: &Authority) -> &str {
    let name = host.host();
    name.strip_suffix('.').unwrap_or(name)
}

/// Returns whether an `Origin` is this service. The scheme may differ: a proxy may speak TLS for it.
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

    /// The status of a refusal.
    fn refusal(hosts: &Hosts, request: &Request) -> Option<u16> {
        let refused = admit(hosts, request).err()?;
        Some(refused.into_response().status().as_u16())
    }

    fn loopback() -> Hosts {
        Hosts::Local(["status.example".to_owned()].into())
    }

    #[test]
    fn a_host_that_is_missing_repeated_or_malformed_is_refused() {
        for hosts in [Hosts::Any, loopback()] {
            let status = |headers: &[_]| refusal(&hosts, &request(Method::GET, headers));
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
        assert_eq!(refusal(&loopback(), &old), None);
    }

    #[test]
    fn a_service_on_loopback_is_not_known_by_the_name_of_another_site() {
        let status = |host| refusal(&loopback(), &request(Method::GET, &[("host", host)]));
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
        assert_eq!(refusal(&Hosts::Any, &anywhere), None);
    }

    #[test]
    fn the_host_in_an_absolute_target_counts() {
        let mut absolute = request(Method::GET, &[("host", "localhost")]);
        *absolute.uri_mut() = "http://evil.example/".parse().unwrap();
        assert_eq!(refusal(&loopback(), &absolute), Some(403));
        assert!(!is_addressed_locally(&absolute));
    }

    #[test]
    fn a_page_of_another_site_can_change_nothing() {
        let status = |method: Method, host, origin| {
            let headers = [("host", host), ("origin", origin)];
            refusal(&Hosts::Any, &request(method, &headers))
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
