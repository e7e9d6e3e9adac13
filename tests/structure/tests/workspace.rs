//! The layout of this workspace's crates.
#![allow(clippy::unwrap_used, reason = "in a helper a panic is the message too")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use structure_tests::{Crate, circles};

/// The most entries at the top of a crate's `src/`; `x.rs` and `x/` are one.
const ENTRIES_MAX: usize = 12;

fn workspace() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    workspace.canonicalize().unwrap()
}

/// The crates with a folder `src/`, by their path in the workspace.
fn crates() -> Vec<(String, PathBuf)> {
    let workspace = workspace();
    let mut crates = Vec::new();
    for folder in ["services", "tests"] {
        for entry in fs::read_dir(workspace.join(folder)).unwrap() {
            let entry = entry.unwrap();
            let src = entry.path().join("src");
            if entry.path().join("Cargo.toml").exists() && src.exists() {
                let name = entry.file_name().into_string().unwrap();
                crates.push((format!("{folder}/{name}"), src));
            }
        }
    }
    crates.sort();
    assert!(crates.len() > 8, "{crates:?}");
    crates
}

#[test]
fn no_modules_import_each_other_in_a_circle() {
    let mut found = String::new();
    for (name, src) in crates() {
        for root in ["lib.rs", "main.rs"] {
            let file = src.join(root);
            if file.exists() {
                for circle in circles(&Crate::read(&file).unwrap()) {
                    found += &format!("{name}: {circle}");
                }
            }
        }
    }
    let found = found.replace(&format!("{}/", workspace().display()), "");
    assert!(found.is_empty(), "modules import each other:\n{found}");
}

#[test]
fn few_entries_are_at_the_top_of_each_src() {
    let mut full = String::new();
    for (name, src) in crates() {
        let entries = fs::read_dir(&src).unwrap().map(|entry| {
            let path = entry.unwrap().path();
            path.with_extension("").file_name().unwrap().to_owned()
        });
        let entries: BTreeSet<_> = entries.collect();
        if entries.len() > ENTRIES_MAX {
            full += &format!("{name}/src has {}: {entries:?}\n", entries.len());
        }
    }
    assert!(
        full.is_empty(),
        "related modules belong in a folder named after what they do; at most {ENTRIES_MAX} entries are allowed:\n{full}"
    );
}
