//! HTML pages for people: one layout, without scripts.

use askama::Template;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};

use super::problem::internal_error;

const STYLE: &str = include_str!("../../templates/page.css");

/// Allows only the style of the layout. Its hash is that of [`STYLE`].
const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'sha256-12dSBYVHboLzdMKTYh0ZBhyLSEOQIyXEGR8k8tXTnKM='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

#[derive(Template)]
#[template(path = "page.html")]
struct Layout<'a> {
    title: &'a str,
    style: &'a str,
    body: &'a str,
}

/// Returns a page with this title. `body` is HTML: the caller escapes texts of other programs in it.
#[must_use]
pub fn page(title: &str, body: &str) -> Response {
    let layout = Layout {
        title,
        style: STYLE,
        body,
    };
    let headers = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    match layout.render() {
        Ok(html) => (headers, Html(html)).into_response(),
        Err(error) => internal_error(&error).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    use rustls::crypto::ring::cipher_suite::TLS13_AES_128_GCM_SHA256;

    use super::*;

    #[test]
    fn the_policy_allows_the_style_of_the_layout() {
        let sha256 = TLS13_AES_128_GCM_SHA256
            .tls13()
            .unwrap()
            .common
            .hash_provider;
        let hash = BASE64_STANDARD.encode(sha256.hash(STYLE.as_bytes()).as_ref());
        let policy = CONTENT_SECURITY_POLICY;
        let policy = policy.to_str().unwrap();
        let source = format!("style-src 'sha256-{hash}'");
        assert!(policy.contains(&source), "{policy} must contain {source}");
    }

    #[test]
    fn a_title_is_escaped() {
        let layout = Layout {
            title: "<script>",
            style: "",
            body: "<p>",
        };
        let html = layout.render().unwrap();
        assert!(!html.contains("<script>") && html.contains("<p>"), "{html}");
    }
}
