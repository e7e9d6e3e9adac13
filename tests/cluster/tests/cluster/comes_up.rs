//! The stack starts: pods, volumes, targets and counts.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use cluster_tests::{Node, within};
use serde_json::Value;

/// The parts, with their number of pods.
const PARTS: [(&str, usize); 7] = [
    ("alert-logger", 1),
    ("alertmanager", 1),
    ("api-gateway", 2),
    ("dashboard-ui", 1),
    ("demo-target", 1),
    ("ping-agent", 1),
    ("prometheus", 1),
];

/// The contract, from the start of the apply.
const READY_WITHIN: Duration = Duration::from_secs(180);

pub fn every_pod_is_ready(node: &Node, since: Instant) {
    within(READY_WITHIN, since, "every pod is Ready", || {
        let pods = node.list(&["pods"]);
        for (part, count) in PARTS {
            let ready = pods
                .iter()
                .filter(|pod| pod["metadata"]["labels"]["app"] == part && is_ready(pod))
                .count();
            if ready != count {
                return Err(format!("{ready} of {count} pods of {part} are Ready"));
            }
        }
        Ok(())
    });
    let pods = node.list(&["pods"]);
    let expected: usize = PARTS.iter().map(|(_, count)| count).sum();
    assert_eq!(pods.len(), expected, "unexpected pods: {pods:#?}");
    for pod in &pods {
        for container in pod["status"]["containerStatuses"].as_array().unwrap() {
            assert_eq!(
                container["restartCount"], 0,
                "{} was restarted",
                container["name"]
            );
        }
    }
}

pub fn is_ready(pod: &Value) -> bool {
    let conditions = pod["status"]["conditions"].as_array();
    pod["metadata"]["deletionTimestamp"].is_null()
        && conditions.is_some_and(|conditions| {
            conditions
                .iter()
                .any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
        })
}

pub fn every_volume_is_bound(node: &Node) {
    let claims = node.list(&["persistentvolumeclaims"]);
    let names: Vec<_> = claims
        .iter()
        .map(|claim| &claim["metadata"]["name"])
        .collect();
    assert_eq!(
        names,
        ["alert-logger-data", "alertmanager-data", "prometheus-data"]
    );
    for claim in &claims {
        assert_eq!(
            claim["status"]["phase"], "Bound",
            "{}",
            claim["metadata"]["name"]
        );
    }
}

pub fn every_target_is_up(node: &Node) {
    let limit = Duration::from_secs(60);
    within(limit, Instant::now(), "every target is up", || {
        let answer = node.fetch("prometheus", "/api/v1/targets?state=active")?;
        let targets = answer["data"]["activeTargets"].as_array().unwrap();
        let down: Vec<_> = targets
            .iter()
            .filter(|target| target["health"] != "up")
            .collect();
        if !down.is_empty() {
            return Err(format!("{down:?}"));
        }
        let jobs: BTreeSet<_> = targets
            .iter()
            .filter_map(|target| target["labels"]["job"].as_str())
            .collect();
        let expected: BTreeSet<_> = PARTS.iter().map(|(part, _)| *part).collect();
        let count: usize = PARTS.iter().map(|(_, count)| count).sum();
        if jobs != expected || targets.len() != count {
            return Err(format!("{} targets of {jobs:?}", targets.len()));
        }
        Ok(())
    });
    // Prometheus discovers Alertmanager some seconds after a start.
    within(
        limit,
        Instant::now(),
        "Prometheus has discovered Alertmanager",
        || {
            let answer = node.fetch("prometheus", "/api/v1/alertmanagers")?;
            let url = &answer["data"]["activeAlertmanagers"][0]["url"];
            (url == "http://alertmanager:9093/api/v2/alerts")
                .then_some(())
                .ok_or_else(|| answer.to_string())
        },
    );
}

pub fn the_summary_has_counts(node: &Node) {
    let limit = Duration::from_secs(60);
    let summary = within(limit, Instant::now(), "every target has succeeded", || {
        let summary = node.summary()?;
        let mut targets = summary.targets.iter();
        let all = targets.all(|target| target.figures.success > 0.0);
        if all && summary.targets.len() == 5 {
            Ok(summary)
        } else {
            Err(format!("{summary:?}"))
        }
    });
    assert!(summary.total.availability_percent.is_some(), "{summary:?}");
    assert_eq!(summary.partial, [""; 0], "{summary:?}");
}
