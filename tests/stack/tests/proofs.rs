//! Each test breaks one link between a probe and the page, so that the link's own health check can't detect it. The page and
//! its JSON must not be green after the time in the table of docs/decisions.md.
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

/// If Prometheus stores nothing: its newest sample may be 75 s old, and the gateway and the page poll every few seconds.
const STORED: Duration = Duration::from_secs(90);

/// If no rule is evaluated: the last evaluation may be 100 s old.
const EVALUATED: Duration = Duration::from_secs(115);

/// If Prometheus does not scrape the agents: for up to 45 s this counts as missed scrapes.
const SCRAPED: Duration = Duration::from_secs(135);

/// If no alert arrives: `Watchdog` may be 150 s old.
const ARRIVED: Duration = Duration::from_secs(165);

/// If Prometheus does not send alerts: Alertmanager repeats the last `Watchdog`, which counts for 90 s.
const SENT: Duration = Duration::from_secs(255);

/// Returns the overall state of the page and its JSON, and the reasons for blindness.
async fn overall_state(lab: &Lab) -> Option<(String, Value)> {
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

/// Starts a lab and waits until it is green and every proof of life has arrived once.
async fn green() -> Lab {
    let lab = lab().up();
    lab.wait_for_history().await;
    let limit = Duration::from_secs(120);
    within(
        limit,
        "the Watchdog arrived and the page is green",
        || async {
            lab.payloads().pop()?;
            overall_state(&lab)
                .await
                .filter(|(overall, _)| overall == "up")
        },
    )
    .await;
    lab
}

/// Waits until the page is blind, and checks the reason.
async fn blind(lab: &Lab, link: &str, limit: Duration, detail: &str) {
    let (reasons, _) = within(limit, &format!("{link}: the page is blind"), || async {
        let (overall, reasons) = overall_state(lab).await?;
        (overall == "blind").then_some(reasons)
    })
    .await;
    assert!(reasons.to_string().contains(detail), "{link}: {reasons}");
}

/// Limits the size of Prometheus' files, as a full disk would; `None` removes the limit.
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

/// Prometheus answers, is ready, evaluates its rules and sends alerts.
#[tokio::test]
async fn prometheus_disk_is_full() {
    let lab = green().await;
    disk(&lab, Some(1));
    blind(&lab, "storage", STORED, "Prometheus stores nothing").await;
    let ready = get_text(&lab.url("prometheus", "/-/ready")).await;
    assert!(ready.is_some(), "its own health check is green");
    // The alert about this needs no stored sample.
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
        || async {
            overall_state(&lab)
                .await
                .filter(|(overall, _)| overall == "up")
        },
    )
    .await;
}

/// As after an edit of `rule_files` that matches no file: the configuration is valid and loaded.
#[tokio::test]
async fn prometheus_has_no_rules() {
    let lab = green().await;
    let rules = lab.state_dir().join("prometheus/rules");
    std::fs::remove_file(&rules).unwrap();
    std::fs::create_dir(&rules).unwrap();
    reload(&lab, "prometheus");
    blind(&lab, "rules", EVALUATED, "does not evaluate its rules").await;
}

/// All other scrapes succeed.
#[tokio::test]
async fn prometheus_discovers_no_agent() {
    let lab = green().await;
    write(&discovery(&lab, "ping-agent"), "[]");
    blind(&lab, "discovery", SCRAPED, "results of 0 of the").await;
}

/// Another server answers the scrape with 200 and without our series: `up` is 1.
#[tokio::test]
async fn prometheus_scrapes_something_else_than_the_agent() {
    let lab = green().await;
    let demo = std::fs::read_to_string(discovery(&lab, "demo-target")).unwrap();
    write(&discovery(&lab, "ping-agent"), &demo);
    blind(&lab, "scrape", SCRAPED, "results of 0 of the").await;
    let up = lab.query("up{job=\"ping-agent\"} == 1").await;
    assert_eq!(up.len(), 1, "its own health check is green");
}

/// One group of rules is missing, and not that of Watchdog.
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
    // The group's last evaluation counts for another minute.
    let limit = ARRIVED + Duration::from_secs(75);
    blind(&lab, "a group of rules", limit, "Watchdog").await;
}

#[tokio::test]
async fn prometheus_discovers_no_alertmanager() {
    let lab = green().await;
    write(&discovery(&lab, "alertmanagers"), "[]");
    blind(&lab, "alertmanagers", SENT, "Watchdog").await;
}

/// Another server answers Alertmanager's notifications with 200 and drops them.
#[tokio::test]
async fn alerts_go_to_a_program_that_drops_them() {
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

/// alert-logger's volume is gone, and it keeps running. Without the Watchdog only the first real alert would show the problem.
#[tokio::test]
async fn alert_logger_can_store_nothing() {
    let lab = green().await;
    let folder = lab.state_dir().join("alert-logger");
    std::fs::rename(&folder, lab.state_dir().join("gone")).unwrap();
    // The next Watchdog arrives within 75 s.
    blind(&lab, "alert history", STORED, "alert-logger").await;
}
