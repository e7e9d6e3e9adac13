//! A demo-target process and its requests.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "no test file uses everything; in a test a panic is the message"
)]

use test_support::Service;

/// A running demo-target.
pub struct DemoTarget(pub Service);

impl DemoTarget {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    pub fn start_with_tls() -> Self {
        Self::start_with(&[("TLS_LISTEN_ADDR", "127.0.0.1:0")])
    }

    pub fn start_with(variables: &[(&str, &str)]) -> Self {
        Self(Service::start(env!("CARGO_BIN_EXE_demo-target"), variables))
    }

    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.0.get(path).await
    }

    pub async fn put(&self, path: &str, json: &'static str) -> reqwest::Response {
        let request = self.0.client.put(self.0.url(path)).body(json);
        request.send().await.unwrap()
    }

    pub async fn delete(&self, path: &str) -> reqwest::Response {
        self.0.client.delete(self.0.url(path)).send().await.unwrap()
    }

    pub async fn set(&self, name: &str, fault: &'static str) {
        let response = self.put(&format!("/faults/{name}"), fault).await;
        assert_eq!(response.status(), 200, "{fault}");
    }
}
