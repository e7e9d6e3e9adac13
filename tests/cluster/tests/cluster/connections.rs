//! Compares the NetworkPolicies with the contract, for every pair of parts and every port.

use cluster_tests::Node;
use cluster_tests::policies::{End, Protocol, allows, pods, policies};
use serde_json::Value;

/// Connections that a release's settings add to those between parts.
#[derive(Debug, Default, Clone, Copy)]
pub struct Extras {
    pub ingress: bool,
    pub smtp: Option<u16>,
    pub remote_write: Option<u16>,
}

/// The port of each part.
const PORTS: [(&str, u16); 8] = [
    ("alert-logger", 8080),
    ("alertmanager", 9093),
    ("api-gateway", 8080),
    ("dashboard-ui", 8080),
    ("demo-target", 8080),
    ("grafana", 3000),
    ("ping-agent", 8080),
    ("prometheus", 9090),
];

/// Returns whether the contract allows a connection between parts. Prometheus reads its own metrics over loopback. `lab` is
/// the pod of `helm test`.
fn is_allowed(from: &str, to: &str) -> bool {
    match from {
        "dashboard-ui" | "lab" => to == "api-gateway",
        "api-gateway" => ["ping-agent", "prometheus", "alert-logger"].contains(&to),
        "prometheus" => to != "prometheus" && to != "lab",
        "alertmanager" => to == "alert-logger",
        "alert-logger" => ["prometheus", "alertmanager"].contains(&to),
        "grafana" => to == "prometheus",
        "ping-agent" => to != "lab",
        _ => false,
    }
}

/// Pods that are not part of the release.
const STRANGERS: [&str; 3] = ["stranger", "impostor", "ingress-nginx"];

pub fn of_the_running_stack(node: &Node) {
    let mut objects = node.list(&["networkpolicies,pods"]);
    // The pod of an earlier `helm test`.
    objects.retain(|object| object["metadata"]["name"] != "test-data-path");
    let extras = Extras {
        smtp: Some(587),
        remote_write: Some(9009),
        ..Extras::default()
    };
    match_the_contract(&objects, cluster_tests::NAMESPACE, extras);
}

/// Checks that the policies among `objects` allow exactly the contract's connections for the pods and workloads among them.
pub fn match_the_contract(objects: &[Value], namespace: &str, extras: Extras) {
    let policies = policies(objects);
    let parts = pods(objects);
    let End::Pod { labels, .. } = parts.first().expect("a part") else {
        panic!("a part is a pod")
    };
    let strangers = [
        // In the same namespace, but not part of the release.
        End::pod(
            namespace,
            "stranger",
            [("app".to_owned(), "prometheus".to_owned())].into(),
        ),
        // In another namespace, with the labels of a part.
        End::pod("elsewhere", "impostor", labels.clone()),
        End::pod("ingress-nginx", "ingress-nginx", labels.clone()),
        End::Outside,
    ];
    let ends: Vec<&End> = parts.iter().chain(&strangers).collect();
    let mut wrong = Vec::new();
    let mut connections = 0;
    for from in &ends {
        for to in &ends {
            for (port, protocol) in interesting_ports() {
                let expected = expected(from, to, port, protocol, extras);
                let Some(expected) = expected else { continue };
                connections += 1;
                if allows(&policies, from, to, port, protocol) != expected {
                    let must = if expected { "must be" } else { "must not be" };
                    wrong.push(format!(
                        "{} to {}:{port} {protocol:?} {must} allowed",
                        name(from),
                        name(to)
                    ));
                }
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("   {connections} connections checked");
}

fn interesting_ports() -> impl Iterator<Item = (u16, Protocol)> {
    let tcp = [22, 53, 80, 443, 587, 3000, 8080, 8443, 9009, 9090, 9093];
    let udp = [53, 8080];
    tcp.map(|port| (port, Protocol::Tcp))
        .into_iter()
        .chain(udp.map(|port| (port, Protocol::Udp)))
}

/// Returns the name of the part, without the suffix of a pod's name.
fn name(end: &End) -> &str {
    match end {
        End::Pod { name, labels, .. } if !STRANGERS.contains(&name.as_str()) => {
            labels.get("app").map_or(name, String::as_str)
        }
        End::Pod { name, .. } => name,
        End::Outside => "outside",
    }
}

/// Returns whether the contract allows the connection; `None` if neither end is a part.
fn expected(from: &End, to: &End, port: u16, protocol: Protocol, extras: Extras) -> Option<bool> {
    let (from, to) = (name(from), name(to));
    let is_part = |name: &str| name == "lab" || PORTS.iter().any(|(part, _)| *part == name);
    let tcp = protocol == Protocol::Tcp;
    match (is_part(from), is_part(to)) {
        (false, false) => None,
        (true, true) => {
            let serves = PORTS.iter().any(|(part, at)| *part == to && *at == port);
            let tls = from == "ping-agent" && to == "demo-target" && port == 8443;
            Some(tcp && (tls || serves && is_allowed(from, to)))
        }
        (false, true) => {
            let browsers = ["dashboard-ui", "api-gateway"].contains(&to) && port == 8080;
            Some(extras.ingress && from == "ingress-nginx" && browsers && tcp)
        }
        (true, false) => {
            let dns = port == 53;
            let smtp = from == "alertmanager" && extras.smtp == Some(port) && tcp;
            let remote_write = from == "prometheus" && extras.remote_write == Some(port) && tcp;
            Some(dns || from == "ping-agent" || smtp || remote_write)
        }
    }
}
