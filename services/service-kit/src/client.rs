//! The HTTP client for calls between services. Probes have their own, which shows phases.

pub mod answer;

use std::time::Duration;

use http_client::ClientError;
use url::Url;

/// A client for these URLs, with pooled connections, whose every request ends within `timeout`, body included.
///
/// # Errors
/// One of the URLs is https, and the system has no root certificates.
pub fn http_client<'a>(
    urls: impl IntoIterator<Item = &'a Url>,
    timeout: Duration,
) -> Result<reqwest::Client, ClientError> {
    http_client::client(urls, |builder| {
        builder
            .user_agent(concat!("UptimePulse/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(timeout.min(Duration::from_secs(2)))
            .timeout(timeout)
            // The parts answer directly; a redirect or a proxy in between is a misconfiguration.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
    })
}
