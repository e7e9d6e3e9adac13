//! HTTP endpoints that fail on demand, as targets for the lab and its drills.
//!
//! | endpoint | response |
//! |---|---|
//! | any method `/ok` | 200 and `ok`, or the fault that is set on the name `ok` |
//! | any method `/t/{name}` | the same for any name, to simulate many targets; `/t/ok` is the same target as `/ok` |
//! | `GET /faults` | all faults that are set: `{"faults":{NAME:FAULT}}` |
//! | `PUT /faults/{name}` | sets a [`Fault`] from the next request on, and returns it |
//! | `DELETE /faults/{name}`, `DELETE /faults` | clears one fault, or all; 204 |
//! | `GET /tls` | the served certificate: `{"names","issuer","not_before","not_after"}` |
//! | `PUT /tls` | serves the certificate of a [`CertificateRequest`] from the next handshake on; the response of `GET /tls` |
//! | `DELETE /tls` | serves the first certificate again; 204 |
//! | `GET /tls/ca.pem` | the demo CA's certificate, for probers that should trust it |
//!
//! Names have 1 to 63 characters of `A-Z a-z 0-9 . _ -`. The endpoints that set or show faults and certificates return 403
//! to peers that are not on loopback: only users of the machine or of the pod (`kubectl port-forward`) may break targets.
//!
//! With `TLS_LISTEN_ADDR` the same endpoints are served over TLS, too. Without it, `/tls` returns 404.

mod certificate;
mod config;
mod control;
mod fault;
mod loopback;
mod responses;
mod tls;

use axum::{Extension, Router};
use service_kit::{App, Context, RequestBodies, Shutdown, StartError};

use crate::fault::Faults;
use crate::tls::Tls;

pub use certificate::{CertificateInfo, CertificateRequest, IssuedBy};
pub use config::{Config, TlsConfig};
pub use fault::Fault;

/// Maximum length of a body that sets a fault or a certificate.
const BODY_MAX_BYTES: usize = 64 * 1024;

/// Maximum length of all such bodies together.
const BODIES_MAX_BYTES: usize = 1024 * 1024;

/// Starts the service without faults and with the first certificate.
///
/// # Errors
/// The demo CA cannot be created, or its certificate cannot be written to `TLS_CA_FILE`.
pub async fn start(config: Config, context: &mut Context) -> Result<App, StartError> {
    let tls = match config.tls {
        Some(config) => Some(tls::start(&config, context)?),
        None => None,
    };
    Ok(App {
        router: router(
            tls,
            RequestBodies::new(&context.limits, BODIES_MAX_BYTES),
            context.shutdown.clone(),
        ),
        ..App::default()
    })
}

fn router(tls: Option<Tls>, bodies: RequestBodies, shutdown: Shutdown) -> Router {
    let faults = Faults::default();
    let control = control::router(faults.clone())
        .merge(tls::control(tls.clone()))
        .layer(Extension(bodies));
    responses::router(faults, shutdown)
        .merge(loopback::only(control))
        .merge(tls::public(tls))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Request, StatusCode};
    use prometheus::Registry;
    use service_kit::{Connection, Limits};
    use tower::ServiceExt;

    use super::*;

    async fn remote_status(method: &str, path: &str) -> StatusCode {
        let request = Request::builder().method(method).uri(path);
        let mut request = request.body(Body::from(r#"{"kind":"drop"}"#)).unwrap();
        let connection = Connection::new(([10, 0, 0, 7], 1).into());
        request.extensions_mut().insert(connection);
        let limits = Limits::register(&Registry::new()).unwrap();
        let bodies = RequestBodies::new(&limits, BODIES_MAX_BYTES);
        let router = router(Some(Tls::new().unwrap()), bodies, Shutdown::never());
        router.oneshot(request).await.unwrap().status()
    }

    #[tokio::test]
    async fn remote_peers_see_the_targets_and_the_ca_and_can_change_nothing() {
        for open in ["/ok", "/t/other", "/tls/ca.pem"] {
            assert_eq!(remote_status("GET", open).await, StatusCode::OK, "{open}");
        }
        for (method, path) in [
            ("GET", "/faults"),
            ("DELETE", "/faults"),
            ("PUT", "/faults/ok"),
            ("DELETE", "/faults/ok"),
            ("GET", "/tls"),
            ("PUT", "/tls"),
            ("DELETE", "/tls"),
        ] {
            let status = remote_status(method, path).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path}");
        }
    }
}
