//! Who may connect to whom: the policies against the contract, for every pair and every port.

use cluster_tests::Node;
use cluster_tests::policies::{End, Protocol, allows, pods, policies};
use serde_json::Value;

/// What a release has beside its parts' own connections.
#[derive(Debug, Default, Clone, Copy)]
pub struct Extras {
    pub ingress: bool,
    pub smtp: Option<u16>,
    pub remote_write: Option<u16>,
}

/// Where each part serves.
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

/// The contract: all connections between parts, and no others. Prometheus reads its own metrics over loopback. `lab` is
/// the pod of `helm test`.
fn contract(from: &str, to: &str) -> bool {
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

/// Someone that the release does not know.
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
    are_the_contracts(&objects, cluster_tests::NAMESPACE, extras);
}

/// Whether the policies among `objects` allow what the contract says to the pods and workloads among them.
pub fn are_the_contracts(objects: &[Value], namespace: &str, extras: Extras) {
    let policies = policies(objects);
    let parts = pods(objects);
    let End::Pod { labels, .. } = parts.first().expect("a part") else {
        panic!("a part is a pod")
    };
    let strangers = [
        // In the same namespace, and of another making.
        End::pod(
            namespace,
            "stranger",
            [("app".to_owned(), "prometheus".to_owned())].into(),
        ),
        // In another one, with the labels of a part.
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
    println!("   {connections} connections judged");
}

fn interesting_ports() -> impl Iterator<Item = (u16, Protocol)> {
    let tcp = [22, 53, 80, 443, 587, 3000, 8080, 8443, 9009, 9090, 9093];
    let udp = [53, 8080];
    tcp.map(|port| (port, Protocol::Tcp))
        .into_iter()
        .chain(udp.map(|port| (port, Protocol::Udp)))
}

/// The name of the part; a pod's has more than that.
fn name(end: &End) -> &str {
    match end {
        End::Pod { name, labels, .. } if !STRANGERS.contains(&name.as_str()) => {
            labels.get("app").map_or(name, String::as_str)
        }
        End::Pod { name, .. } => name,
        End::Outside => "outside",
    }
}

/// Whether the contract has the connection; `None` between two whom no policy of ours is about.
fn expected(from: &End, to: &End, port: u16, protocol: Protocol, extras: Extras) -> Option<bool> {
    let (from, to) = (name(from), name(to));
    let is_part = |name: &str| name == "lab" || PORTS.iter().any(|(part, _)| *part == name);
    let tcp = protocol == Protocol::Tcp;
    match (is_part(from), is_part(to)) {
        (false, false) => None,
        (true, true) => {
            let serves = PORTS.iter().any(|(part, at)| *part == to && *at == port);
            let tls = from == "ping-agent" && to == "demo-target" && port == 8443;
            Some(tcp && (tls || serves && contract(from, to)))
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
