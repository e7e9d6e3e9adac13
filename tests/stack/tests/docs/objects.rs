//! Checks objects of the cluster: `KIND/NAME`, and `get|describe|delete KIND NAME`.

use std::collections::BTreeSet;
use std::fs;

use stack_tests::documents::{Document, assert_none, is_placeholder, sources};
use test_support::repository;

/// The names of each kind in kubectl, and the kind.
const KINDS: [(&str, &str); 12] = [
    ("deployment", "Deployment"),
    ("deploy", "Deployment"),
    ("statefulset", "StatefulSet"),
    ("sts", "StatefulSet"),
    ("service", "Service"),
    ("svc", "Service"),
    ("networkpolicy", "NetworkPolicy"),
    ("configmap", "ConfigMap"),
    ("secret", "Secret"),
    ("pvc", "PersistentVolumeClaim"),
    ("ingress", "Ingress"),
    ("hpa", "HorizontalPodAutoscaler"),
];

const VERBS: [&str; 4] = ["get", "describe", "delete", "edit"];

fn kind(word: &str) -> Option<&'static str> {
    let (_, kind) = KINDS.iter().find(|(name, _)| *name == word)?;
    Some(kind)
}

/// Returns kind and name of the objects of the chart. A template of the chart has the name of the part whose objects it
/// contains.
fn created() -> BTreeSet<(String, String)> {
    let mut created = BTreeSet::new();
    let templates = fs::read_dir(repository().join("terraform/chart/templates")).unwrap();
    for entry in templates {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|it| it != "yaml") {
            continue;
        }
        let part = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        for kind in text.lines().filter_map(|line| line.strip_prefix("kind: ")) {
            created.insert((kind.to_owned(), part.clone()));
        }
        if text.contains("\"uptimepulse.service\"") {
            created.insert(("Service".to_owned(), part.clone()));
        }
        // The policies of all parts are in one template.
        created.insert(("NetworkPolicy".to_owned(), part));
    }
    created
}

/// Returns the objects that the code names.
fn named(text: &str) -> Vec<(&'static str, &str)> {
    let words: Vec<&str> = text
        .split([' ', '"', '\'', '(', ')', ':', ';', ','])
        .filter(|word| !word.is_empty())
        .collect();
    let with_slash = words.iter().filter_map(|word| {
        let (first, name) = word.split_once('/')?;
        Some((kind(first)?, name))
    });
    let with_verb = words.windows(3).filter_map(|words| {
        let [verb, first, name] = words else {
            return None;
        };
        (VERBS.contains(verb) && !name.starts_with('-')).then_some((kind(first)?, *name))
    });
    with_slash
        .chain(with_verb)
        .filter(|(_, name)| !is_placeholder(name) && !name.is_empty() && !name.contains('/'))
        .collect()
}

fn exists(created: &BTreeSet<(String, String)>, terraform: &str, kind: &str, name: &str) -> bool {
    created.contains(&(kind.to_owned(), name.to_owned()))
        // Objects of Terraform's root module: the name is written out there, or contains a part's name.
        || (["ConfigMap", "Secret", "PersistentVolumeClaim"].contains(&kind)
            && (terraform.contains(&format!("\"{name}\"")) || terraform.contains(&format!("{name} ="))
                || name.rsplit_once('-').is_some_and(|(part, suffix)| {
                    terraform.contains(&format!("}}-{suffix}\"")) && terraform.contains(part)
                })))
}

#[test]
fn every_object_of_the_cluster_exists() {
    let (created, terraform) = (created(), sources(&["terraform"]));
    let mut count = 0;
    let mut problems = Vec::new();
    for document in Document::all() {
        for code in document.code() {
            for (kind, name) in named(&code.text) {
                count += 1;
                if !exists(&created, &terraform, kind, name) {
                    problems.push((code.location.clone(), format!("there is no {kind} {name}")));
                }
            }
        }
    }
    assert!(count > 5, "only {count} objects were found");
    assert_none("objects", &problems);
}

#[test]
fn an_object_of_another_kind_is_found() {
    let (created, terraform) = (created(), sources(&["terraform"]));
    let found =
        named("kubectl logs statefulset/prometheus -c prometheus; k get pvc no-such-claim -o yaml");
    assert_eq!(
        found,
        [
            ("StatefulSet", "prometheus"),
            ("PersistentVolumeClaim", "no-such-claim")
        ]
    );
    for (kind, name) in found {
        assert!(!exists(&created, &terraform, kind, name), "{kind} {name}");
    }
    for (kind, name) in named("logs deployment/prometheus, statefulset/ping-agent, service/grafana")
    {
        assert!(exists(&created, &terraform, kind, name), "{kind} {name}");
    }
}
