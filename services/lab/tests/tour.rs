//! Checks that docs/tour.md has a row for every file of terraform/ and monitoring/, and names no missing file.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test a panic is the message"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use test_support::repository;

/// The folders whose files have a row in the tour.
const FOLDERS: [&str; 2] = ["terraform", "monitoring"];

fn tour() -> String {
    fs::read_to_string(repository().join("docs/tour.md")).expect("docs/tour.md can be read")
}

/// Returns whether git ignores this file of terraform/: downloads and states of Terraform, and local settings.
fn is_ignored(name: &str) -> bool {
    name.starts_with(".terraform")
        || name.contains(".tfstate")
        || [".tfvars", ".tfplan"].iter().any(|end| name.ends_with(end))
        || name == "images.auto.tfvars.json"
}

/// Adds the files and folders below `folder` to `found`.
fn walk(root: &Path, folder: &str, found: &mut Tree) {
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

/// Paths relative to the repository's root.
#[derive(Debug, Default)]
struct Tree {
    files: BTreeSet<String>,
    folders: BTreeSet<String>,
}

impl Tree {
    fn of_repository() -> Self {
        let mut found = Self::default();
        for folder in FOLDERS {
            walk(&repository(), folder, &mut found);
        }
        found
    }
}

/// Returns the paths in backticks that start with one of the folders, without a trailing slash.
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
fn every_file_has_a_row() {
    let named = paths_named(&tour());
    let found = Tree::of_repository();
    let missing = list(found.files.difference(&named));
    assert!(
        missing.is_empty(),
        "docs/tour.md must have a row for each file of terraform/ and monitoring/, but has none for:\n{}",
        missing.join("\n")
    );
}

#[test]
fn every_named_path_exists() {
    let named = paths_named(&tour());
    let found = Tree::of_repository();
    let gone = list(named.iter().filter(|path| {
        // An ignored file may be named, since it exists on some machines.
        !is_ignored(path.rsplit('/').next().unwrap_or_default())
            && !found.files.contains(*path)
            && !found.folders.contains(*path)
    }));
    assert!(
        gone.is_empty(),
        "docs/tour.md names paths that do not exist:\n{}",
        gone.join("\n")
    );
}

#[test]
fn only_paths_in_backticks_are_read() {
    let text = "| `terraform/a.tf` | as `monitoring/README.md` says, terraform/b.tf | `terraform/chart/` `terraform` |";
    let expected = ["monitoring/README.md", "terraform/a.tf", "terraform/chart"];
    assert_eq!(paths_named(text), expected.map(str::to_owned).into());
}

#[test]
fn files_that_git_ignores_are_skipped() {
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
    for tracked in [
        "terraform.tfvars.example",
        "variables.tf",
        "images.tftest.hcl",
    ] {
        assert!(!is_ignored(tracked), "{tracked}");
    }
}
