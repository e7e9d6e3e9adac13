//! Converts the objects of a plan for kubectl and helm.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::variables::Password;

/// A release of a chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The chart's folder, relative to Terraform's configuration.
    pub chart: String,
    /// Values in YAML. Later ones override earlier ones.
    pub values: Vec<String>,
    /// The description of this revision.
    pub description: String,
    /// The timeout for its pods in seconds.
    pub timeout: u64,
}

/// The objects that a plan creates.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Objects {
    /// The manifests, in the order of their creation.
    pub manifests: Vec<Value>,
    /// The releases, which are installed after the manifests.
    pub releases: Vec<Release>,
}

/// Reads a plan (`terraform show -json`) that starts without state. A plan contains no write-only values, so Secrets get
/// theirs from `passwords`.
///
/// # Panics
/// The plan has an unsupported resource, or a Secret without a password.
#[must_use]
pub fn objects(plan: &Value, passwords: &[Password]) -> Objects {
    let mut objects = Objects::default();
    for resource in plan["resource_changes"].as_array().expect("changes") {
        let after = &resource["change"]["after"];
        match resource["type"].as_str().expect("a type") {
            "helm_release" => objects.releases.push(release(after)),
            kind => objects.manifests.push(manifest(kind, after, passwords)),
        }
    }
    // The namespace comes first; the other objects do not depend on each other.
    objects
        .manifests
        .sort_by_key(|manifest| manifest["kind"] != "Namespace");
    objects
}

/// Returns `KIND/NAME` of a resource.
#[must_use]
pub fn kind_and_name(kind: &str, resource: &Value) -> String {
    let name = resource["metadata"][0]["name"].as_str();
    let name = name.or(resource["name"].as_str()).expect("a name");
    format!("{kind}/{name}")
}

fn manifest(kind: &str, after: &Value, passwords: &[Password]) -> Value {
    let metadata = present(&after["metadata"][0]);
    match kind {
        "kubernetes_namespace_v1" => {
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        }
        "kubernetes_config_map_v1" => {
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": after["data"]})
        }
        "kubernetes_secret_v1" => {
            assert!(
                after["data"].is_null(),
                "a Secret's data would be in the state: {metadata:?}"
            );
            assert!(
                after["data_wo_revision"].as_u64() >= Some(1),
                "the Secret has no write-only data: {metadata:?}"
            );
            let password = passwords
                .iter()
                .find(|password| metadata["name"] == password.secret)
                .unwrap_or_else(|| panic!("no password for {metadata:?}"));
            let data = BTreeMap::from([("password", password.value)]);
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": data})
        }
        "kubernetes_persistent_volume_claim_v1" => {
            let spec = &after["spec"][0];
            let mut manifest = json!({
                "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": {
                    "accessModes": spec["access_modes"],
                    "resources": {"requests": spec["resources"][0]["requests"]},
                },
            });
            if let Some(class) = spec["storage_class_name"].as_str() {
                manifest["spec"]["storageClassName"] = json!(class);
            }
            manifest
        }
        kind => panic!("the plan has a {kind}, which stack/manifests.rs does not support"),
    }
}

fn release(after: &Value) -> Release {
    let text = |key: &str| after[key].as_str().expect("a text").to_owned();
    let values = after["values"]
        .as_array()
        .expect("values known in the plan");
    Release {
        name: text("name"),
        namespace: text("namespace"),
        chart: text("chart"),
        values: values
            .iter()
            .map(|values| values.as_str().expect("YAML").to_owned())
            .collect(),
        description: text("description"),
        timeout: after["timeout"].as_u64().expect("seconds"),
    }
}

/// Returns the keys that have a value.
fn present(object: &Value) -> Map<String, Value> {
    let object = object.as_object().expect("an object");
    object
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWORD: Password = Password {
        variable: "smtp_auth_password",
        secret: "alertmanager-smtp",
        value: "canary",
    };

    fn plan(resources: &[(&str, Value)]) -> Value {
        let changes: Vec<Value> = resources
            .iter()
            .map(|(kind, after)| json!({"type": kind, "change": {"after": after}}))
            .collect();
        json!({ "resource_changes": changes })
    }

    fn metadata(name: &str) -> Value {
        json!([{"name": name, "namespace": "uptimepulse", "labels": {"a": "b"}, "annotations": null}])
    }

    #[test]
    fn resources_become_manifests_with_the_namespace_first() {
        let claim = json!({"metadata": metadata("data"), "spec": [{
            "access_modes": ["ReadWriteOnce"], "storage_class_name": null,
            "resources": [{"requests": {"storage": "5Gi"}, "limits": null}],
        }]});
        let secret = json!({"metadata": metadata("alertmanager-smtp"), "data": null, "data_wo": null, "data_wo_revision": 1});
        let found = objects(
            &plan(&[
                ("kubernetes_persistent_volume_claim_v1", claim),
                ("kubernetes_secret_v1", secret),
                (
                    "kubernetes_config_map_v1",
                    json!({"metadata": metadata("rules"), "data": {"a.yml": "b"}}),
                ),
                (
                    "kubernetes_namespace_v1",
                    json!({"metadata": [{"name": "uptimepulse"}]}),
                ),
            ]),
            &[PASSWORD],
        );
        let kinds: Vec<_> = found
            .manifests
            .iter()
            .map(|it| it["kind"].as_str())
            .collect();
        assert_eq!(
            kinds.into_iter().flatten().collect::<Vec<_>>(),
            ["Namespace", "PersistentVolumeClaim", "Secret", "ConfigMap"]
        );
        let [_, claim, secret, rules] = &found.manifests[..] else {
            panic!("four")
        };
        assert_eq!(
            claim["spec"],
            json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "5Gi"}}})
        );
        assert_eq!(secret["stringData"], json!({"password": "canary"}));
        assert_eq!(rules["data"], json!({"a.yml": "b"}));
        assert_eq!(
            rules["metadata"],
            json!({"name": "rules", "namespace": "uptimepulse", "labels": {"a": "b"}})
        );
    }

    #[test]
    fn a_release_keeps_its_values_in_order() {
        let after = json!({
            "name": "uptimepulse", "namespace": "n", "chart": "./chart", "description": "chart 1", "timeout": 300,
            "values": ["a: 1\n", "b: 2\n"],
        });
        let found = objects(&plan(&[("helm_release", after)]), &[]);
        assert_eq!(found.releases[0].values, ["a: 1\n", "b: 2\n"]);
        assert_eq!(found.releases[0].chart, "./chart");
    }

    #[test]
    #[should_panic(expected = "kubernetes_job_v1")]
    fn an_unsupported_resource_is_rejected() {
        let _ = objects(
            &plan(&[("kubernetes_job_v1", json!({"metadata": metadata("x")}))]),
            &[],
        );
    }

    #[test]
    #[should_panic(expected = "would be in the state")]
    fn a_secret_with_plain_data_is_rejected() {
        let secret = json!({"metadata": metadata("alertmanager-smtp"), "data": {"password": "x"}, "data_wo_revision": 1});
        let _ = objects(&plan(&[("kubernetes_secret_v1", secret)]), &[PASSWORD]);
    }
}
