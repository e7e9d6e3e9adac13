//! HTTP clients for the parts, and one for Prometheus' API.

pub mod prometheus;

use std::time::Duration;

use url::Url;

/// Builds a client for the parts on this machine: plain HTTP, no proxy, and a timeout.
///
/// # Errors
/// The client can't be built.
pub fn local_client(timeout: Duration) -> anyhow::Result<reqwest::Client> {
    Ok(http_client::client([], |builder| {
        builder.no_proxy().timeout(timeout)
    })?)
}

/// Builds a client for the server at `url`, with the environment's proxy unless the server is on this machine.
///
/// # Errors
/// The URL is https, and the system has no root certificates.
pub fn client(url: &Url, timeout: Duration) -> anyhow::Result<reqwest::Client> {
    let is_local = match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    };
    Ok(http_client::client([url], |builder| {
        let builder = builder.timeout(timeout);
        if is_local {
            builder.no_proxy()
        } else {
            builder
        }
    })?)
}

/// The largest response body that is read. The metrics of 50,000 targets are smaller.
const MAX_BODY_BYTES: usize = 128 << 20;

/// Reads the body of a response.
///
/// # Errors
/// The body is cut off, or larger than 128 MiB.
pub async fn body(mut response: reqwest::Response) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        anyhow::ensure!(
            body.len() + chunk.len() <= MAX_BODY_BYTES,
            "the response is larger than {} MiB",
            MAX_BODY_BYTES >> 20
        );
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Returns whether `url` answers with success.
pub async fn answers(client: &reqwest::Client, url: &str) -> bool {
    client
        .get(url)
        .send()
        .await
        .is_ok_and(|response| response.status().is_success())
}
