//! The index at `/`.

use test_support::{Service, index};

#[tokio::test]
async fn the_index_lists_every_endpoint() {
    let variables = [
        ("WATCH_DIRS", "."),
        ("RELOAD_URL", "http://127.0.0.1:1/-/reload"),
    ];
    let reloader = Service::start(env!("CARGO_BIN_EXE_config-reloader"), &variables);
    assert_eq!(
        index(&reloader).await,
        ["GET /healthz", "GET /readyz", "GET /metrics"]
    );
}
