//! Checks that the tests exist that docs/decisions.md names as proofs.

use stack_tests::documents::{Document, assert_none, is_function, sources, words};

#[test]
fn every_proof_of_life_names_a_test_that_exists() {
    let sources = sources(&["services", "tests"]);
    let document = Document::read("docs/decisions.md");
    let section = document
        .lines()
        .skip_while(|(_, line, _)| *line != "## Proofs of life")
        .skip(1)
        .take_while(|(_, line, _)| !line.starts_with("## "));
    let mut problems = Vec::new();
    let mut count = 0;
    for (location, line, _) in section.filter(|(_, line, _)| line.starts_with("| ")) {
        let last = line
            .trim_end_matches(" |")
            .rsplit("| ")
            .next()
            .unwrap_or_default();
        for name in last.split('`').skip(1).step_by(2) {
            let name_of_test = words(name, "_").eq([name]) && name.contains('_');
            if name_of_test {
                count += 1;
                if !is_function(&sources, name) {
                    problems.push((location.clone(), format!("there is no test {name}")));
                }
            }
        }
    }
    assert!(count > 12, "only {count} tests were found");
    assert_none("tests that are proofs", &problems);
}
