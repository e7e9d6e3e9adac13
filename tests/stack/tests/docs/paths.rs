//! Checks paths of this repository.

use std::fs;

use stack_tests::documents::{Document, assert_none, is_placeholder};
use test_support::repository;

/// Files that git ignores and that exist only on some machines.
const IGNORED: [&str; 6] = [
    "terraform/images.auto.tfvars.json",
    "terraform/terraform.tfstate",
    "terraform/terraform.tfvars",
    "terraform/.terraform",
    "target/",
    "result",
];

/// Returns the top-level folders, each with a slash.
fn folders() -> Vec<String> {
    fs::read_dir(repository())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| format!("{}/", entry.file_name().into_string().unwrap()))
        .filter(|name| ![".git/", ".lab/"].contains(&name.as_str()))
        .collect()
}

/// Returns the words of the code that are paths from the root.
fn named<'a>(text: &'a str, folders: &[String]) -> Vec<&'a str> {
    text.split([' ', '"', '\'', '=', ',', '(', ')', '$', '@', '>'])
        .map(|word| word.trim_end_matches([':', '.', ';']))
        .map(|word| word.strip_prefix("./").unwrap_or(word))
        .filter(|word| folders.iter().any(|folder| word.starts_with(folder)))
        .filter(|word| !word.split(['/', '.']).any(is_placeholder))
        .collect()
}

/// Returns whether a file or folder exists. A `*` stands for any text within a name.
fn exists(path: &str) -> bool {
    let path = path.trim_end_matches('/');
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    match name.split_once('*') {
        None => repository().join(path).exists(),
        Some((begin, end)) => {
            let entries = fs::read_dir(repository().join(folder.trim_end_matches("/**")));
            entries.is_ok_and(|entries| {
                let mut names = entries.map(|it| it.unwrap().file_name().into_string().unwrap());
                let end = end.trim_start_matches('*');
                names.any(|name| name.starts_with(begin) && name.ends_with(end))
            })
        }
    }
}

#[test]
fn every_path_of_the_repository_exists() {
    let folders = folders();
    let mut problems = Vec::new();
    for document in Document::all() {
        let code = document.code();
        // Files that the reader creates by a documented command.
        let created = |path: &str| {
            code.iter()
                .any(|code| code.fenced && code.text.contains(&format!("> {path}")))
        };
        for code in &code {
            for path in named(&code.text, &folders) {
                let ignored = IGNORED.iter().any(|ignored| path.starts_with(ignored));
                if !exists(path) && !ignored && !created(path) {
                    problems.push((code.location.clone(), format!("there is no {path}")));
                }
            }
        }
    }
    assert_none("paths", &problems);
}

#[test]
fn a_missing_path_is_found() {
    let folders = folders();
    let text =
        "cp docs/nowhere.md services/x/NAME ./terraform/chart/ monitoring/prometheus/rules/*.yml";
    let named = named(text, &folders);
    assert_eq!(
        named,
        [
            "docs/nowhere.md",
            "terraform/chart/",
            "monitoring/prometheus/rules/*.yml"
        ]
    );
    let missing: Vec<_> = named.into_iter().filter(|path| !exists(path)).collect();
    assert_eq!(missing, ["docs/nowhere.md"]);
}
