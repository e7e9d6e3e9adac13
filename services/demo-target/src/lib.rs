//! Endpoints that fail on demand, as targets of the lab.
//!
//! | endpoint | answer |
//! |---|---|
//! | any method `/ok` | 200 and `ok`, or the fault set on the name `ok` |
//! | any method `/t/{name}` | the same for any name, to simulate many targets; `/t/ok` is `/ok` |
//! | `GET /faults` | `{"faults":{NAME:FAULT}}`, the faults that are set |
//! | `PUT /faults/{name}` | sets a [`Fault`] from the next request on; returns it |
//! | `DELETE /faults/{name}`, `DELETE /faults` | clears one fault, clears all; 204 |
//! | `GET /tls` | the current certificate: `{"names","issuer","not_before","not_after"}` |
//! | `PUT /tls` | serves the certificate of a [`CertificateRequest`] from the next handshake on; answers as `GET /tls` |
//! | `DELETE /tls` | serves the first certificate again; 204 |
//! | `GET /tls/ca.pem` | the demo CA's certificate, for probers that should trust it |
//!
//! Names have 1 to 63 characters of `A-Z a-z 0-9 . _ -`. The endpoints of faults and certificates answer only loopback peers,
//! and 403 to others, so that only users of the machine or of the pod (`kubectl port-forward`) can break the targets.
//!
//! With `TLS_LISTEN_ADDR` the same endpoints are also served over TLS; without it, `/tls` is 404.

mod answer;
mod certificate;
mod config;
mod control;
mod fault;
mod loopback;
mod tls;

use axum::{Extension, Router};
use service_kit::{App, Context, RequestBodies, Shutdown, StartError};

use crate::fault::Faults;
use crate::tls::Tls;

pub use certificate::{CertificateRequest, IssuedBy, Served};
pub use config::{Config, TlsConfig};
pub use fault::Fault;

/// The maximum length of a body that sets a fault or a certificate.
const BODY_MAX_BYTES: usize = 64 * 1024;

/// The maximum length of all such bodies together.
const BODIES_MAX_BYTES: usize = 1024 * 1024;

/// Starts the service without faults and with the default certificate.
///
/// # Errors
/// The demo CA cannot be made, or cannot be written to `TLS_CA_FILE`.
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
    answer::router(faults, shutdown)
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

    async fn status_from_afar(method: &str, path: &str) -> StatusCode {
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
    async fn probers_elsewhere_see_the_targets_and_the_ca_and_can_change_nothing() {
        for open in ["/ok", "/t/other", "/tls/ca.pem"] {
            assert_eq!(
                status_from_afar("GET", open).await,
                StatusCode::OK,
                "{open}"
            );
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
            let status = status_from_afar(method, path).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path}");
        }
    }
}
