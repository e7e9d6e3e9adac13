//! The HTTP client for calls between services. Probes have their own, which shows phases.

use std::time::Duration;

/// The client could not be built.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be built: {0}")]
pub struct ClientError(#[from] reqwest::Error);

/// A client with pooled connections whose every request ends within `timeout`, body included.
///
/// # Errors
/// The system's TLS roots cannot be used.
pub fn http_client(timeout: Duration) -> Result<reqwest::Client, ClientError> {
    // Installed by `run` already; a test that never called it needs it too.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Ok(reqwest::Client::builder()
        .user_agent(concat!("UptimePulse/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(timeout.min(Duration::from_secs(2)))
        .timeout(timeout)
        // The parts answer directly; a redirect or a proxy in between is a misconfiguration.
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()?)
}
