//! `GET /api/v1/alerts`.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{AlertLogger, firing, resolved};

fn fingerprints(history: &Value) -> Vec<&str> {
    let alerts = history["alerts"].as_array().unwrap();
    alerts
        .iter()
        .map(|alert| alert["fingerprint"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn an_alert_is_shown_from_its_first_delivery_to_its_end() {
    let service = AlertLogger::ready(None).await;
    service.deliver(&firing("a", 1)).await;
    let history = service.alerts("").await;
    let alert = &history["alerts"][0];
    let received = alert["first_received_at"].clone();
    assert_eq!(
        history,
        json!({
            "alerts": [{
                "status": "firing",
                "fingerprint": "a",
                "starts_at": "2026-11-23T02:45:01Z",
                "restarted_at": [],
                "ends_at": null,
                "end": null,
                "labels": {"alertname": "TargetDown", "target": "a"},
                "annotations": {"summary": "it is down"},
                "generator_url": "http://prometheus:9090/graph",
                "first_received_at": received,
                "resolved_received_at": null,
                "reconciled_at": null
            }],
            "next": null,
            "watchdog": {"last_received_at": null},
            "durable": false
        })
    );
    service.deliver(&resolved("a", 1)).await;
    let ended = service.alerts("").await;
    assert_eq!(ended["alerts"][0]["status"], "resolved");
    assert_eq!(ended["alerts"][0]["ends_at"], "2026-11-23T02:50:00Z");
    assert_eq!(ended["alerts"][0]["end"], "delivered");
    assert_eq!(ended["alerts"][0]["first_received_at"], received);
    assert!(ended["alerts"][0]["resolved_received_at"].as_str() > received.as_str());
    // Late and repeated deliveries change nothing.
    service.deliver(&firing("a", 1)).await;
    service.deliver(&resolved("a", 1)).await;
    assert_eq!(service.alerts("").await, ended);
}

#[tokio::test]
async fn the_history_is_ordered_newest_first_filtered_and_paged() {
    let service = AlertLogger::ready(None).await;
    for (name, second) in [("b", 2), ("d", 4), ("a", 1), ("c", 3)] {
        service.deliver(&firing(name, second)).await;
    }
    service.deliver(&resolved("b", 2)).await;
    assert_eq!(
        fingerprints(&service.alerts("").await),
        ["d", "c", "b", "a"]
    );
    assert_eq!(
        fingerprints(&service.alerts("?status=resolved").await),
        ["b"]
    );
    assert_eq!(fingerprints(&service.alerts("?target=c").await), ["c"]);
    let first = service.alerts("?status=firing&limit=2").await;
    assert_eq!(fingerprints(&first), ["d", "c"]);
    let next = first["next"].as_str().unwrap();
    let rest = service
        .alerts(&format!("?status=firing&limit=2&before={next}"))
        .await;
    assert_eq!(
        (fingerprints(&rest), &rest["next"]),
        (vec!["a"], &Value::Null)
    );
}

#[tokio::test]
async fn an_invalid_query_is_rejected_with_what_is_allowed() {
    let service = AlertLogger::ready(None).await;
    for (query, reason) in [
        (
            "status=down",
            "status is \"down\"; allowed: firing, resolved",
        ),
        (
            "limit=0",
            "limit is \"0\"; allowed: a whole number from 1 to 1000",
        ),
        ("limit=1001", "limit is"),
        ("limit=-1", "limit is"),
        (
            "before=yesterday",
            "before is \"yesterday\"; allowed: next of an earlier answer",
        ),
        ("page=2", "page"),
        ("status=firing&status=resolved", "status"),
    ] {
        let response = service.get(&format!("/api/v1/alerts?{query}")).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{query}");
        let problem: Value = response.json().await.unwrap();
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(reason), "{detail}");
    }
}
