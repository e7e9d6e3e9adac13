//! Each link of the way from a probe to the page is broken in a way that its own health check can't see. The page and its
//! JSON are not green after the time that the table in docs/decisions.md names.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests: a panic is the message"
)]

use std::path::PathBuf;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, Signal, getrlimit, kill_process, prlimit};
use serde_json::Value;
use stack_tests::lab;
use test_support::{Lab, client, get_json, get_text, within};

/// Where Prometheus stores nothing: its newest sample may be 75 s old, the gateway and the page ask every few seconds.
const STORED: Duration = Duration::from_secs(90);

/// Where no rule is evaluated: the last evaluation may be 100 s old.
const EVALUATED: Duration = Duration::from_secs(115);

/// Where Prometheus does not scrape the agents: for up to 45 s it takes their series for missed scrapes.
const SCRAPED: Duration = Duration::from_secs(135);

/// Where no alert arrives: `Watchdog` may be 150 s old.
const ARRIVED: Duration = Duration::from_secs(165);

/// Where Prometheus does not send alerts: Alertmanager repeats the last `Watchdog`, which counts for 90 s.
const SENT: Duration = Duration::from_secs(255);

/// What the page and its JSON say: the state of everything, and the reasons to be blind.
async fn said(lab: &Lab) -> Option<(String, Value)> {
    let page = get_text(&lab.url("dashboard-ui", "/")).await?;
    let overall = page.split_once("data-overall=\"")?.1.split_once('"')?.0;
    let status = get_json(&lab.url("dashboard-ui", "/status.json")).await?;
    let green = status["state"] == "up";
    assert!(
        !green || status["blind"].is_null(),
        "up and blind: {status}"
    );
    let overall = if green { "up" } else { overall };
    Some((overall.to_owned(), status["blind"]["reasons"].clone()))
}

/// A lab that is green, and has seen every proof once: it is not waiting for the first ones any more.
async fn green() -> Lab {
    let lab = lab().up();
    lab.wait_for_history().await;
    let limit = Duration::from_secs(120);
    within(
        limit,
        "the Watchdog arrived and the page is green",
        || async {
            lab.payloads().pop()?;
            said(&lab).await.filter(|(overall, _)| overall == "up")
        },
    )
    .await;
    lab
}

/// Waits until the page is no longer green, for this reason.
async fn blind(lab: &Lab, link: &str, limit: Duration, detail: &str) {
    let (reasons, _) = within(limit, &format!("{link}: the page is blind"), || async {
        let (overall, reasons) = said(lab).await?;
        (overall == "blind").then_some(reasons)
    })
    .await;
    assert!(reasons.to_string().contains(detail), "{link}: {reasons}");
}

/// Lets Prometheus write nothing to its files any more, or write again: what a full disk does to it.
fn disk(lab: &Lab, limit: Option<u64>) {
    let limit = Rlimit {
        current: limit,
        maximum: getrlimit(Resource::Fsize).maximum,
    };
    prlimit(Some(lab.pid("prometheus")), Resource::Fsize, limit).unwrap();
}

fn discovery(lab: &Lab, job: &str) -> PathBuf {
    lab.state_dir()
        .join(format!("prometheus/discovery/{job}.json"))
}

/// Replaces a file that Prometheus watches.
fn write(path: &PathBuf, text: &str) {
    let successor = path.with_extension("tmp");
    std::fs::write(&successor, text).unwrap();
    std::fs::rename(successor, path).unwrap();
}

fn reload(lab: &Lab, part: &str) {
    kill_process(lab.pid(part), Signal::HUP).unwrap();
}

/// It answers, is ready, evaluates its rules and sends alerts.
#[tokio::test]
async fn prometheus_disk_is_full() {
    let lab = green().await;
    disk(&lab, Some(1));
    blind(&lab, "storage", STORED, "Prometheus stores nothing").await;
    let ready = get_text(&lab.url("prometheus", "/-/ready")).await;
    assert!(ready.is_some(), "its own health check sees nothing");
    // The alert about it needs no stored sample.
    within(
        Duration::from_secs(120),
        "PrometheusStoresNothing arrives",
        || async {
            let history = lab.history().await;
            let mut names = history.iter().map(|alert| &alert["labels"]["alertname"]);
            names
                .any(|name| name == "PrometheusStoresNothing")
                .then_some(())
        },
    )
    .await;
    disk(&lab, None);
    within(
        Duration::from_secs(120),
        "the page is green again",
        || async { said(&lab).await.filter(|(overall, _)| overall == "up") },
    )
    .await;
}

/// As after an edit of `rule_files` that matches nothing: the configuration is right, and is loaded.
#[tokio::test]
async fn prometheus_has_no_rules() {
    let lab = green().await;
    let rules = lab.state_dir().join("prometheus/rules");
    std::fs::remove_file(&rules).unwrap();
    std::fs::create_dir(&rules).unwrap();
    reload(&lab, "prometheus");
    blind(&lab, "rules", EVALUATED, "does not evaluate its rules").await;
}

/// Each of the other scrapes goes well.
#[tokio::test]
async fn prometheus_discovers_no_agent() {
    let lab = green().await;
    write(&discovery(&lab, "ping-agent"), "[]");
    blind(&lab, "discovery", SCRAPED, "results of 0 of the").await;
}

/// Something answers the scrape with 200 and no series of ours: `up` is 1.
#[tokio::test]
async fn prometheus_scrapes_something_else_than_the_agent() {
    let lab = green().await;
    let demo = std::fs::read_to_string(discovery(&lab, "demo-target")).unwrap();
    write(&discovery(&lab, "ping-agent"), &demo);
    blind(&lab, "scrape", SCRAPED, "results of 0 of the").await;
    let up = lab.query("up{job=\"ping-agent\"} == 1").await;
    assert_eq!(up.len(), 1, "its own health check sees nothing");
}

/// Only one of the groups is gone, and not the one that Watchdog is in.
#[tokio::test]
async fn a_file_of_rules_is_not_loaded() {
    let lab = green().await;
    let rules = lab.state_dir().join("prometheus/rules");
    let source = std::fs::read_link(&rules).unwrap();
    std::fs::remove_file(&rules).unwrap();
    std::fs::create_dir(&rules).unwrap();
    for name in ["agents", "probes", "prometheus", "slo", "watchdog"] {
        let file = format!("{name}.yml");
        std::fs::copy(source.join(&file), rules.join(file)).unwrap();
    }
    reload(&lab, "prometheus");
    // Its last evaluation counts for a minute more.
    let limit = ARRIVED + Duration::from_secs(75);
    blind(&lab, "a group of rules", limit, "Watchdog").await;
}

#[tokio::test]
async fn prometheus_discovers_no_alertmanager() {
    let lab = green().await;
    write(&discovery(&lab, "alertmanagers"), "[]");
    blind(&lab, "alertmanagers", SENT, "Watchdog").await;
}

/// Whatever Alertmanager sends is answered with 200 and dropped.
#[tokio::test]
async fn alerts_go_to_something_that_only_says_yes() {
    let lab = green().await;
    let file = lab.state_dir().join("alertmanager/alertmanager.yml");
    let config = std::fs::read_to_string(&file).unwrap();
    let webhook = lab.url("alert-logger", "/webhook");
    assert_eq!(config.matches(&webhook).count(), 1);
    write(
        &file,
        &config.replace(&webhook, &lab.url("demo-target", "/ok")),
    );
    let reloaded = client().post(lab.url("alertmanager", "/-/reload")).send();
    assert!(reloaded.await.unwrap().status().is_success());
    blind(&lab, "receiver", ARRIVED, "Watchdog").await;
}

/// Its volume is gone. It runs on, and would otherwise say so with the first real alert only.
#[tokio::test]
async fn alert_logger_can_store_nothing() {
    let lab = green().await;
    let folder = lab.state_dir().join("alert-logger");
    std::fs::rename(&folder, lab.state_dir().join("gone")).unwrap();
    // The next Watchdog comes within 75 s.
    blind(&lab, "alert history", STORED, "alert-logger").await;
}
