//! The checks of the stack in a cluster. Each has a name, and its error says what to do.

mod http_checks;
mod object_checks;

use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::kubectl::Kubectl;
use crate::terminal::progress::Progress;

/// The pause between two runs.
const PERIOD: Duration = Duration::from_secs(3);

#[derive(Debug)]
pub struct CheckResult {
    pub name: &'static str,
    /// A summary of the checked state, or the error.
    pub outcome: anyhow::Result<String>,
    /// Whether a failure remains until somebody acts. Other failures are normal during a start.
    pub needs_action: bool,
}

impl CheckResult {
    fn new(name: &'static str, outcome: anyhow::Result<String>) -> Self {
        Self {
            name,
            outcome,
            needs_action: false,
        }
    }

    fn needs_action_if(mut self, needs_action: bool) -> Self {
        self.needs_action = needs_action;
        self
    }
}

/// Returns whether all checks passed.
pub fn all_passed(results: &[CheckResult]) -> bool {
    results.iter().all(|check| check.outcome.is_ok())
}

/// Returns whether a failure remains until somebody acts.
pub fn any_needs_action(results: &[CheckResult]) -> bool {
    results
        .iter()
        .any(|check| check.needs_action && check.outcome.is_err())
}

/// Runs all checks until they pass, at most for `limit`, or until `give_up` returns true. Shows which check it waits for.
pub async fn wait(
    kubectl: &Kubectl<'_>,
    tags: &Path,
    limit: Duration,
    give_up: impl Fn(&[CheckResult]) -> bool,
) -> Vec<CheckResult> {
    let mut progress = Progress::default();
    let mut shown = String::new();
    let results = retry(
        limit,
        async || run(kubectl, tags).await,
        |results| {
            let failed = results
                .iter()
                .find_map(|check| Some((check.name, check.outcome.as_ref().err()?)));
            if let Some((name, error)) = failed {
                let text = format!("waiting: {name}: {error:#}");
                if text != shown {
                    progress.step(&text);
                    shown = text;
                }
            }
            !give_up(results)
        },
    )
    .await;
    progress.finish();
    results
}

/// Runs the checks until all pass, `limit` has passed, or `go_on` returns false for the results of a run.
async fn retry(
    limit: Duration,
    mut run: impl AsyncFnMut() -> Vec<CheckResult>,
    mut go_on: impl FnMut(&[CheckResult]) -> bool,
) -> Vec<CheckResult> {
    let start = Instant::now();
    loop {
        let results = run().await;
        if all_passed(&results) || start.elapsed() >= limit || !go_on(&results) {
            return results;
        }
        sleep(PERIOD).await;
    }
}

/// Runs all checks once. If the cluster does not answer, that failure is the only result.
async fn run(kubectl: &Kubectl<'_>, tags: &Path) -> Vec<CheckResult> {
    let pods = match kubectl.get("pods") {
        Ok(pods) => pods,
        Err(error) => {
            let context = &kubectl.context;
            let outcome = Err(error.context(format!(
                "the cluster of the context {context} does not answer: start it (minikube start), or name another one: --context NAME"
            )));
            return vec![CheckResult::new("cluster answers", outcome).needs_action_if(true)];
        }
    };
    let volumes = kubectl.get("persistentvolumeclaims");
    let volumes = volumes.and_then(|volumes| object_checks::volumes_bound(&volumes));
    let mut results = vec![
        CheckResult::new("PVCs bound", volumes),
        CheckResult::new("pods ready", object_checks::pods_ready(&pods))
            .needs_action_if(object_checks::any_container_needs_action(&pods)),
        CheckResult::new("images current", object_checks::images_current(&pods, tags)),
        CheckResult::new("targets up", http_checks::targets_up(kubectl).await),
        CheckResult::new("rule exists", http_checks::rule_exists(kubectl).await),
        CheckResult::new(
            "configuration loaded",
            http_checks::configuration_loaded(kubectl).await,
        ),
        CheckResult::new(
            "Alertmanager reachable",
            http_checks::alertmanager_reachable(kubectl).await,
        ),
        CheckResult::new(
            "logger has lines",
            http_checks::logger_has_lines(kubectl).await,
        ),
        CheckResult::new(
            "gateway answers",
            http_checks::gateway_answers(kubectl).await,
        ),
    ];
    if object_checks::runs(&pods, "grafana") {
        let grafana = http_checks::grafana_answers(kubectl).await;
        results.push(CheckResult::new("Grafana answers", grafana));
    }
    results
}

#[cfg(test)]
mod tests {
    use anyhow::ensure;

    use super::*;

    /// Runs a check of a Prometheus that started at `start` and discovers Alertmanager 5 s later.
    fn check_since(start: Instant) -> Vec<CheckResult> {
        let outcome = || {
            ensure!(
                start.elapsed() >= Duration::from_secs(5),
                "Prometheus has not discovered an Alertmanager"
            );
            Ok(String::new())
        };
        vec![CheckResult::new("Alertmanager reachable", outcome())]
    }

    #[tokio::test(start_paused = true)]
    async fn checks_wait_for_a_prometheus_that_has_just_started() {
        let start = Instant::now();
        let limit = Duration::from_secs(90);
        assert!(!all_passed(&check_since(start)), "a single run fails");
        assert!(all_passed(
            &retry(limit, async || check_since(start), |_| true).await
        ));
        assert!(start.elapsed() < Duration::from_secs(10));
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_returned_after_the_limit_or_at_once_if_it_needs_action() {
        let start = Instant::now();
        let failing = || {
            vec![CheckResult::new("targets up", Err(anyhow::anyhow!("down"))).needs_action_if(true)]
        };
        let limit = Duration::from_secs(90);
        let results = retry(limit, async || failing(), |_| true).await;
        assert!(!all_passed(&results) && start.elapsed() >= limit);
        let start = Instant::now();
        retry(
            limit,
            async || failing(),
            |results| !any_needs_action(results),
        )
        .await;
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}
