//! The HTTP client.

use std::time::Duration;

use anyhow::Context as _;

/// A client for this machine's parts: no proxy, and an answer within `timeout`.
///
/// # Errors
/// The client can't be built (the system's certificates can't be read).
pub fn local_client(timeout: Duration) -> anyhow::Result<reqwest::Client> {
    build(reqwest::Client::builder().no_proxy(), timeout)
}

/// A client for this machine's parts that comes with a new connection each time, as a visitor does.
///
/// # Errors
/// As [`local_client`].
pub fn visitor(timeout: Duration) -> anyhow::Result<reqwest::Client> {
    let builder = reqwest::Client::builder().no_proxy();
    build(builder.pool_max_idle_per_host(0), timeout)
}

/// A client for any server, through the environment's proxy where one is set.
///
/// # Errors
/// As [`local_client`].
pub fn client(timeout: Duration) -> anyhow::Result<reqwest::Client> {
    build(reqwest::Client::builder(), timeout)
}

fn build(builder: reqwest::ClientBuilder, timeout: Duration) -> anyhow::Result<reqwest::Client> {
    // Already installed is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    builder
        .timeout(timeout)
        .build()
        .context("can't set up HTTP")
}

/// Whether `url` answers with success.
pub async fn answers(client: &reqwest::Client, url: &str) -> bool {
    client
        .get(url)
        .send()
        .await
        .is_ok_and(|response| response.status().is_success())
}
