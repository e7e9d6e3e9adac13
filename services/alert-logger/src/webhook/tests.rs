use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Returns a payload of Alertmanager 0.25.
fn example() -> Value {
    json!({
        "receiver": "stdout",
        "status": "resolved",
        "alerts": [
            {
                "status": "firing",
                "labels": {"alertname": "TargetDown", "target": "shop"},
                "annotations": {"summary": "shop is down"},
                "startsAt": "2026-11-23T03:45:15.123456789+01:00",
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "http://prometheus:9090/graph?g0.expr=up",
                "fingerprint": "9f1cb0ca2f0d7f4c"
            },
            {
                "status": "resolved",
                "labels": {"alertname": "TargetDown", "target": "blog"},
                "annotations": {},
                "startsAt": "2026-11-23T02:45:15Z",
                "endsAt": "2026-11-23T02:50:15Z",
                "generatorURL": "",
                "fingerprint": "00aa"
            }
        ],
        "groupLabels": {"alertname": "TargetDown"},
        "commonLabels": {"alertname": "TargetDown"},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
        "version": "4",
        "groupKey": "{}:{alertname=\"TargetDown\"}",
        "truncatedAlerts": 0
    })
}

fn rejection(payload: &Value) -> String {
    parse(payload.to_string().as_bytes())
        .unwrap_err()
        .to_string()
}

const RECEIVED_AT: Timestamp = Timestamp::UNIX_EPOCH;

fn parse(bytes: &[u8]) -> Result<Payload, WebhookError> {
    super::parse(bytes, RECEIVED_AT)
}

#[test]
fn a_payload_of_alertmanager_is_parsed() {
    let text = serde_json::to_string_pretty(&example()).unwrap();
    let payload = parse(text.as_bytes()).unwrap();
    assert_eq!(payload.line, example().to_string());
    let [firing, resolved] = payload.alerts.as_slice() else {
        panic!("{payload:?}");
    };
    assert_eq!(firing.fingerprint, "9f1cb0ca2f0d7f4c");
    assert_eq!(
        firing.starts_at.to_string(),
        "2026-11-23T02:45:15.123456789Z"
    );
    assert_eq!(firing.ends_at, None);
    assert_eq!(firing.labels["target"], "shop");
    assert_eq!(firing.annotations["summary"], "shop is down");
    assert_eq!(
        firing.generator_url,
        "http://prometheus:9090/graph?g0.expr=up"
    );
    assert_eq!(
        resolved.ends_at.unwrap().to_string(),
        "2026-11-23T02:50:15Z"
    );
    assert_eq!(firing.first_received_at, RECEIVED_AT);
    assert_eq!(firing.resolved_received_at, None);
    assert_eq!(resolved.resolved_received_at, Some(RECEIVED_AT));
}

#[test]
fn unknown_fields_are_passed_on() {
    let mut payload = example();
    payload["incident"] = json!({"id": 1, "weight": 0.1});
    payload["alerts"][0]["severity"] = json!([1, 2]);
    let line = parse(payload.to_string().as_bytes()).unwrap().line;
    assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), payload);
}

#[test]
fn only_the_fields_of_the_history_are_required() {
    let minimal = json!({
        "version": "4", "status": "firing",
        "alerts": [{"status": "firing", "labels": {}, "startsAt": "2026-11-23T02:45:15Z", "fingerprint": "a"}]
    });
    assert_eq!(
        parse(minimal.to_string().as_bytes()).unwrap().alerts.len(),
        1
    );
}

#[test]
fn the_error_about_a_missing_field_names_it() {
    for field in ["version", "status", "alerts"] {
        let mut payload = example();
        payload.as_object_mut().unwrap().remove(field);
        assert!(
            rejection(&payload).ends_with(&format!(": {field} is missing")),
            "{field}"
        );
    }
    for field in ["status", "labels", "startsAt", "endsAt", "fingerprint"] {
        for gone in [true, false] {
            let mut payload = example();
            let alert = payload["alerts"][1].as_object_mut().unwrap();
            if gone {
                alert.remove(field);
            } else {
                alert.insert(field.to_owned(), Value::Null);
            }
            let message = rejection(&payload);
            assert!(
                message.ends_with(&format!("alerts[1].{field} is missing")),
                "{message}"
            );
        }
    }
}

#[test]
fn the_error_about_an_invalid_value_names_it_and_what_is_allowed() {
    for (pointer, value, expected) in [
        ("/version", "3", "version is \"3\"; allowed: \"4\""),
        (
            "/status",
            "down",
            "status is \"down\"; allowed: \"firing\", \"resolved\"",
        ),
        ("/alerts/0/status", "", "alerts[0].status is \"\""),
        (
            "/alerts/0/startsAt",
            "yesterday",
            "alerts[0].startsAt is \"yesterday\"",
        ),
        (
            "/alerts/1/endsAt",
            "2026-11-23",
            "alerts[1].endsAt is \"2026-11-23\"",
        ),
        ("/alerts/1/fingerprint", "", "alerts[1].fingerprint is \"\""),
    ] {
        let mut payload = example();
        *payload.pointer_mut(pointer).unwrap() = json!(value);
        let message = rejection(&payload);
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn bodies_that_are_no_payload_are_rejected() {
    let deep = "[".repeat(100_000);
    let bodies: [&[u8]; 8] = [
        b"",
        b"hello",
        b"[]",
        b"{}",
        b"{\"version\": 4, \"status\": \"firing\", \"alerts\": []}",
        b"{\"version\": \"4\", \"status\": \"firing\", \"alerts\": []} {}",
        b"{\"version\": \"4\", \"status\": \"firing\", \"alerts\": [], \"x\": \"\xff\"}",
        deep.as_bytes(),
    ];
    for body in bodies {
        let shown = String::from_utf8_lossy(body.get(..body.len().min(80)).unwrap()).into_owned();
        assert!(parse(body).is_err(), "{shown}");
    }
}

#[test]
fn an_error_is_short_even_if_the_value_is_long() {
    let mut payload = example();
    payload["status"] = json!("é".repeat(1_000_000));
    assert!(rejection(&payload).len() < 1_000);
    payload["status"] = json!("firing");
    payload["alerts"] = json!("é".repeat(1_000_000));
    assert!(rejection(&payload).len() < 1_000);
}

proptest! {
    #[test]
    fn hostile_labels_are_unchanged(name in any::<String>(), value in any::<String>()) {
        let mut payload = example();
        payload["alerts"][0]["labels"][&name] = json!(value);
        let parsed = parse(payload.to_string().as_bytes()).unwrap();
        prop_assert_eq!(&parsed.alerts[0].labels[&name], &value);
        prop_assert!(!parsed.line.contains('\n'));
        prop_assert_eq!(serde_json::from_str::<Value>(&parsed.line).unwrap(), payload);
    }

    #[test]
    fn arbitrary_bytes_cause_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn a_damaged_payload_causes_no_panic(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = example().to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(payload) = parse(&bytes) {
            prop_assert!(serde_json::from_str::<serde::de::IgnoredAny>(&payload.line).is_ok());
        }
    }
}
