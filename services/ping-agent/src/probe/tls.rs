//! TLS handshakes that also record the expiry of the server's certificate.

use std::io;
use std::sync::{Arc, OnceLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, InvalidDnsNameError, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::{Host, Url};

use super::failure::{ProbeError, Reason};

/// The error of https probes without trusted root certificates.
const NO_ROOTS: &str =
    "this machine has no trusted root certificates: install ca-certificates or set SSL_CERT_FILE";

/// An error while TLS is set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsSetupError {
    /// The crypto library does not support TLS 1.2 and 1.3.
    #[error("TLS cannot be set up: {0}")]
    Unsupported(#[from] rustls::Error),
    /// The trusted roots are unusable.
    #[error("TLS cannot be set up: {0}")]
    Roots(#[from] rustls::client::VerifierBuilderError),
}

/// Makes TLS connections for probes. The trusted roots are read once. Each connection clones the configuration, which only
/// increments a few reference counts.
#[derive(Debug, Clone)]
pub struct Tls {
    config: ClientConfig,
    trust: Trust,
}

impl Tls {
    /// Trusts the roots in the system's store, or in the file or folder of `SSL_CERT_FILE` or `SSL_CERT_DIR`. Without roots
    /// every https probe fails, and a warning is logged.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn native() -> Result<Self, TlsSetupError> {
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!(%error, "cannot read a trusted root certificate");
        }
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            tracing::warn!("https probes will fail: {NO_ROOTS}");
        }
        Self::trusting(roots)
    }

    /// Trusts these roots and no others.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn trusting(roots: RootCertStore) -> Result<Self, TlsSetupError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let algorithms = provider.signature_verification_algorithms;
        let verifier = if roots.is_empty() {
            None
        } else {
            let roots = Arc::new(roots);
            Some(
                WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider))
                    .build()?,
            )
        };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        // A resumed session has no full handshake to measure, and no certificate.
        config.resumption = rustls::client::Resumption::disabled();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            config,
            trust: Trust {
                verifier,
                algorithms,
            },
        })
    }

    /// Makes the handshake for the URL's host. Returns the expiry of the server's certificate in seconds since 1970, and the
    /// connection. The expiry is known even if the certificate is rejected; `None` if none was received.
    pub(crate) async fn connect<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        url: &Url,
        tcp: S,
    ) -> (Option<i64>, Result<TlsStream<S>, ProbeError>) {
        let name = match server_name(url) {
            Ok(name) => name,
            Err(error) => return (None, Err(ProbeError::failed(Reason::Tls, error))),
        };
        let observer = Arc::new(ExpiryObserver {
            trust: self.trust.clone(),
            not_after: OnceLock::new(),
        });
        let mut config = self.config.clone();
        config
            .dangerous()
            .set_certificate_verifier(Arc::clone(&observer) as _);
        let connection = TlsConnector::from(Arc::new(config))
            .connect(name, tcp)
            .await
            .map_err(|error| self.failed(&error));
        (observer.not_after.get().copied(), connection)
    }
}

impl Tls {
    fn failed(&self, error: &io::Error) -> ProbeError {
        let is_mistrusted = error
            .get_ref()
            .and_then(|error| error.downcast_ref())
            .is_some_and(|error: &rustls::Error| *error == CertificateError::UnknownIssuer.into());
        if is_mistrusted && self.trust.verifier.is_none() {
            return ProbeError::failed(Reason::Tls, NO_ROOTS);
        }
        ProbeError::io(Reason::Tls, "handshake", error)
    }
}

fn server_name(url: &Url) -> Result<ServerName<'static>, InvalidDnsNameError> {
    match url.host() {
        Some(Host::Ipv4(address)) => Ok(ServerName::IpAddress(address.into())),
        Some(Host::Ipv6(address)) => Ok(ServerName::IpAddress(address.into())),
        Some(Host::Domain(name)) => ServerName::try_from(name.to_owned()),
        None => ServerName::try_from(String::new()),
    }
}

/// Verifies certificates. Without roots there is no verifier, and no certificate is trusted.
#[derive(Debug, Clone)]
struct Trust {
    verifier: Option<Arc<WebPkiServerVerifier>>,
    algorithms: WebPkiSupportedAlgorithms,
}

/// Verifies like rustls, and records the expiry of the certificate before its verification.
#[derive(Debug)]
struct ExpiryObserver {
    trust: Trust,
    not_after: OnceLock<i64>,
}

impl ServerCertVerifier for ExpiryObserver {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Ok((_, certificate)) = x509_parser::parse_x509_certificate(end_entity) {
            self.not_after
                .get_or_init(|| certificate.validity().not_after.timestamp());
        }
        match &self.trust.verifier {
            Some(verifier) => verifier.verify_server_cert(
                end_entity,
                intermediates,
                server_name,
                ocsp_response,
                now,
            ),
            None => Err(CertificateError::UnknownIssuer.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.trust.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.trust.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.trust.algorithms.supported_schemes()
    }
}
