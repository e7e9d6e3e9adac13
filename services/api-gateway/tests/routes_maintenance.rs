//! `GET /api/v1/maintenance`
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod support;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use support::{NO_AGENT, gateway, get, targets_file};

#[tokio::test]
async fn windows_come_from_the_targets_file() {
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
    let hours = |hours| now + SignedDuration::from_hours(hours);
    let window = |start, end, reason| {
        format!("[[target.maintenance]]\nstart = {start}\nend = {end}\nreason = '{reason}'\n")
    };
    let (was, is, will_be) = (
        window(hours(-5), hours(-4), "was"),
        window(hours(-1), hours(1), "is"),
        window(hours(3), hours(4), "will be"),
    );
    let file = targets_file(&format!(
        "[[target]]\nname = 'a'\nurl = 'http://a/'\n{was}{is}\
         [[target]]\nname = 'b'\nurl = 'http://b/'\n{will_be}"
    ));
    let gateway = gateway(&[
        ("PING_TARGETS_FILE", file.path().to_str().unwrap()),
        NO_AGENT,
    ]);
    let of = |target, start: Timestamp, end: Timestamp, reason| json!({"target": target, "start": start, "end": end, "reason": reason});
    let (was, is, will_be) = (
        of("a", hours(-5), hours(-4), "was"),
        of("a", hours(-1), hours(1), "is"),
        of("b", hours(3), hours(4), "will be"),
    );
    let answer = |target: &'static str| {
        let gateway = gateway.clone();
        async move {
            get(&gateway, &format!("/api/v1/maintenance{target}"))
                .await
                .json()
        }
    };
    let all = json!({"past": [was], "active": [is], "planned": [will_be]});
    assert_eq!(answer("").await, all);
    let a = json!({"past": [was], "active": [is], "planned": []});
    assert_eq!(answer("?target=a").await, a);
    let nothing: Value = json!({"past": [], "active": [], "planned": []});
    assert_eq!(answer("?target=nobody").await, nothing);
    get(&gateway, "/api/v1/maintenance?group=a")
        .await
        .problem(400);
}

#[tokio::test]
async fn without_configured_targets_it_is_an_error() {
    let detail = get(&gateway(&[NO_AGENT]), "/api/v1/maintenance")
        .await
        .problem(501);
    assert!(detail.contains("PING_TARGETS_FILE"), "{detail}");
}
