//! The HTTP client for requests between services. Probes have their own client, which measures phases.

pub mod response;

use std::time::Duration;

use http_client::ClientError;
use url::Url;

/// Returns a client for these URLs with pooled connections. `timeout` limits each request, including its body.
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
            // The services respond directly; a redirect or a proxy between them is a misconfiguration.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
    })
}
