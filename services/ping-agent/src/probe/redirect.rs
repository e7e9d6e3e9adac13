//! Where a redirect leads.

use http::header::LOCATION;
use http::{HeaderMap, Method, StatusCode};
use percent_encoding::{AsciiSet, percent_encode};
use url::Url;

use super::failure::{ProbeError, Reason};

/// How many redirects a probe follows.
pub(crate) const MAX_REDIRECTS: usize = 10;

/// Returns whether the status code sends the client elsewhere (RFC 9110, section 15.4; 300, 304 and 305 do not by themselves).
pub(crate) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Encodes the bytes above 127 one by one, whatever their character set, as browsers and curl do. ASCII is left to the URL
/// parser.
const ABOVE_ASCII: &AsciiSet = &AsciiSet::EMPTY;

/// The URL and the method of the request that follows this redirect.
pub(crate) fn follow(
    from: &Url,
    method: &Method,
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<(Url, Method), ProbeError> {
    let refuse =
        |why: String| ProbeError::failed(Reason::Redirect, format_args!("{status}: {why}"));
    let mut locations = headers.get_all(LOCATION).iter();
    let location = locations
        .next()
        .ok_or_else(|| refuse("there is no Location header".to_owned()))?;
    if location.as_bytes().trim_ascii().is_empty() {
        return Err(refuse("the Location header is empty".to_owned()));
    }
    if locations.any(|other| other != location) {
        return Err(refuse(
            "there are several Location headers, and they differ".to_owned(),
        ));
    }
    let text = percent_encode(location.as_bytes(), ABOVE_ASCII).to_string();
    let to = from
        .join(&text)
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
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn to(from: &str, location: impl AsRef<[u8]>) -> Result<String, ProbeError> {
        to_first_of(from, &[location.as_ref()])
    }

    fn to_first_of(from: &str, locations: &[&[u8]]) -> Result<String, ProbeError> {
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

    fn refusal(locations: &[&[u8]]) -> String {
        match to_first_of("http://host/", locations).unwrap_err() {
            ProbeError::Failed {
                reason: Reason::Redirect,
                detail,
            } => detail,
            error => panic!("{error:?}"),
        }
    }

    #[test]
    fn a_location_is_resolved_against_the_url_it_came_from() {
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
    fn a_location_that_is_missing_or_empty_or_not_the_only_one_is_named() {
        assert_eq!(refusal(&[]), "302 Found: there is no Location header");
        for empty in [&b""[..], b"  "] {
            assert_eq!(refusal(&[empty]), "302 Found: the Location header is empty");
        }
        assert_eq!(
            refusal(&[b"/a", b"/b"]),
            "302 Found: there are several Location headers, and they differ"
        );
        let twice_the_same = to_first_of("http://host/", &[b"/a", b"/a"]);
        assert_eq!(twice_the_same.as_deref(), Ok("http://host/a"));
    }

    proptest! {
        #[test]
        fn any_location_leads_to_http_or_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
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
    fn a_redirect_that_leads_nowhere_is_refused() {
        for location in [
            "ftp://host/",
            "javascript:alert(1)",
            "http://",
            "http://[::1",
        ] {
            let refusal = refusal(&[location.as_bytes()]);
            assert!(refusal.contains(location), "{refusal}");
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
