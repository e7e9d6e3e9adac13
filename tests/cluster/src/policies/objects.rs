//! The objects of the evaluator, as the API server returns them. Unknown fields are rejected, because they could change the
//! meaning.

use serde::Deserialize;
use serde_json::Value;

use super::selectors::{Labels, Selector};

/// One end of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// A pod.
    Pod {
        /// Its name.
        name: String,
        /// Its namespace.
        namespace: String,
        /// The labels of its namespace.
        namespace_labels: Labels,
        /// Its labels.
        labels: Labels,
    },
    /// An address outside the cluster.
    Outside,
}

/// The protocol of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Protocol {
    /// TCP, the default.
    #[default]
    Tcp,
    /// UDP.
    Udp,
}

/// A `NetworkPolicy`.
#[derive(Debug, Clone, Deserialize)]
pub struct Policy {
    pub(super) metadata: Metadata,
    pub(super) spec: PolicySpec,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Metadata {
    name: String,
    pub(super) namespace: String,
    #[serde(default)]
    labels: Labels,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PolicySpec {
    pod_selector: Selector,
    #[serde(default)]
    pub(super) policy_types: Vec<String>,
    #[serde(default)]
    pub(super) ingress: Vec<Rule>,
    #[serde(default)]
    pub(super) egress: Vec<Rule>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    #[serde(default)]
    pub(super) from: Vec<Peer>,
    #[serde(default)]
    pub(super) to: Vec<Peer>,
    #[serde(default)]
    pub(super) ports: Vec<PolicyPort>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Peer {
    pub(super) pod_selector: Option<Selector>,
    pub(super) namespace_selector: Option<Selector>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PolicyPort {
    #[serde(default)]
    pub(super) protocol: Protocol,
    /// The number. A name is rejected, because its meaning depends on the pod.
    pub(super) port: Option<u16>,
    pub(super) end_port: Option<u16>,
}

impl Policy {
    /// Returns whether the policy selects this end.
    pub(super) fn selects(&self, end: &End) -> bool {
        matches!(end, End::Pod { namespace, labels, .. }
            if *namespace == self.metadata.namespace && self.spec.pod_selector.matches(labels))
    }
}

/// Returns the policies among these objects.
///
/// # Panics
/// A policy has a field that this evaluator does not support.
#[must_use]
pub fn policies(objects: &[Value]) -> Vec<Policy> {
    objects
        .iter()
        .filter(|object| object["kind"] == "NetworkPolicy")
        .map(|object| {
            let mut policy: Policy = serde_json::from_value(object.clone())
                .unwrap_or_else(|error| panic!("{}: {error}", object["metadata"]["name"]));
            if policy.spec.policy_types.is_empty() {
                policy.spec.policy_types.push("Ingress".to_owned());
                if !policy.spec.egress.is_empty() {
                    policy.spec.policy_types.push("Egress".to_owned());
                }
            }
            policy
        })
        .collect()
}

/// Returns the pods among these objects, and one pod for each workload, with the labels of its template.
#[must_use]
pub fn pods(objects: &[Value]) -> Vec<End> {
    objects
        .iter()
        .filter_map(|object| {
            let metadata: Metadata = match object["kind"].as_str()? {
                "Pod" | "Deployment" | "StatefulSet" => {
                    serde_json::from_value(object["metadata"].clone()).expect("metadata")
                }
                _ => return None,
            };
            let template = &object["spec"]["template"]["metadata"]["labels"];
            let labels = serde_json::from_value(template.clone()).unwrap_or(metadata.labels);
            Some(End::pod(&metadata.namespace, &metadata.name, labels))
        })
        .collect()
}

impl End {
    /// Creates a pod in a namespace that has only the label `kubernetes.io/metadata.name`, as every namespace does.
    #[must_use]
    pub fn pod(namespace: &str, name: &str, labels: Labels) -> Self {
        let label = (
            "kubernetes.io/metadata.name".to_owned(),
            namespace.to_owned(),
        );
        Self::Pod {
            name: name.to_owned(),
            namespace: namespace.to_owned(),
            namespace_labels: Labels::from([label]),
            labels,
        }
    }
}
