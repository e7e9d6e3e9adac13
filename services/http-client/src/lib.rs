//! Builds the HTTP clients of services, lab and tests, and bounds what they keep of an answer. The probes of ping-agent have a
//! client of their own, which measures phases.

pub mod at_most;

use reqwest::{Client, ClientBuilder};
use url::Url;

/// The client could not be built.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// One of the URLs is https, and nothing says whom to trust.
    #[error(
        "no trusted root certificates for https://{host}: install ca-certificates, or set SSL_CERT_FILE to a file of them ({cause})"
    )]
    NoRoots {
        /// The host of the first https URL.
        host: String,
        /// The system's error.
        cause: String,
    },
    /// Anything else.
    #[error("the HTTP client cannot be built: {0}")]
    Other(#[from] reqwest::Error),
}

/// Builds a client for these URLs. The system's root certificates are read only if one of the URLs is https: containers
/// and build sandboxes often have none, and plain HTTP needs none. A client without roots refuses every https server.
///
/// # Errors
/// A URL is https, and the system has no usable root certificates.
pub fn client<'a>(
    urls: impl IntoIterator<Item = &'a Url>,
    configure: impl FnOnce(ClientBuilder) -> ClientBuilder,
) -> Result<Client, ClientError> {
    // reqwest is compiled without a provider of its own. An error means that one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = configure(Client::builder());
    let Some(https) = urls.into_iter().find(|url| url.scheme() == "https") else {
        return Ok(builder.tls_certs_only([]).build()?);
    };
    builder.build().map_err(|error| ClientError::NoRoots {
        host: https.host_str().unwrap_or_default().to_owned(),
        cause: root_cause(&error),
    })
}

/// The innermost error: reqwest itself says no more than "builder error".
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
