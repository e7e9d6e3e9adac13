//! Checks environment variables, and Terraform's variables and outputs.

use std::collections::BTreeSet;

use stack_tests::documents::{Document, Location, assert_none, is_placeholder, sources, words};

fn is_variable(word: &str) -> bool {
    let chars = |it: char| it.is_ascii_uppercase() || it.is_ascii_digit() || it == '_';
    word.contains('_')
        && word.chars().all(chars)
        && word.starts_with(|it: char| it.is_ascii_uppercase())
}

/// Returns the words in capitals of all files that set or read variables.
fn environment() -> BTreeSet<String> {
    let text = sources(&[
        "services",
        "tests",
        "nix",
        "terraform",
        "monitoring",
        "lab",
        ".ci",
        ".github",
    ]);
    words(&text, "_")
        .filter(|word| is_variable(word))
        .map(str::to_owned)
        .collect()
}

/// Returns the names of the blocks of a kind in the root module.
fn blocks(kind: &str) -> BTreeSet<String> {
    let text = sources(&["terraform"]);
    let begin = format!("{kind} \"");
    text.lines()
        .filter_map(|line| line.strip_prefix(&begin)?.split('"').next())
        .map(str::to_owned)
        .collect()
}

/// Returns the variables of `-var NAME=…` and `TF_VAR_NAME`, and the outputs of `output [-raw] NAME`.
fn terraform_names(text: &str) -> (Vec<String>, Vec<String>) {
    let (mut variables, mut outputs) = (Vec::new(), Vec::new());
    let name = |word: &str| words(word, "_").next().unwrap_or_default().to_owned();
    let all: Vec<&str> = text.split_whitespace().collect();
    for (index, word) in all.iter().enumerate() {
        let next = |skip: usize| all.get(index + skip).copied().unwrap_or_default();
        if *word == "-var" {
            variables.push(name(next(1).trim_start_matches(['\'', '"'])));
        }
        if let Some((_, rest)) = word.split_once("TF_VAR_") {
            variables.push(name(rest));
        }
        if *word == "output" && text.contains("terraform") {
            let named = if next(1).starts_with('-') {
                next(2)
            } else {
                next(1)
            };
            outputs.push(name(named));
        }
    }
    variables.retain(|it| !it.is_empty() && !is_placeholder(it));
    outputs.retain(|it| !it.is_empty() && !is_placeholder(it));
    (variables, outputs)
}

/// Returns the names in backticks directly after "variable" or "variables" (separated by commas and "and").
fn called_variables(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for rest in line.split("variable").skip(1) {
        let mut rest = rest.trim_start_matches('s');
        while let Some(after) = rest.trim_start_matches([' ', ',']).strip_prefix('`') {
            let Some((name, after)) = after.split_once('`') else {
                break;
            };
            found.push(name);
            rest = after.trim_start_matches(" and");
        }
    }
    found
}

#[test]
fn every_environment_variable_is_read_somewhere() {
    let existing = environment();
    let mut problems = Vec::new();
    for document in Document::all() {
        for code in document.code() {
            for word in words(&code.text, "_").filter(|word| is_variable(word)) {
                // The next test checks Terraform's variables; `SMTP_…` stands for several.
                let other = word.starts_with("TF_VAR") || word.ends_with('_');
                if !existing.contains(word) && !other {
                    problems.push((code.location.clone(), format!("nothing reads {word}")));
                }
            }
        }
    }
    assert_none("environment variables", &problems);
}

#[test]
fn every_variable_and_output_of_terraform_exists() {
    let (variables, outputs) = (blocks("variable"), blocks("output"));
    assert!(variables.contains("volume_sizes") && outputs.contains("checks"));
    let grafana = sources(&["monitoring/grafana/dashboards"]);
    let mut problems = Vec::new();
    let mut missing = |location: &Location, kind: &str, name: &str| {
        problems.push((
            location.clone(),
            format!("Terraform has no {kind} {name:?}"),
        ));
    };
    for document in Document::all() {
        for code in document.code() {
            let (named, shown) = terraform_names(&code.text);
            for name in named.iter().filter(|name| !variables.contains(*name)) {
                missing(&code.location, "variable", name);
            }
            for name in shown.iter().filter(|name| !outputs.contains(*name)) {
                missing(&code.location, "output", name);
            }
        }
        for (location, line, _) in document.lines() {
            for name in called_variables(line) {
                // A variable of a dashboard, or an environment variable, which the test above checks.
                let other = grafana.contains(&format!("\"name\": \"{name}\""))
                    || is_variable(name)
                    || is_placeholder(name);
                if !variables.contains(name) && !other {
                    missing(&location, "variable", name);
                }
            }
        }
    }
    assert_none("Terraform", &problems);
}

#[test]
fn every_setting_in_the_example_of_terraform_is_a_variable() {
    let variables = blocks("variable");
    let example = Document::read("terraform/terraform.tfvars.example");
    let mut count = 0;
    let mut problems = Vec::new();
    for (location, line, _) in example.lines() {
        // Fields of a setting are indented.
        let Some((name, _)) = line.strip_prefix("# ").and_then(|it| it.split_once('=')) else {
            continue;
        };
        if name.starts_with(' ') || name.trim().contains(' ') {
            continue;
        }
        count += 1;
        if !variables.contains(name.trim()) {
            problems.push((location, format!("there is no variable {:?}", name.trim())));
        }
    }
    assert!(count > 10, "only {count} settings were found");
    assert_none("terraform.tfvars.example", &problems);
}

#[test]
fn variables_are_found_where_documents_name_them() {
    assert_eq!(
        called_variables("the variable `storage` of Terraform, variables `a`, `b` and `c`; `d`"),
        ["storage", "a", "b", "c"]
    );
    let (variables, outputs) =
        terraform_names("TF_VAR_x=1 terraform output -raw page; terraform apply -var y=1");
    assert_eq!(
        (variables, outputs),
        (vec!["x".into(), "y".into()], vec!["page".into()])
    );
}
