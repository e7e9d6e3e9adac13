//! What has to be true of the stack in a cluster, by name. Each failure says what to do.

mod http_checks;
mod object_checks;

use std::path::Path;

use super::kubectl::Kubectl;

/// What came of a check.
#[derive(Debug)]
pub struct Checked {
    pub name: &'static str,
    /// What was seen, or what is wrong.
    pub outcome: anyhow::Result<String>,
}

/// Runs all checks. Where the cluster itself does not answer there is but one.
pub async fn run(kubectl: &Kubectl<'_>, tags: &Path) -> Vec<Checked> {
    let pods = match kubectl.get("pods") {
        Ok(pods) => pods,
        Err(error) => {
            let context = &kubectl.context;
            let outcome = Err(error.context(format!(
                "the cluster of the context {context} does not answer: start it (minikube start), or name another one: --context NAME"
            )));
            return vec![Checked {
                name: "cluster answers",
                outcome,
            }];
        }
    };
    let volumes = kubectl.get("persistentvolumeclaims");
    let mut checked = vec![
        Checked {
            name: "PVCs bound",
            outcome: volumes.and_then(|volumes| object_checks::volumes_bound(&volumes)),
        },
        Checked {
            name: "pods ready",
            outcome: object_checks::pods_ready(&pods),
        },
        Checked {
            name: "images current",
            outcome: object_checks::images_current(&pods, tags),
        },
        Checked {
            name: "targets up",
            outcome: http_checks::targets_up(kubectl).await,
        },
        Checked {
            name: "rule exists",
            outcome: http_checks::rule_exists(kubectl).await,
        },
        Checked {
            name: "configuration loaded",
            outcome: http_checks::configuration_loaded(kubectl).await,
        },
        Checked {
            name: "Alertmanager reachable",
            outcome: http_checks::alertmanager_reachable(kubectl).await,
        },
        Checked {
            name: "logger has lines",
            outcome: http_checks::logger_has_lines(kubectl).await,
        },
        Checked {
            name: "gateway answers",
            outcome: http_checks::gateway_answers(kubectl).await,
        },
    ];
    if object_checks::runs(&pods, "grafana") {
        checked.push(Checked {
            name: "Grafana answers",
            outcome: http_checks::grafana_answers(kubectl).await,
        });
    }
    checked
}
