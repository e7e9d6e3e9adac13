//! Faults of the demo target, switched as a user switches them.

use serde_json::Value;

use crate::{Lab, client};

/// Sets a fault of an endpoint (`ok` is `/ok`, any other `NAME` is `/t/NAME`).
///
/// # Panics
/// The demo target refuses.
pub async fn set_fault(lab: &Lab, endpoint: &str, fault: &Value) {
    let url = lab.url("demo-target", &format!("/faults/{endpoint}"));
    let answer = client()
        .put(url)
        .json(fault)
        .send()
        .await
        .expect("the demo target answers");
    assert!(
        answer.status().is_success(),
        "{}",
        answer.text().await.unwrap_or_default()
    );
}

/// Clears the fault of an endpoint.
///
/// # Panics
/// The demo target refuses.
pub async fn clear_fault(lab: &Lab, endpoint: &str) {
    let url = lab.url("demo-target", &format!("/faults/{endpoint}"));
    let answer = client()
        .delete(url)
        .send()
        .await
        .expect("the demo target answers");
    assert!(
        answer.status().is_success(),
        "{}",
        answer.text().await.unwrap_or_default()
    );
}
