//! The request of a probe.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONNECTION, COOKIE, HOST, USER_AGENT};
use http::{HeaderValue, Method, Request};
use http_body_util::Empty;
use percent_encoding::percent_decode_str;
use url::{Position, Url};

use super::cookies::Cookies;

const AGENT: &str = concat!("UptimePulse/", env!("CARGO_PKG_VERSION"), " (+ping-agent)");

/// Builds a request for the URL that closes its connection.
pub(crate) fn request(
    method: Method,
    url: &Url,
    credentials: Option<&Credentials>,
    cookies: &Cookies,
) -> Result<Request<Empty<Bytes>>, http::Error> {
    let mut request = Request::builder()
        .method(method)
        .uri(&url[Position::BeforePath..Position::AfterQuery])
        .header(HOST, &url[Position::BeforeHost..Position::AfterPort])
        .header(USER_AGENT, AGENT)
        .header(ACCEPT, "*/*")
        .header(CONNECTION, "close")
        .body(Empty::new())?;
    if let Some(header) = credentials.and_then(|credentials| credentials.header_for(url)) {
        request.headers_mut().insert(AUTHORIZATION, header);
    }
    if let Some(header) = cookies.header_for(url) {
        request.headers_mut().insert(COOKIE, header);
    }
    Ok(request)
}

/// The user and password of a target's URL, which are only sent to its origin.
pub(crate) struct Credentials {
    header: HeaderValue,
    origin: url::Origin,
}

impl Credentials {
    /// Returns the credentials of the URL for Basic authentication (RFC 7617); `None` if it has none.
    pub(crate) fn of(url: &Url) -> Option<Self> {
        if url.username().is_empty() && url.password().is_none() {
            return None;
        }
        let mut pair: Vec<u8> = percent_decode_str(url.username()).collect();
        pair.push(b':');
        pair.extend(percent_decode_str(url.password().unwrap_or_default()));
        let mut header =
            HeaderValue::from_str(&format!("Basic {}", BASE64_STANDARD.encode(pair))).ok()?;
        header.set_sensitive(true);
        Some(Self {
            header,
            origin: url.origin(),
        })
    }

    /// Returns the header for a request to this URL; `None` after a redirect to another scheme, host or port.
    fn header_for(&self, url: &Url) -> Option<HeaderValue> {
        (url.origin() == self.origin).then(|| self.header.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authorization(target: &str, url: &str) -> Option<String> {
        let credentials = Credentials::of(&Url::parse(target).unwrap());
        let request = request(
            Method::GET,
            &Url::parse(url).unwrap(),
            credentials.as_ref(),
            &Cookies::default(),
        )
        .unwrap();
        request
            .headers()
            .get(AUTHORIZATION)
            .map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn credentials_are_decoded_and_sent_to_their_own_origin_only() {
        let target = "https://us%65r:p%40ss:w%C3%B6rd@host/";
        // user:p@ss:wörd
        let expected = Some("Basic dXNlcjpwQHNzOnfDtnJk".to_owned());
        assert_eq!(authorization(target, target), expected);
        assert_eq!(
            authorization(target, "https://host:443/elsewhere"),
            expected
        );
        for other in [
            "http://host/",
            "https://host:444/",
            "https://other/",
            "https://a:b@other/",
        ] {
            assert_eq!(authorization(target, other), None, "{other}");
        }
        assert_eq!(authorization("https://host/", "https://a:b@host/"), None);
    }

    #[test]
    fn the_request_names_host_and_path_but_no_fragment() {
        let url = Url::parse("http://me:pw@h\u{f6}st:81/a b?q='#frag").unwrap();
        let request = request(Method::GET, &url, None, &Cookies::default()).unwrap();
        assert_eq!(request.headers().get(HOST).unwrap(), "xn--hst-sna:81");
        assert_eq!(request.uri(), "/a%20b?q=%27");
    }
}
