//! Checks the layout of this workspace's crates.
#![allow(clippy::unwrap_used, reason = "tests: a panic is the message")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use structure_tests::{Crate, cycles};

/// The highest number of entries at the top of a crate's `src/`. `x.rs` and `x/` count as one.
const ENTRIES_MAX: usize = 12;

fn workspace() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    workspace.canonicalize().unwrap()
}

/// Returns the crates with a folder `src/`: the path in the workspace, and the folder.
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
fn no_modules_import_each_other_in_a_cycle() {
    let mut found = String::new();
    for (name, src) in crates() {
        for root in ["lib.rs", "main.rs"] {
            let file = src.join(root);
            if file.exists() {
                for cycle in cycles(&Crate::read(&file).unwrap()) {
                    found += &format!("{name}: {cycle}");
                }
            }
        }
    }
    let found = found.replace(&format!("{}/", workspace().display()), "");
    assert!(
        found.is_empty(),
        "break these import cycles between modules:\n{found}"
    );
}

#[test]
fn each_src_has_few_entries_at_its_top() {
    let mut crowded = String::new();
    for (name, src) in crates() {
        let entries = fs::read_dir(&src).unwrap().map(|entry| {
            let path = entry.unwrap().path();
            path.with_extension("").file_name().unwrap().to_owned()
        });
        let entries: BTreeSet<_> = entries.collect();
        if entries.len() > ENTRIES_MAX {
            crowded += &format!("{name}/src has {}: {entries:?}\n", entries.len());
        }
    }
    assert!(
        crowded.is_empty(),
        "move related modules into a folder named after their purpose; at most {ENTRIES_MAX} entries are allowed:\n{crowded}"
    );
}
