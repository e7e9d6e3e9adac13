//! Checks outputs of the flake: `.#NAME`.

use stack_tests::documents::{Document, assert_none, is_placeholder, sources, words};
use test_support::repository;

/// Returns whether the flake has an output: its name is in nix/, or it is a service's program or image.
fn exists(sources: &str, output: &str) -> bool {
    let name = output.rsplit('.').next().unwrap_or(output);
    let of_service = name.strip_prefix("image-").unwrap_or(name);
    words(sources, "-_").any(|word| word == name || word == of_service)
        || repository().join("services").join(of_service).is_dir()
}

fn named(text: &str) -> Vec<&str> {
    let after = text.split(".#").skip(1);
    after
        .filter_map(|rest| rest.split([' ', '`', ')', '"']).next())
        .map(|name| name.trim_end_matches([',', '.', ';']))
        .filter(|name| !name.is_empty() && !is_placeholder(name))
        .collect()
}

#[test]
fn every_output_of_the_flake_exists() {
    let sources = sources(&["nix", "flake.nix"]);
    let mut problems = Vec::new();
    let mut count = 0;
    for document in Document::all() {
        for code in document.code() {
            for name in named(&code.text) {
                count += 1;
                if !exists(&sources, name) {
                    problems.push((code.location.clone(), format!("the flake has no {name}")));
                }
            }
        }
    }
    assert!(count > 10, "only {count} outputs were found");
    assert_none("flake outputs", &problems);
}

#[test]
fn a_missing_output_is_found() {
    let sources = sources(&["nix", "flake.nix"]);
    let named = named(
        "nix run .#load-images -- x; nix build .#image-no-such-part .#checks.x86_64-linux.rust-toolchain",
    );
    assert_eq!(
        named,
        [
            "load-images",
            "image-no-such-part",
            "checks.x86_64-linux.rust-toolchain"
        ]
    );
    let missing: Vec<_> = named
        .into_iter()
        .filter(|it| !exists(&sources, it))
        .collect();
    assert_eq!(missing, ["image-no-such-part"]);
}
