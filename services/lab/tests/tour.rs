//! Whether docs/tour.md goes past every file of terraform/ and monitoring/, and past none that is not there.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test a panic is the message"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use test_support::repository;

/// The folders whose files have a row each.
const FOLDERS: [&str; 2] = ["terraform", "monitoring"];

fn tour() -> String {
    fs::read_to_string(repository().join("docs/tour.md")).expect("docs/tour.md can be read")
}

/// What git ignores in terraform/: what Terraform downloads and knows, and what only this machine sets.
fn is_ignored(name: &str) -> bool {
    name.starts_with(".terraform")
        || name.contains(".tfstate")
        || [".tfvars", ".tfplan"].iter().any(|end| name.ends_with(end))
        || name == "images.auto.tfvars.json"
}

/// The files below `folder`, by their paths from the repository's root, and the folders that they are in.
fn walk(root: &Path, folder: &str, found: &mut Found) {
    found.folders.insert(folder.to_owned());
    for entry in fs::read_dir(root.join(folder)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if is_ignored(&name) {
            continue;
        }
        let path = format!("{folder}/{name}");
        if entry.file_type().unwrap().is_dir() {
            walk(root, &path, found);
        } else {
            found.files.insert(path);
        }
    }
}

#[derive(Debug, Default)]
struct Found {
    files: BTreeSet<String>,
    folders: BTreeSet<String>,
}

impl Found {
    fn here() -> Self {
        let mut found = Self::default();
        for folder in FOLDERS {
            walk(&repository(), folder, &mut found);
        }
        found
    }
}

/// What stands in backticks and begins with one of the folders. A slash at the end is that of a folder.
fn paths_named(text: &str) -> BTreeSet<String> {
    text.lines()
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .filter(|code| {
            FOLDERS.iter().any(|folder| {
                code.strip_prefix(folder)
                    .is_some_and(|rest| rest.starts_with('/'))
            })
        })
        .map(|path| path.trim_end_matches('/').to_owned())
        .collect()
}

fn list<'a>(paths: impl Iterator<Item = &'a String>) -> Vec<&'a str> {
    paths.map(String::as_str).collect()
}

#[test]
fn every_file_is_in_the_tour() {
    let named = paths_named(&tour());
    let found = Found::here();
    let missing = list(found.files.difference(&named));
    assert!(
        missing.is_empty(),
        "docs/tour.md has a row for each file of terraform/ and monitoring/, and none for:\n{}",
        missing.join("\n")
    );
}

#[test]
fn every_path_in_the_tour_exists() {
    let named = paths_named(&tour());
    let found = Found::here();
    let gone = list(named.iter().filter(|path| {
        // What git ignores may be named: it is there on some machines.
        !is_ignored(path.rsplit('/').next().unwrap_or_default())
            && !found.files.contains(*path)
            && !found.folders.contains(*path)
    }));
    assert!(
        gone.is_empty(),
        "docs/tour.md names paths that are not there:\n{}",
        gone.join("\n")
    );
}

#[test]
fn paths_are_read_out_of_backticks_alone() {
    let text = "| `terraform/a.tf` | as `monitoring/README.md` says, terraform/b.tf | `terraform/chart/` `terraform` |";
    let expected = ["monitoring/README.md", "terraform/a.tf", "terraform/chart"];
    assert_eq!(paths_named(text), expected.map(str::to_owned).into());
}

#[test]
fn what_git_ignores_is_not_looked_for() {
    for ignored in [
        ".terraform",
        ".terraform.lock.hcl",
        "terraform.tfstate",
        "terraform.tfstate.d",
        "terraform.tfstate.backup",
        "terraform.tfvars",
        "a.tfplan",
        "images.auto.tfvars.json",
    ] {
        assert!(is_ignored(ignored), "{ignored}");
    }
    for kept in [
        "terraform.tfvars.example",
        "variables.tf",
        "images.tftest.hcl",
    ] {
        assert!(!is_ignored(kept), "{kept}");
    }
}
