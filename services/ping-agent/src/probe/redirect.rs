//! Computes the next request of a redirect.

use http::header::LOCATION;
use http::{HeaderMap, Method, StatusCode};
use percent_encoding::{AsciiSet, percent_encode};
use url::Url;

use super::failure::{ProbeError, Reason};

/// The maximum number of redirects that a probe follows.
pub(crate) const MAX_REDIRECTS: usize = 10;

/// Returns whether the client follows this status code (RFC 9110, section 15.4). It does not follow 300, 304 and 305.
pub(crate) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Percent-encodes each byte above 127 in any character set, as browsers and curl do. The URL parser encodes ASCII.
const ABOVE_ASCII: &AsciiSet = &AsciiSet::EMPTY;

/// Returns the URL and the method of the request after this redirect.
pub(crate) fn follow(
    from: &Url,
    method: &Method,
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<(Url, Method), ProbeError> {
    let reject =
        |why: String| ProbeError::failed(Reason::Redirect, format_args!("{status}: {why}"));
    let mut locations = headers.get_all(LOCATION).iter();
    let location = locations
        .next()
        .ok_or_else(|| reject("there is no Location header".to_owned()))?;
    if location.as_bytes().trim_ascii().is_empty() {
        return Err(reject("the Location header is empty".to_owned()));
    }
    if locations.any(|other| other != location) {
        return Err(reject(
            "there are several Location headers that differ".to_owned(),
        ));
    }
    let text = percent_encode(location.as_bytes(), ABOVE_ASCII).to_string();
    let to = from
        .join(&text)
        .map_err(|error| reject(format!("Location {text:?}: {error}")))?;
    if !matches!(to.scheme(), "http" | "https") {
        return Err(reject(format!(
            "Location {text:?}: only http and https are allowed"
        )));
    }
    Ok((to, method_after(status, method)))
}

/// Returns the method of the next request, as in browsers (Fetch standard, HTTP-redirect fetch, step 12): 303 changes every
/// method but HEAD to GET; 301 and 302 change POST to GET.
fn method_after(status: StatusCode, method: &Method) -> Method {
    match (status.as_u16(), method) {
        (303, method) if method != Method::HEAD => Method::GET,
        (301 | 302, &Method::POST) => Method::GET,
        (_, method) => method.clone(),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn to(from: &str, location: impl AsRef<[u8]>) -> Result<String, ProbeError> {
        follow_locations(from, &[location.as_ref()])
    }

    fn follow_locations(from: &str, locations: &[&[u8]]) -> Result<String, ProbeError> {
        let value = |location: &&[u8]| HeaderValue::from_bytes(location).unwrap();
        let headers = locations
            .iter()
            .map(|location| (LOCATION, value(location)))
            .collect();
        follow(
            &Url::parse(from).unwrap(),
            &Method::GET,
            StatusCode::FOUND,
            &headers,
        )
        .map(|(url, _)| url.into())
    }

    fn failure(locations: &[&[u8]]) -> String {
        match follow_locations("http://host/", locations).unwrap_err() {
            ProbeError::Failed {
                reason: Reason::Redirect,
                detail,
            } => detail,
            error => panic!("{error:?}"),
        }
    }

    #[test]
    fn a_location_is_resolved_against_the_url_of_its_response() {
        for (location, expected) in [
            ("https://other.example/x", "https://other.example/x"),
            ("//other.example/x", "http://other.example/x"),
            ("/x?q", "http://host:81/x?q"),
            ("x", "http://host:81/a/x"),
            ("?q", "http://host:81/a/b?q"),
            ("/x#part", "http://host:81/x#part"),
            ("  /a b\t/c ", "http://host:81/a%20b/c"),
            ("\\\\other.example\\x", "http://other.example/x"),
            ("http:/x", "http://host:81/x"),
            ("/100%", "http://host:81/100%"),
        ] {
            assert_eq!(to("http://host:81/a/b", location).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn a_location_in_any_character_set_is_encoded_as_browsers_do() {
        for (location, expected) in [
            (&b"/\xe9t\xe9?q=\xe9"[..], "http://host/%E9t%E9?q=%E9"),
            ("/\u{e9}t\u{e9}".as_bytes(), "http://host/%C3%A9t%C3%A9"),
            (
                "//h\u{f6}st.example/".as_bytes(),
                "http://xn--hst-sna.example/",
            ),
            (b"/%E9\x80", "http://host/%E9%80"),
        ] {
            assert_eq!(to("http://host/", location).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn a_missing_empty_or_ambiguous_location_is_reported() {
        assert_eq!(failure(&[]), "302 Found: there is no Location header");
        for empty in [&b""[..], b"  "] {
            assert_eq!(failure(&[empty]), "302 Found: the Location header is empty");
        }
        assert_eq!(
            failure(&[b"/a", b"/b"]),
            "302 Found: there are several Location headers that differ"
        );
        let twice_the_same = follow_locations("http://host/", &[b"/a", b"/a"]);
        assert_eq!(twice_the_same.as_deref(), Ok("http://host/a"));
    }

    proptest! {
        #[test]
        fn any_location_is_an_http_url_or_rejected(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes)
                && let Ok(url) = to("https://host/a/b", value.as_bytes())
            {
                let url = Url::parse(&url).unwrap();
                prop_assert!(matches!(url.scheme(), "http" | "https") && url.has_host());
                prop_assert!(url.as_str().is_ascii());
            }
        }
    }

    #[test]
    fn an_unusable_location_is_rejected() {
        for location in [
            "ftp://host/",
            "javascript:alert(1)",
            "http://",
            "http://[::1",
        ] {
            let failure = failure(&[location.as_bytes()]);
            assert!(failure.contains(location), "{failure}");
        }
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
