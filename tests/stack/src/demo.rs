//! Faults of the demo target, switched as a user switches them.

use reqwest::Method;
use serde_json::Value;

use test_support::{Lab, client};

/// Sets a fault of an endpoint (`ok` is `/ok`, any other `NAME` is `/t/NAME`).
///
/// # Panics
/// The demo target refuses.
pub async fn set_fault(lab: &Lab, endpoint: &str, fault: &Value) {
    request(lab, Method::PUT, endpoint, Some(fault)).await;
}

/// Clears the fault of an endpoint.
///
/// # Panics
/// The demo target refuses.
pub async fn clear_fault(lab: &Lab, endpoint: &str) {
    request(lab, Method::DELETE, endpoint, None).await;
}

async fn request(lab: &Lab, method: Method, endpoint: &str, fault: Option<&Value>) {
    let url = lab.url("demo-target", &format!("/faults/{endpoint}"));
    let mut request = client().request(method, url);
    if let Some(fault) = fault {
        request = request.json(fault);
    }
    let answer = request.send().await.expect("the demo target answers");
    assert!(
        answer.status().is_success(),
        "{}",
        answer.text().await.unwrap_or_default()
    );
}
