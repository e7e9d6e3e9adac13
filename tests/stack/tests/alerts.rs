//! A failing target's alert reaches alert-logger's log and the mailbox, and so does its end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests: a panic is the message"
)]

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stack_tests::{SmtpServer, USERNAME, clear_fault, lab, set_fault};
use test_support::{Lab, within};

/// The contract: the time from a fault that fails at once to the line in alert-logger's log.
const FIRING_WITHIN: Duration = Duration::from_secs(150);
const RESOLVED_WITHIN: Duration = Duration::from_secs(120);

fn payload(payloads: &[Value], status: &str, target: &str) -> Option<Value> {
    let is_it = |payload: &&Value| {
        payload["status"] == status
            && payload["groupLabels"]["alertname"] == "TargetDown"
            && payload["groupLabels"]["target"] == target
    };
    payloads.iter().find(is_it).cloned()
}

async fn entry(lab: &Lab, status: &str, target: &str) -> Option<Value> {
    let is_it = |alert: &Value| {
        alert["status"] == status
            && alert["labels"]["alertname"] == "TargetDown"
            && alert["labels"]["target"] == target
    };
    lab.history().await.into_iter().find(is_it)
}

#[tokio::test]
async fn a_dead_target_is_in_the_log_within_the_contracts_time() {
    let target = "https://example.invalid";
    let started = Instant::now();
    let lab = lab().url(target).up();

    let firing = "ALERTS{alertname=\"TargetDown\",alertstate=\"firing\"}";
    within(FIRING_WITHIN, "TargetDown is firing", || async {
        lab.query(firing).await.pop()
    })
    .await;
    let poll = || async { payload(&lab.payloads(), "firing", target) };
    within(
        FIRING_WITHIN,
        "its payload is on alert-logger's stdout",
        poll,
    )
    .await;
    let poll = || async { entry(&lab, "firing", target).await };
    within(FIRING_WITHIN, "it is in alert-logger's history", poll).await;
    let took = started.elapsed();
    assert!(
        took <= FIRING_WITHIN,
        "{took:?} from `./lab up` to the history"
    );
}

#[tokio::test]
async fn a_fault_and_its_end_reach_the_log_and_the_mailbox() {
    let password = "correct horse: \"battery\" #staple";
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let smtp = SmtpServer::start(
        &certificate.cert.pem(),
        &certificate.signing_key.serialize_pem(),
        password,
    )
    .await;
    let lab = lab()
        .variable("SMTP_SMARTHOST", smtp.smarthost())
        .variable("SMTP_FROM", "lab@example.invalid")
        .variable("SMTP_TO", "oncall@example.invalid")
        .variable("SMTP_AUTH_USERNAME", USERNAME)
        .variable(
            "SMTP_AUTH_PASSWORD_FILE",
            smtp.password_file().to_str().unwrap(),
        )
        .variable("SSL_CERT_FILE", smtp.certificate_file().to_str().unwrap())
        .up();
    let mail = |word: &'static str| {
        let mails = smtp.mails();
        async move {
            mails
                .into_iter()
                .find(|mail| mail["subject"].as_str().is_some_and(|it| it.contains(word)))
        }
    };
    // A successful probe first, so that the fault is a change.
    within(Duration::from_secs(30), "the demo target is up", || async {
        lab.query("ping_up{target=\"demo\"} == 1").await.pop()
    })
    .await;

    set_fault(&lab, "ok", &json!({"kind": "status", "status": 503})).await;
    let fault = Instant::now();
    let poll = || async { payload(&lab.payloads(), "firing", "demo") };
    let (firing_payload, _) = within(FIRING_WITHIN, "the firing payload is on stdout", poll).await;
    assert_eq!(firing_payload["version"], "4");
    let poll = || async { entry(&lab, "firing", "demo").await };
    within(FIRING_WITHIN, "it is in the history", poll).await;
    assert!(
        fault.elapsed() <= FIRING_WITHIN,
        "{:?} from the fault to the line",
        fault.elapsed()
    );
    let (firing_mail, _) = within(Duration::from_secs(30), "the firing mail", || {
        mail("FIRING")
    })
    .await;
    assert_eq!(firing_mail["user"], USERNAME);
    assert_eq!(firing_mail["to"], json!(["oncall@example.invalid"]));
    assert!(
        firing_mail["body"].as_str().unwrap().contains("demo"),
        "{firing_mail}"
    );

    clear_fault(&lab, "ok").await;
    let poll = || async { payload(&lab.payloads(), "resolved", "demo") };
    within(RESOLVED_WITHIN, "the resolved payload is on stdout", poll).await;
    let poll = || async { entry(&lab, "resolved", "demo").await };
    let (resolved, _) = within(RESOLVED_WITHIN, "it is resolved in the history", poll).await;
    assert!(resolved["ends_at"].is_string(), "{resolved}");
    within(Duration::from_secs(30), "the resolved mail", || {
        mail("RESOLVED")
    })
    .await;

    // The password is in the file that the user named, and in none of the lab's files. Only its first words are searched,
    // because programs escape quotes.
    assert_absent(lab.state_dir(), "correct horse");
}

fn assert_absent(folder: &std::path::Path, secret: &str) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            assert_absent(&path, secret);
        } else if kind.is_file() {
            let content = std::fs::read(&path).unwrap_or_default();
            let found = content
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "the password is in {}", path.display());
        }
    }
}

#[tokio::test]
async fn a_blind_agent_raises_one_alert_and_not_one_for_each_target() {
    let mut builder = lab();
    for host in ["a", "b", "c", "d", "e"] {
        builder = builder.url(format!("https://{host}.invalid"));
    }
    let lab = builder.up();
    let firing = |alert: &'static str| {
        let query = format!("ALERTS{{alertname=\"{alert}\",alertstate=\"firing\"}}");
        let lab = &lab;
        async move { lab.query(&query).await.pop() }
    };
    // Prometheus raises both; only one of them passes Alertmanager.
    within(FIRING_WITHIN, "TargetDown is firing in Prometheus", || {
        firing("TargetDown")
    })
    .await;
    let arrived = || async {
        let history = lab.history().await;
        let names = history.iter().map(|alert| &alert["labels"]["alertname"]);
        let names: Vec<_> = names
            .map(|name| name.as_str().unwrap_or_default().to_owned())
            .collect();
        names.contains(&"AgentBlind".to_owned()).then_some(names)
    };
    within(FIRING_WITHIN, "AgentBlind is in the history", arrived).await;
    // Longer than group_wait and a group_interval: a TargetDown that is not inhibited would have arrived.
    tokio::time::sleep(Duration::from_secs(25)).await;
    let names = arrived().await.unwrap();
    assert!(
        !names.iter().any(|name| name.starts_with("TargetDown")),
        "{names:?}"
    );
}
