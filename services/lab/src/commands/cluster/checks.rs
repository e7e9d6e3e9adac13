//! The checks of the stack in a cluster, by name. Each failure says what to do.

mod http_checks;
mod object_checks;

use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::kubectl::Kubectl;
use crate::terminal::progress::Progress;

/// The pause between two runs.
const PERIOD: Duration = Duration::from_secs(3);

/// The result of a check.
#[derive(Debug)]
pub struct Checked {
    pub name: &'static str,
    /// A summary, or the error.
    pub outcome: anyhow::Result<String>,
    /// Whether a failure lasts until somebody acts. Other failures are normal during a start.
    pub lasts: bool,
}

impl Checked {
    fn new(name: &'static str, outcome: anyhow::Result<String>) -> Self {
        Self {
            name,
            outcome,
            lasts: false,
        }
    }

    fn lasts_if(mut self, lasts: bool) -> Self {
        self.lasts = lasts;
        self
    }

    fn failure(&self) -> Option<&anyhow::Error> {
        self.outcome.as_ref().err()
    }
}

/// Returns whether no check failed.
pub fn all_good(checked: &[Checked]) -> bool {
    checked.iter().all(|check| check.outcome.is_ok())
}

/// Returns whether a failure lasts until somebody acts.
pub fn something_lasts(checked: &[Checked]) -> bool {
    checked
        .iter()
        .any(|check| check.lasts && check.outcome.is_err())
}

/// Runs all checks until they pass, at most for `limit`, or until `hopeless` returns that waiting is useless. Shows which
/// check it waits for.
pub async fn settle(
    kubectl: &Kubectl<'_>,
    tags: &Path,
    limit: Duration,
    hopeless: impl Fn(&[Checked]) -> bool,
) -> Vec<Checked> {
    let mut progress = Progress::default();
    let mut said = String::new();
    let checked = until_good(
        limit,
        async || run(kubectl, tags).await,
        |checked| {
            let failed = checked
                .iter()
                .find_map(|check| Some((check.name, check.failure()?)));
            if let Some((name, error)) = failed {
                let text = format!("waiting: {name}: {error:#}");
                if text != said {
                    progress.step(&text);
                    said = text;
                }
            }
            !hopeless(checked)
        },
    )
    .await;
    progress.finish();
    checked
}

/// Runs the checks until all pass or `limit` has passed. `go_on` receives the results of each run, and can stop.
async fn until_good(
    limit: Duration,
    mut run: impl AsyncFnMut() -> Vec<Checked>,
    mut go_on: impl FnMut(&[Checked]) -> bool,
) -> Vec<Checked> {
    let begun = Instant::now();
    loop {
        let checked = run().await;
        if all_good(&checked) || begun.elapsed() >= limit || !go_on(&checked) {
            return checked;
        }
        sleep(PERIOD).await;
    }
}

/// Runs all checks once. If the cluster does not answer, there is only a check of that.
async fn run(kubectl: &Kubectl<'_>, tags: &Path) -> Vec<Checked> {
    let pods = match kubectl.get("pods") {
        Ok(pods) => pods,
        Err(error) => {
            let context = &kubectl.context;
            let outcome = Err(error.context(format!(
                "the cluster of the context {context} does not answer: start it (minikube start), or name another one: --context NAME"
            )));
            return vec![Checked::new("cluster answers", outcome).lasts_if(true)];
        }
    };
    let volumes = kubectl.get("persistentvolumeclaims");
    let volumes = volumes.and_then(|volumes| object_checks::volumes_bound(&volumes));
    let mut checked = vec![
        Checked::new("PVCs bound", volumes),
        Checked::new("pods ready", object_checks::pods_ready(&pods))
            .lasts_if(object_checks::need_help(&pods)),
        Checked::new("images current", object_checks::images_current(&pods, tags)),
        Checked::new("targets up", http_checks::targets_up(kubectl).await),
        Checked::new("rule exists", http_checks::rule_exists(kubectl).await),
        Checked::new(
            "configuration loaded",
            http_checks::configuration_loaded(kubectl).await,
        ),
        Checked::new(
            "Alertmanager reachable",
            http_checks::alertmanager_reachable(kubectl).await,
        ),
        Checked::new(
            "logger has lines",
            http_checks::logger_has_lines(kubectl).await,
        ),
        Checked::new(
            "gateway answers",
            http_checks::gateway_answers(kubectl).await,
        ),
    ];
    if object_checks::runs(&pods, "grafana") {
        let grafana = http_checks::grafana_answers(kubectl).await;
        checked.push(Checked::new("Grafana answers", grafana));
    }
    checked
}

#[cfg(test)]
mod tests {
    use anyhow::ensure;

    use super::*;

    /// Checks of a Prometheus that started at `start` and knows its Alertmanager 5 s later.
    fn after(start: Instant) -> Vec<Checked> {
        let knows = || {
            ensure!(
                start.elapsed() >= Duration::from_secs(5),
                "Prometheus knows no Alertmanager"
            );
            Ok(String::new())
        };
        vec![Checked::new("Alertmanager reachable", knows())]
    }

    #[tokio::test(start_paused = true)]
    async fn a_prometheus_that_has_just_started_is_waited_for() {
        let start = Instant::now();
        let limit = Duration::from_secs(90);
        assert!(!all_good(&after(start)), "what a single run sees");
        assert!(all_good(
            &until_good(limit, async || after(start), |_| true).await
        ));
        assert!(start.elapsed() < Duration::from_secs(10));
    }

    #[tokio::test(start_paused = true)]
    async fn what_stays_wrong_is_told_after_the_limit_or_at_once_where_nothing_will_change() {
        let start = Instant::now();
        let wrong =
            || vec![Checked::new("targets up", Err(anyhow::anyhow!("down"))).lasts_if(true)];
        let limit = Duration::from_secs(90);
        let checked = until_good(limit, async || wrong(), |_| true).await;
        assert!(!all_good(&checked) && start.elapsed() >= limit);
        let start = Instant::now();
        until_good(limit, async || wrong(), |checked| !something_lasts(checked)).await;
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}
