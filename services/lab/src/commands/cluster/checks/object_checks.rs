//! Checks of Kubernetes objects.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use super::super::kubectl::{items, text};

/// Checks that every claim is bound to a volume.
pub fn volumes_bound(claims: &Value) -> anyhow::Result<String> {
    let claims = items(claims);
    ensure!(
        !claims.is_empty(),
        "there are no claims: terraform apply creates them"
    );
    for claim in claims {
        let phase = text(claim, "/status/phase");
        ensure!(
            phase == "Bound",
            "{} is {phase}: `kubectl get storageclass` must show a default one; else set storage_class",
            text(claim, "/metadata/name")
        );
    }
    Ok(names(claims))
}

/// The reasons of waiting containers that remain until somebody acts.
const NEEDS_ACTION: [&str; 4] = [
    "CrashLoopBackOff",
    "ErrImageNeverPull",
    "ErrImagePull",
    "ImagePullBackOff",
];

/// Returns whether a container waits until somebody acts.
pub fn any_container_needs_action(pods: &Value) -> bool {
    items(pods)
        .iter()
        .filter(|pod| !is_done(pod))
        .flat_map(|pod| list(pod, "/status/containerStatuses"))
        .any(|container| NEEDS_ACTION.contains(&text(container, "/state/waiting/reason")))
}

/// Checks that every pod is ready.
pub fn pods_ready(pods: &Value) -> anyhow::Result<String> {
    // The pod of a Helm hook remains for its log.
    let pods: Vec<&Value> = items(pods).iter().filter(|pod| !is_done(pod)).collect();
    ensure!(
        !pods.is_empty(),
        "there are no pods: terraform apply creates them"
    );
    for pod in &pods {
        let name = text(pod, "/metadata/name");
        for container in list(pod, "/status/containerStatuses") {
            if container.get("ready").and_then(Value::as_bool) == Some(true) {
                continue;
            }
            let image = text(container, "/image");
            match text(container, "/state/waiting/reason") {
                "ErrImageNeverPull" => bail!(
                    "{name}: the image {image} is not in the cluster: nix run .#load-images loads it into minikube (another profile: MINIKUBE_PROFILE), then terraform apply"
                ),
                "ErrImagePull" | "ImagePullBackOff" => bail!(
                    "{name}: {image} can't be pulled: push it there (nix run .#load-images -- COMMAND), or correct image_registry"
                ),
                "CrashLoopBackOff" => {
                    bail!("{name} crashes again and again: kubectl logs --previous {name}")
                }
                _ => bail!(
                    "{name}: {} is not ready: kubectl describe pod {name}",
                    text(container, "/name")
                ),
            }
        }
        let phase = text(pod, "/status/phase");
        ensure!(
            phase == "Running",
            "{name} is {phase}: kubectl describe pod {name}"
        );
    }
    Ok(format!("{} pods", pods.len()))
}

/// Checks that the pods run the images that were loaded last.
pub fn images_current(pods: &Value, tags: &Path) -> anyhow::Result<String> {
    let Ok(file) = fs::read(tags) else {
        return Ok("no images were loaded from this checkout".to_owned());
    };
    let tags: Value = serde_json::from_slice(&file).with_context(|| {
        format!(
            "{} is not JSON: nix run .#load-images writes it again",
            tags.display()
        )
    })?;
    let mut compared = 0;
    for pod in items(pods).iter().filter(|pod| !is_done(pod)) {
        for container in list(pod, "/spec/containers") {
            let Some((image, tag)) = text(container, "/image").rsplit_once(':') else {
                continue;
            };
            let name = image.rsplit('/').next().unwrap_or(image);
            let loaded = tags
                .pointer(&format!("/image_tags/{name}"))
                .and_then(Value::as_str);
            if let Some(loaded) = loaded {
                ensure!(
                    loaded == tag,
                    "{} runs {name}:{tag}, but {name}:{loaded} was loaded since: terraform -chdir=terraform apply",
                    text(pod, "/metadata/name")
                );
                compared += 1;
            }
        }
    }
    Ok(format!("{compared} containers run the last loaded images"))
}

/// Returns whether there is a pod of this part.
pub fn runs(pods: &Value, part: &str) -> bool {
    items(pods)
        .iter()
        .any(|pod| text(pod, "/metadata/labels/app") == part)
}

fn is_done(pod: &Value) -> bool {
    matches!(text(pod, "/status/phase"), "Succeeded" | "Failed")
        || pod.pointer("/metadata/annotations/helm.sh~1hook").is_some()
}

fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn names(objects: &[Value]) -> String {
    objects
        .iter()
        .map(|object| text(object, "/metadata/name"))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pods(state: Value, ready: bool) -> Value {
        json!({"items": [{
            "metadata": {"name": "ping-agent-0"},
            "spec": {"containers": [{"name": "ping-agent", "image": "uptimepulse/ping-agent:new"}]},
            "status": {"phase": "Running", "containerStatuses": [
                {"name": "ping-agent", "image": "uptimepulse/ping-agent:new", "ready": ready, "state": state}
            ]}
        }]})
    }

    #[test]
    fn the_error_of_a_pod_says_what_to_do() {
        assert_eq!(
            pods_ready(&pods(json!({"running": {}}), true)).unwrap(),
            "1 pods"
        );
        assert!(
            !any_container_needs_action(&pods(json!({"running": {}}), false)),
            "it is still starting"
        );
        let never = pods(json!({"waiting": {"reason": "ErrImageNeverPull"}}), false);
        assert!(any_container_needs_action(&never));
        let message = pods_ready(&never).unwrap_err().to_string();
        assert!(
            message.contains("nix run .#load-images") && message.contains("ping-agent:new"),
            "{message}"
        );
        let crash = pods(json!({"waiting": {"reason": "CrashLoopBackOff"}}), false);
        assert!(
            pods_ready(&crash)
                .unwrap_err()
                .to_string()
                .contains("kubectl logs")
        );
        assert!(pods_ready(&json!({"items": []})).is_err());
    }

    #[test]
    fn a_loaded_image_that_is_not_applied_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let tags = folder.path().join("tags.json");
        let pods = pods(json!({"running": {}}), true);
        assert!(images_current(&pods, &tags).is_ok());
        fs::write(&tags, r#"{"image_tags": {"ping-agent": "new"}}"#).unwrap();
        assert_eq!(
            images_current(&pods, &tags).unwrap(),
            "1 containers run the last loaded images"
        );
        fs::write(&tags, r#"{"image_tags": {"ping-agent": "newer"}}"#).unwrap();
        let message = images_current(&pods, &tags).unwrap_err().to_string();
        assert!(
            message.contains("apply") && message.contains("ping-agent:newer"),
            "{message}"
        );
    }

    #[test]
    fn a_pending_claim_is_named() {
        let claim = |phase: &str| json!({"items": [{"metadata": {"name": "prometheus-data"}, "status": {"phase": phase}}]});
        assert_eq!(volumes_bound(&claim("Bound")).unwrap(), "prometheus-data");
        assert!(
            volumes_bound(&claim("Pending"))
                .unwrap_err()
                .to_string()
                .contains("prometheus-data is Pending")
        );
    }
}
