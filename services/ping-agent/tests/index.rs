//! The index at `/`.

use test_support::{Service, index};

#[tokio::test]
async fn the_index_lists_every_endpoint() {
    let variables = [("PING_TARGET_URLS", "http://127.0.0.1:1/")];
    let agent = Service::start(env!("CARGO_BIN_EXE_ping-agent"), &variables);
    assert_eq!(
        index(&agent).await,
        ["GET /healthz", "GET /readyz", "GET /metrics"]
    );
}
