//! The check of URLs that a page may link to.

use url::Url;

/// Returns whether a page may link to this URL: an absolute http or https URL without white space or control characters.
///
/// Anyone who can post an alert chooses its URLs. A `javascript:` URL would run as a script, and browsers ignore a line
/// break in it.
#[must_use]
pub fn is_web_link(url: &str) -> bool {
    !url.contains(|c: char| c.is_control() || c.is_whitespace())
        && Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_urls_are_links() {
        for (url, is) in [
            ("https://example.com/x", true),
            ("HTTP://example.com", true),
            ("ht\ntp://example.com", false),
            (" https://example.com", false),
            ("data:text/html,x", false),
            (" java\nscript:x", false),
            ("/x", false),
            ("", false),
        ] {
            assert_eq!(is_web_link(url), is, "{url}");
        }
    }
}
