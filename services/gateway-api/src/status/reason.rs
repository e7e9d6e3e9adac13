//! The reasons of failed probes in words.

use std::borrow::Cow;

/// Describes why a probe failed, such as `HTTP 503` or `timed out`. `http_status` is the status code of the response, if
/// there was one. Returns an unknown reason, which a newer agent may send, unchanged.
#[must_use]
pub fn reason_text(reason: &str, http_status: Option<u16>) -> Cow<'_, str> {
    let text = match reason {
        "status" => match http_status {
            Some(code) => return format!("HTTP {code}").into(),
            None => "HTTP error",
        },
        "protocol" => "closed the connection",
        "timeout" => "timed out",
        "connect" => "refused the connection",
        "dns" => "name not found",
        "tls" => "TLS failed",
        "body" => "unexpected body",
        "redirect" => "bad redirect",
        other => other,
    };
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_code_is_named_only_if_it_is_the_reason() {
        assert_eq!(reason_text("status", Some(503)), "HTTP 503");
        assert_eq!(reason_text("status", None), "HTTP error");
        assert_eq!(reason_text("body", Some(200)), "unexpected body");
        assert_eq!(reason_text("added-later", None), "added-later");
    }
}
