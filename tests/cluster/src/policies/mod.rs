//! Evaluates NetworkPolicies from the objects themselves, because the node's network does not enforce them.

mod objects;
mod selectors;

pub use self::objects::{End, Policy, Protocol, pods, policies};
use self::objects::{Peer, PolicyPort, PolicySpec, Rule};

/// Returns whether `from` can open a connection to `port` of `to`: egress policies of `from` and ingress policies of `to`
/// must allow it. A pod that no policy selects is unrestricted.
#[must_use]
pub fn allows(policies: &[Policy], from: &End, to: &End, port: u16, protocol: Protocol) -> bool {
    let passes = |end: &End, other: &End, direction: Direction| {
        let mut selecting = policies
            .iter()
            .filter(|policy| direction.is_of(&policy.spec) && policy.selects(end))
            .peekable();
        selecting.peek().is_none()
            || selecting.any(|policy| {
                let rules = direction.rules(&policy.spec);
                rules.iter().any(|rule| {
                    direction.covers(rule, policy, other) && on_port(rule, port, protocol)
                })
            })
    };
    passes(from, to, Direction::Egress) && passes(to, from, Direction::Ingress)
}

#[derive(Debug, Clone, Copy)]
enum Direction {
    Ingress,
    Egress,
}

impl Direction {
    fn is_of(self, spec: &PolicySpec) -> bool {
        let name = match self {
            Self::Ingress => "Ingress",
            Self::Egress => "Egress",
        };
        spec.policy_types.iter().any(|kind| kind == name)
    }

    fn rules(self, spec: &PolicySpec) -> &[Rule] {
        match self {
            Self::Ingress => &spec.ingress,
            Self::Egress => &spec.egress,
        }
    }

    /// Returns whether the rule applies to connections with `other`. A rule without peers applies to all.
    fn covers(self, rule: &Rule, policy: &Policy, other: &End) -> bool {
        let peers = match self {
            Self::Ingress => &rule.from,
            Self::Egress => &rule.to,
        };
        peers.is_empty() || peers.iter().any(|peer| is_peer(peer, policy, other))
    }
}

fn is_peer(peer: &Peer, policy: &Policy, end: &End) -> bool {
    let End::Pod {
        namespace,
        namespace_labels,
        labels,
        ..
    } = end
    else {
        return false;
    };
    let in_namespace = match &peer.namespace_selector {
        Some(selector) => selector.matches(namespace_labels),
        None => *namespace == policy.metadata.namespace,
    };
    let is_pod = peer
        .pod_selector
        .as_ref()
        .is_none_or(|selector| selector.matches(labels));
    in_namespace && is_pod
}

/// Returns whether the rule applies to a port. A rule without ports applies to all.
fn on_port(rule: &Rule, port: u16, protocol: Protocol) -> bool {
    let covers = |allowed: &PolicyPort| {
        allowed.protocol == protocol
            && allowed.port.is_none_or(|first| {
                let last = allowed.end_port.unwrap_or(first);
                (first..=last).contains(&port)
            })
    };
    rule.ports.is_empty() || rule.ports.iter().any(covers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn pod(namespace: &str, app: &str) -> End {
        let pod = json!({"kind": "Pod", "metadata": {"name": app, "namespace": namespace, "labels": {"app": app}}});
        pods(&[pod]).remove(0)
    }

    fn policy(spec: &Value) -> Policy {
        let object = json!({
            "kind": "NetworkPolicy", "metadata": {"name": "x", "namespace": "ours"}, "spec": spec,
        });
        policies(&[object]).remove(0)
    }

    fn tcp(policies: &[Policy], from: &End, to: &End, port: u16) -> bool {
        allows(policies, from, to, port, Protocol::Tcp)
    }

    #[test]
    fn without_a_policy_everything_is_allowed() {
        assert!(tcp(&[], &pod("ours", "a"), &pod("ours", "b"), 80));
        assert!(tcp(&[], &End::Outside, &pod("ours", "b"), 80));
    }

    #[test]
    fn a_policy_without_rules_denies_everything_to_selected_pods_of_its_namespace() {
        let all = policy(&json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}));
        let (ours, theirs) = (pod("ours", "a"), pod("theirs", "a"));
        assert!(!tcp(std::slice::from_ref(&all), &ours, &theirs, 80));
        assert!(!tcp(std::slice::from_ref(&all), &theirs, &ours, 80));
        assert!(tcp(&[all], &theirs, &pod("theirs", "b"), 80));
    }

    #[test]
    fn egress_and_ingress_must_both_allow_a_connection() {
        let out = policy(&json!({
            "podSelector": {"matchLabels": {"app": "a"}}, "policyTypes": ["Egress"],
            "egress": [{"to": [{"podSelector": {"matchLabels": {"app": "b"}}}], "ports": [{"port": 80}]}],
        }));
        let into = policy(&json!({
            "podSelector": {"matchLabels": {"app": "b"}},
            "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "a"}}}], "ports": [{"port": 80, "protocol": "TCP"}]}],
        }));
        let (a, b, c) = (pod("ours", "a"), pod("ours", "b"), pod("ours", "c"));
        let both = [out, into];
        assert!(tcp(&both, &a, &b, 80));
        assert!(!tcp(&both, &a, &b, 81));
        assert!(!allows(&both, &a, &b, 80, Protocol::Udp));
        assert!(!tcp(&both, &c, &b, 80), "b allows ingress from a only");
        assert!(!tcp(&both, &a, &c, 80), "a allows egress to b only");
        assert!(tcp(&both, &b, &c, 80), "b has no egress policy");
        assert!(
            !tcp(&both, &pod("theirs", "a"), &b, 80),
            "another namespace's a"
        );
    }

    #[test]
    fn policies_add_up() {
        let deny = policy(&json!({"podSelector": {}, "policyTypes": ["Egress"]}));
        let dns = policy(&json!({
            "podSelector": {}, "policyTypes": ["Egress"], "egress": [{"ports": [{"port": 53, "protocol": "UDP"}]}],
        }));
        let any = policy(&json!({
            "podSelector": {"matchLabels": {"app": "a"}}, "policyTypes": ["Egress"], "egress": [{}],
        }));
        let (a, b) = (pod("ours", "a"), pod("ours", "b"));
        let all = [deny, dns, any];
        assert!(allows(&all, &b, &End::Outside, 53, Protocol::Udp));
        assert!(!tcp(&all, &b, &End::Outside, 53));
        assert!(
            tcp(&all, &a, &End::Outside, 443),
            "an empty rule applies to everything"
        );
    }

    #[test]
    fn a_namespace_is_selected_by_its_labels() {
        let ingress = policy(&json!({
            "podSelector": {}, "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}}}]}],
        }));
        let ours = pod("ours", "a");
        let rules = [ingress];
        assert!(tcp(&rules, &pod("ingress-nginx", "controller"), &ours, 80));
        assert!(
            !tcp(&rules, &pod("ours", "b"), &ours, 80),
            "the policy's own namespace is not selected"
        );
        assert!(!tcp(&rules, &End::Outside, &ours, 80));
    }

    #[test]
    fn expressions_and_ranges_of_ports() {
        let rule = policy(&json!({
            "podSelector": {"matchExpressions": [
                {"key": "app", "operator": "NotIn", "values": ["b"]}, {"key": "other", "operator": "DoesNotExist"},
            ]},
            "ingress": [{"ports": [{"port": 80, "endPort": 89, "protocol": "TCP"}]}],
        }));
        let rules = [rule];
        let (a, b) = (pod("ours", "a"), pod("ours", "b"));
        assert!(tcp(&rules, &b, &a, 89) && !tcp(&rules, &b, &a, 90));
        assert!(tcp(&rules, &a, &b, 90), "b is not selected");
    }

    #[test]
    #[should_panic(expected = "ipBlock")]
    fn an_unknown_field_is_rejected() {
        let _ = policy(&json!({
            "podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}],
        }));
    }
}
