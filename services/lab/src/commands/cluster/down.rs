//! `cluster down`: removes everything that `up` applied, and names the volumes that the cluster keeps.

use std::process::ExitCode;

use serde_json::Value;

use super::Cluster;
use super::kubectl::{Kubectl, items, text};
use crate::cli::Error;
use crate::terminal::output;

pub fn run(cluster: &Cluster<'_>) -> Result<ExitCode, Error> {
    let terraform = cluster.terraform();
    terraform.prepare()?;
    // Afterwards the state no longer knows the namespace.
    let kubectl = cluster.kubectl();
    terraform.destroy()?;
    output::print(&kept(&kubectl))?;
    if cluster.minikube {
        output::print("minikube still runs: minikube stop, or minikube delete\n")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Describes the volumes that remain: those of a storage class that retains them.
fn kept(kubectl: &Kubectl<'_>) -> String {
    let volumes = match kubectl.get("persistentvolumes") {
        Ok(volumes) => volumes,
        // They belong to no namespace, so not everybody may list them.
        Err(error) => {
            return format!(
                "The stack is removed. Whether its volumes are, kubectl can't tell: {error:#}\n"
            );
        }
    };
    let names = retained(&volumes, &kubectl.namespace);
    if names.is_empty() {
        return "The stack is removed, its volumes too.\n".to_owned();
    }
    format!(
        "The stack is removed. Its storage class retains volumes, and these are left with their data: {}\n\
         To delete them: kubectl --context {} delete persistentvolume {}, then what they name in your storage\n",
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
    fn volumes_of_a_class_that_retains_them_are_named() {
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
