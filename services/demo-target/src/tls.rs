//! The TLS listener and its certificate.

use std::sync::{Arc, PoisonError, RwLock};

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use service_kit::{ConfigError, Context, Problem, RequestBodies, StartError};

use crate::BODY_MAX_BYTES;
use crate::certificate::{Authorities, CertificateInfo, CertificateRequest};
use crate::config::TlsConfig;

/// Creates the CAs and the first certificate, and opens the listener.
pub(crate) fn start(config: &TlsConfig, context: &mut Context) -> Result<Tls, StartError> {
    let tls = Tls::new()?;
    if let Some(file) = &config.ca_file {
        std::fs::write(file, tls.authorities.demo_pem()).map_err(|error| {
            ConfigError::invalid(
                "TLS_CA_FILE",
                &file.to_string_lossy(),
                &error.to_string(),
                "a file that can be written",
            )
        })?;
    }
    let mut server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(tls.current.clone());
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    // A resumed session sends no certificate, so the client would miss a change.
    server.session_storage = Arc::new(NoServerSessionStorage {});
    server.send_tls13_tickets = 0;
    context.serve_tls(config.listen_addr, Arc::new(server));
    Ok(tls)
}

/// The certificate that the listener serves. Clones share their state.
#[derive(Debug, Clone)]
pub(crate) struct Tls {
    authorities: Arc<Authorities>,
    current: Arc<Current>,
}

#[derive(Debug)]
struct Current(RwLock<(CertificateInfo, Arc<CertifiedKey>)>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let current = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Some(current.1.clone())
    }
}

impl Tls {
    pub(crate) fn new() -> Result<Self, StartError> {
        let authorities = Authorities::new()?;
        let first = CertificateRequest::default().resolve(Timestamp::now())?;
        let certified = authorities.issue(&first)?;
        Ok(Self {
            authorities: Arc::new(authorities),
            current: Arc::new(Current(RwLock::new((first, certified)))),
        })
    }

    fn served(&self) -> CertificateInfo {
        let current = self.current.0.read();
        current.unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    fn serve(&self, request: CertificateRequest) -> Result<CertificateInfo, Problem> {
        let wanted = request
            .resolve(Timestamp::now())
            .map_err(|error| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))?;
        let certified = self
            .authorities
            .issue(&wanted)
            .map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
        tracing::info!(certificate = ?wanted, "certificate set");
        let current = self.current.0.write();
        *current.unwrap_or_else(PoisonError::into_inner) = (wanted.clone(), certified);
        Ok(wanted)
    }
}

/// Routes the endpoints that show and set the certificate.
pub(crate) fn control(tls: Option<Tls>) -> Router {
    Router::new()
        .route("/tls", get(show).put(set).delete(reset))
        .with_state(tls)
}

/// Routes the endpoints that are open to every peer.
pub(crate) fn public(tls: Option<Tls>) -> Router {
    Router::new().route("/tls/ca.pem", get(ca)).with_state(tls)
}

fn listening(tls: Option<Tls>) -> Result<Tls, Problem> {
    tls.ok_or_else(|| {
        Problem::new(
            StatusCode::NOT_FOUND,
            "demo-target has no TLS listener; start it with TLS_LISTEN_ADDR",
        )
    })
}

async fn show(State(tls): State<Option<Tls>>) -> Result<Json<CertificateInfo>, Problem> {
    Ok(Json(listening(tls)?.served()))
}

/// Sets the certificate. Ignores the content type, because `curl -d` sends JSON as a form.
async fn set(
    State(tls): State<Option<Tls>>,
    Extension(bodies): Extension<RequestBodies>,
    body: Body,
) -> Result<Json<CertificateInfo>, Problem> {
    let tls = listening(tls)?;
    let body = bodies.read(body, BODY_MAX_BYTES).await?;
    let request = serde_json::from_slice(&body).map_err(|error: serde_json::Error| {
        let status = if error.is_data() {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::BAD_REQUEST
        };
        Problem::new(
            status,
            format!(r#"{error}; example: {{"expires_in_seconds":-60,"name":"other.example","issuer":"self"}}"#),
        )
    })?;
    Ok(Json(tls.serve(request)?))
}

async fn reset(State(tls): State<Option<Tls>>) -> Result<StatusCode, Problem> {
    listening(tls)?.serve(CertificateRequest::default())?;
    Ok(StatusCode::NO_CONTENT)
}

async fn ca(State(tls): State<Option<Tls>>) -> Result<impl IntoResponse, Problem> {
    let pem = listening(tls)?.authorities.demo_pem();
    Ok(([(header::CONTENT_TYPE, "application/x-pem-file")], pem))
}
