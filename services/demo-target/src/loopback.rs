//! Access to faults and certificates for loopback peers only.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
use service_kit::http::is_addressed_locally;
use service_kit::{Connection, Problem};

/// Returns 403 to peers that are not on loopback. A browser on this machine is a loopback peer for every web page, so the
/// request must not name another host either.
pub(crate) fn only(router: Router) -> Router {
    router.route_layer(from_fn(guard))
}

async fn guard(
    Extension(connection): Extension<Connection>,
    request: Request,
    next: Next,
) -> Response {
    // For a listener on [::], 127.0.0.1 is ::ffff:127.0.0.1.
    if connection.peer().ip().to_canonical().is_loopback() && is_addressed_locally(&request) {
        return next.run(request).await;
    }
    Problem::new(
        StatusCode::FORBIDDEN,
        "faults and certificates can be set and read only over loopback: use http://localhost on this machine, or \
         `kubectl port-forward` in a cluster",
    )
    .into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    async fn status_for(peer: &str, host: &str) -> StatusCode {
        let router = only(Router::new().route("/faults", get(async || "")));
        let request = Request::get("/faults").header("host", host);
        let mut request = request.body(Body::empty()).unwrap();
        let connection = Connection::new(peer.parse().unwrap());
        request.extensions_mut().insert(connection);
        router.oneshot(request).await.unwrap().status()
    }

    #[tokio::test]
    async fn only_loopback_peers_have_access() {
        for loopback in [
            "127.0.0.1:1",
            "127.9.9.9:1",
            "[::1]:1",
            "[::ffff:127.0.0.1]:1",
        ] {
            let status = status_for(loopback, "127.0.0.1:8083").await;
            assert_eq!(status, StatusCode::OK, "{loopback}");
        }
        for other in ["10.0.0.7:1", "[::ffff:10.0.0.7]:1", "[2001:db8::1]:1"] {
            let status = status_for(other, "127.0.0.1:8083").await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{other}");
        }
    }

    #[tokio::test]
    async fn a_page_whose_name_resolves_to_loopback_changes_nothing() {
        for (host, expected) in [
            ("localhost:8083", StatusCode::OK),
            ("evil.example:8083", StatusCode::FORBIDDEN),
        ] {
            assert_eq!(status_for("127.0.0.1:1", host).await, expected, "{host}");
        }
    }
}
