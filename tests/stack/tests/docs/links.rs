//! Checks links within the repository, and their anchors.

use stack_tests::documents::{Document, assert_none};
use test_support::repository;

/// The begin and the end of a link.
const LINKS: [(&str, char); 3] = [("](", ')'), ("src=\"", '"'), ("srcset=\"", '"')];

fn targets(line: &str) -> Vec<&str> {
    LINKS
        .iter()
        .flat_map(|(begin, end)| {
            let after = line.split(begin).skip(1);
            after.filter_map(|rest| Some(rest.split_once(*end)?.0))
        })
        .collect()
}

/// Returns the problem with a link, if any.
fn problem(document: &Document, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let file = if path.is_empty() {
        repository().join(&document.path)
    } else {
        document.folder().join(path)
    };
    if !file.exists() {
        return Some(format!("the link leads to {path:?}, which does not exist"));
    }
    if anchor.is_empty() {
        return None;
    }
    let text = std::fs::read_to_string(&file).unwrap();
    let anchors = Document::new("", &text).anchors();
    (!anchors.iter().any(|other| other == anchor))
        .then(|| format!("there is no heading for #{anchor} in {target:?}"))
}

#[test]
fn every_link_within_the_repository_leads_to_a_file() {
    let mut problems = Vec::new();
    for document in Document::all() {
        for (location, line, fenced) in document.lines() {
            if !fenced {
                let found = targets(line).into_iter();
                let found = found.filter_map(|target| problem(&document, target));
                problems.extend(found.map(|problem| (location.clone(), problem)));
            }
        }
    }
    assert_none("links", &problems);
}

#[test]
fn a_broken_link_is_found() {
    let document = Document::read("README.md");
    for wrong in [
        "docs/nowhere.md",
        "#no-such-heading",
        "docs/tour.md#nor-this",
    ] {
        assert!(problem(&document, wrong).is_some(), "{wrong}");
    }
    for right in ["docs/tour.md", "#metrics", "https://example.org/x"] {
        assert_eq!(problem(&document, right), None);
    }
}
