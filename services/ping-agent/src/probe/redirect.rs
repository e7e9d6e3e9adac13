//! Where a redirect leads.

use http::{HeaderValue, Method, StatusCode};
use url::Url;

use super::failure::{ProbeError, Reason};

/// How many redirects a probe follows.
pub(crate) const MAX_REDIRECTS: usize = 10;

/// Whether the status code sends the client elsewhere (RFC 9110, section 15.4; 300, 304 and 305 do not by themselves).
pub(crate) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// The URL and the method of the request that follows this redirect.
pub(crate) fn follow(
    from: &Url,
    method: &Method,
    status: StatusCode,
    location: Option<&HeaderValue>,
) -> Result<(Url, Method), ProbeError> {
    let refuse =
        |why: String| ProbeError::failed(Reason::Redirect, format_args!("{status}: {why}"));
    let location = location.ok_or_else(|| refuse("no Location".to_owned()))?;
    let text = std::str::from_utf8(location.as_bytes())
        .map_err(|_| refuse("Location is not UTF-8".to_owned()))?;
    let to = from
        .join(text)
        .map_err(|error| refuse(format!("Location {text:?}: {error}")))?;
    if !matches!(to.scheme(), "http" | "https") {
        return Err(refuse(format!(
            "Location {text:?}: a redirect may lead to http and https only"
        )));
    }
    Ok((to, method_after(status, method)))
}

/// As browsers do it (Fetch standard, HTTP-redirect fetch, step 12): after 303 everything but HEAD becomes GET, after 301
/// and 302 a POST does.
fn method_after(status: StatusCode, method: &Method) -> Method {
    match (status.as_u16(), method) {
        (303, method) if method != Method::HEAD => Method::GET,
        (301 | 302, &Method::POST) => Method::GET,
        (_, method) => method.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(from: &str, location: &'static str) -> Result<String, ProbeError> {
        let location = HeaderValue::from_static(location);
        follow(
            &Url::parse(from).unwrap(),
            &Method::GET,
            StatusCode::FOUND,
            Some(&location),
        )
        .map(|(url, _)| url.into())
    }

    #[test]
    fn a_location_is_resolved_against_the_url_it_came_from() {
        for (location, expected) in [
            ("https://other.example/x", "https://other.example/x"),
            ("//other.example/x", "http://other.example/x"),
            ("/x?q", "http://host:81/x?q"),
            ("x", "http://host:81/a/x"),
        ] {
            assert_eq!(to("http://host:81/a/b", location).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn a_redirect_that_leads_nowhere_is_refused() {
        for location in [
            "ftp://host/",
            "javascript:alert(1)",
            "http://",
            "http://[::1",
        ] {
            let error = to("http://host/", location).unwrap_err();
            assert!(
                matches!(
                    error,
                    ProbeError::Failed {
                        reason: Reason::Redirect,
                        ..
                    }
                ),
                "{error:?}"
            );
        }
        let url = Url::parse("http://host/").unwrap();
        assert!(follow(&url, &Method::GET, StatusCode::FOUND, None).is_err());
    }

    #[test]
    fn the_method_changes_as_in_a_browser() {
        for (status, before, after) in [
            (303, Method::POST, Method::GET),
            (303, Method::HEAD, Method::HEAD),
            (302, Method::POST, Method::GET),
            (301, Method::OPTIONS, Method::OPTIONS),
            (307, Method::POST, Method::POST),
            (308, Method::POST, Method::POST),
        ] {
            assert_eq!(
                method_after(StatusCode::from_u16(status).unwrap(), &before),
                after,
                "{status} {before}"
            );
        }
    }
}
