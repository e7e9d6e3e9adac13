//! `cluster down`: removes everything that `up` applied, and lists the volumes that the cluster retains.

use std::process::ExitCode;

use serde_json::Value;

use super::Cluster;
use super::kubectl::{Kubectl, items, text};
use crate::cli::Error;
use crate::terminal::output;

pub fn run(cluster: &Cluster<'_>) -> Result<ExitCode, Error> {
    let terraform = cluster.terraform();
    terraform.prepare()?;
    // Read the namespace first: after the destroy it is no longer in Terraform's state.
    let kubectl = cluster.kubectl();
    terraform.destroy()?;
    output::print(&removal_message(&kubectl))?;
    if cluster.minikube {
        output::print("minikube still runs; to end it: minikube stop, or minikube delete\n")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns a message with the volumes that remain because their storage class retains them.
fn removal_message(kubectl: &Kubectl<'_>) -> String {
    let volumes = match kubectl.get("persistentvolumes") {
        Ok(volumes) => volumes,
        // Volumes belong to no namespace, so the user may not be allowed to list them.
        Err(error) => {
            return format!(
                "The stack is removed. Its volumes can't be listed to check that they are removed, too: {error:#}\n"
            );
        }
    };
    let names = retained(&volumes, &kubectl.namespace);
    if names.is_empty() {
        return "The stack and its volumes are removed.\n".to_owned();
    }
    format!(
        "The stack is removed. Its storage class retained these volumes with their data: {}\n\
         To delete them: kubectl --context {} delete persistentvolume {}; then delete their data in your storage\n",
        names.join(", "),
        kubectl.context,
        names.join(" ")
    )
}

/// Returns the retained volumes of the namespace's claims.
fn retained<'a>(volumes: &'a Value, namespace: &str) -> Vec<&'a str> {
    items(volumes)
        .iter()
        .filter(|volume| {
            text(volume, "/spec/claimRef/namespace") == namespace
                && text(volume, "/spec/persistentVolumeReclaimPolicy") == "Retain"
        })
        .map(|volume| text(volume, "/metadata/name"))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn retained_volumes_of_the_namespace_are_listed() {
        let volume = |name: &str, policy: &str, namespace: &str| {
            json!({"metadata": {"name": name}, "spec": {
                "persistentVolumeReclaimPolicy": policy, "claimRef": {"namespace": namespace}
            }})
        };
        let volumes = json!({"items": [
            volume("pv-1", "Retain", "uptimepulse"),
            volume("pv-2", "Delete", "uptimepulse"),
            volume("pv-3", "Retain", "elsewhere"),
            {"metadata": {"name": "unclaimed"}, "spec": {"persistentVolumeReclaimPolicy": "Retain"}},
        ]});
        assert_eq!(retained(&volumes, "uptimepulse"), ["pv-1"]);
    }
}
