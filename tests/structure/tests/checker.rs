//! Tests the checker on small crates.
#![allow(clippy::unwrap_used, reason = "tests: a panic is the message")]

use std::fs;

use structure_tests::{Crate, cycles};

/// Returns the printed cycles of a crate with these files, with paths relative to its folder.
fn cycles_of(files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let krate = Crate::read(&folder.path().join("lib.rs")).unwrap();
    let prefix = format!("{}/", folder.path().display());
    let cycles = cycles(&krate);
    let texts = cycles.iter().map(|it| it.to_string().replace(&prefix, ""));
    texts.collect()
}

#[test]
fn a_cycle_is_reported_with_file_and_line_of_each_import() {
    let cycles = cycles_of(&[
        ("lib.rs", "mod a;\nmod b;\nmod c;\n"),
        ("a.rs", "//! A.\n\nuse crate::b::B;\n"),
        ("b.rs", "pub struct B(super::c::C);\n"),
        ("c.rs", "use super::{\n    a,\n    b::B,\n};\n"),
    ]);
    assert_eq!(
        cycles,
        [
            "a → b → c → a\n  a → b: a.rs:3: crate::b::B\n  b → c: b.rs:1: super::c::C\n  c → a: c.rs:2: super::a\n",
            "b → c → b\n  b → c: b.rs:1: super::c::C\n  c → b: c.rs:3: super::b::B\n",
        ]
    );
}

#[test]
fn imports_in_one_direction_are_no_cycle() {
    let cycles = cycles_of(&[
        (
            "lib.rs",
            "mod a;\nmod b;\npub use b::B;\npub struct Root;\n",
        ),
        ("a.rs", "use crate::{B, Root};\nmod below;\nstruct A;\n"),
        // A module may use the items of the modules above it, and of those below.
        ("a/below.rs", "use super::A;\nuse crate::Root;\n"),
        ("b.rs", "use std::fmt;\npub struct B(crate::Root);\n"),
    ]);
    assert_eq!(cycles, [""; 0]);
}

#[test]
fn an_import_through_a_re_export_leads_to_the_module_that_defines_the_item() {
    let cycles = cycles_of(&[
        ("lib.rs", "mod a;\nmod b;\nuse a::A;\npub use ::b::Other;\n"),
        ("a.rs", "pub use inner::A;\nmod inner;\nmod other;\n"),
        ("a/inner.rs", "use crate::b::B;\nuse super::O;\n"),
        ("a/other.rs", "pub struct O;\n"),
        ("b.rs", "use crate::A;\nuse crate::Other;\n"),
    ]);
    assert_eq!(cycles.len(), 1, "{cycles:?}");
    assert!(cycles[0].starts_with("a → b → a\n"), "{cycles:?}");
}

#[test]
fn a_cycle_in_a_folder_is_found_through_submodules() {
    let cycles = cycles_of(&[
        ("lib.rs", "mod room;\n"),
        ("room/mod.rs", "mod a;\nmod b { pub mod deep; }\n"),
        ("room/a.rs", "use super::b::deep::Deep;\n"),
        ("room/b/deep.rs", "use super::super::a::A;\n"),
    ]);
    assert_eq!(
        cycles,
        [
            "a → b → a\n  a → b: room/a.rs:1: super::b::deep::Deep\n  b → a: room/b/deep.rs:1: super::super::a::A\n"
        ]
    );
}

#[test]
fn paths_in_expressions_and_macros_count() {
    for import in [
        "pub fn f() { crate::b::g(); }",
        "pub fn f() { println!(\"{}\", [super::b::g()].len()); }",
        "use super::b;\npub fn f() { b::g(); }",
        "pub fn f() where crate::b::B: Copy {}",
        "impl From<crate::b::B> for u8 {}",
    ] {
        let cycles = cycles_of(&[
            ("lib.rs", "mod a;\nmod b;\n"),
            ("a.rs", import),
            ("b.rs", "use crate::a::f;\n"),
        ]);
        assert_eq!(cycles.len(), 1, "{import}");
    }
}

#[test]
fn code_for_tests_is_ignored() {
    let cycles = cycles_of(&[
        ("lib.rs", "mod a;\nmod b;\n#[cfg(test)]\nmod testing;\n"),
        (
            "a.rs",
            "#[cfg(test)]\nmod tests {\n    use crate::b::B;\n}\n#[cfg(all(test, unix))]\nuse crate::b::B;\n\
             impl A {\n    #[cfg(test)]\n    fn b() -> crate::b::B {}\n}\n",
        ),
        ("b.rs", "use crate::a::A;\n"),
    ]);
    assert_eq!(cycles, [""; 0]);
    let cycles = cycles_of(&[
        ("lib.rs", "mod a;\nmod b;\n"),
        ("a.rs", "#[cfg(not(test))]\nuse crate::b::B;\n"),
        ("b.rs", "use crate::a::A;\n"),
    ]);
    assert_eq!(cycles.len(), 1, "code outside tests is checked");
}
