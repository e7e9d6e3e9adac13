//! HTTP clients of services, lab and tests, and limits on their responses. The probes of ping-agent have their own client,
//! which measures phases.

pub mod at_most;

use reqwest::{Client, ClientBuilder};
use url::Url;

/// The client cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// A URL is https, and the system has no trusted root certificates.
    #[error(
        "no trusted root certificates for https://{host}: install ca-certificates, or set SSL_CERT_FILE to a file of them ({cause})"
    )]
    NoRoots {
        /// The host of the first https URL.
        host: String,
        /// The error of the system.
        cause: String,
    },
    /// Another error of reqwest.
    #[error("the HTTP client cannot be built: {0}")]
    Other(#[from] reqwest::Error),
}

/// Builds a client for these URLs. It reads the system's root certificates only if a URL is https: containers and build
/// sandboxes often have none, and plain HTTP needs none. A client without roots rejects every https server.
///
/// # Errors
/// A URL is https, and the system has no usable root certificates.
pub fn client<'a>(
    urls: impl IntoIterator<Item = &'a Url>,
    configure: impl FnOnce(ClientBuilder) -> ClientBuilder,
) -> Result<Client, ClientError> {
    // reqwest is compiled without a crypto provider. An error means that a provider is installed already.
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

/// Returns the innermost error, because reqwest's own message is only "builder error".
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
