//! Sets faults of the demo target through its API, as a user does.

use reqwest::Method;
use serde_json::Value;

use test_support::{Lab, client};

/// Sets a fault of an endpoint (`ok` is `/ok`, any other `NAME` is `/t/NAME`).
pub async fn set_fault(lab: &Lab, endpoint: &str, fault: &Value) {
    request(lab, Method::PUT, endpoint, Some(fault)).await;
}

/// Clears the fault of an endpoint.
pub async fn clear_fault(lab: &Lab, endpoint: &str) {
    request(lab, Method::DELETE, endpoint, None).await;
}

async fn request(lab: &Lab, method: Method, endpoint: &str, fault: Option<&Value>) {
    let url = lab.url("demo-target", &format!("/faults/{endpoint}"));
    let mut request = client().request(method, url);
    if let Some(fault) = fault {
        request = request.json(fault);
    }
    let response = request.send().await.expect("the demo target answers");
    assert!(
        response.status().is_success(),
        "{}",
        response.text().await.unwrap_or_default()
    );
}
