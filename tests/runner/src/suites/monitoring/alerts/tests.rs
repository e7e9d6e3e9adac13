use super::*;

const RULES: &str = r#"
groups:
  - name: g
    rules:
      - record: a:b
        expr: vector(1)
      - alert: Burn
        expr: vector(1)
        labels: {severity: page, short_window: 5m}
        annotations: &texts {summary: Burns, description: "{{ $labels.x }} burns", runbook_url: https://example.org/docs/runbooks/Burn.md}
      - alert: Burn
        expr: vector(1)
        labels: {severity: page, short_window: 30m}
        annotations: *texts
"#;

const RUNBOOK: &str = "# Burn\n## What it means\n## Look at this first\n## What to do\n## Try it\n";

/// Returns the problems with these rules and a test of each case of both rules, except tests whose name begins with `without`.
fn problems(rules: &str, without: &str, runbook: Option<&str>) -> String {
    problems_in("rules.yml", rules, without, runbook)
}

fn problems_in(file: &str, rules: &str, without: &str, runbook: Option<&str>) -> String {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    };
    let mut tests = "tests:\n".to_owned();
    for windows in ["1h/5m", "6h/30m"] {
        for case in CASES {
            let name = format!("Burn {windows}: {case} of something");
            if name.starts_with(without) && !without.is_empty() {
                continue;
            }
            let expected = if case == "fires" {
                "[{value: 1}]"
            } else {
                "[]"
            };
            tests.push_str(&format!(
                "  - name: '{name}'\n    promql_expr_test:\n      - expr: count(ALERTS{{alertname=\"Burn\"}})\n        \
                 exp_samples: {expected}\n",
            ));
        }
    }
    let rules = [RuleFile::read(write(file, rules)).unwrap()];
    let tests = [write("tests.yml", &tests)];
    write("runbooks/Other.md", "");
    fs::remove_file(dir.path().join("runbooks/Other.md")).unwrap();
    write("runbooks/Burn.md", runbook.unwrap_or_default());
    let alerts = of(&rules);
    check(&alerts, &tests, &dir.path().join("runbooks"))
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default()
}

#[test]
fn a_complete_alert_has_no_problems() {
    assert_eq!(problems(RULES, "", Some(RUNBOOK)), "");
}

#[test]
fn each_rule_of_a_name_needs_each_case() {
    for case in CASES {
        let problem = problems(RULES, &format!("Burn 6h/30m: {case}"), Some(RUNBOOK));
        assert_eq!(
            problem,
            format!("Burn (short window 30m) has no test `{case}`")
        );
    }
}

#[test]
fn an_alert_about_the_lab_needs_a_restart_in_which_it_is_quiet() {
    let problem = problems_in("agents.yml", RULES, "", Some(RUNBOOK));
    assert_eq!(
        problem,
        "Burn (short window 30m) has no test `restart`\nBurn (short window 5m) has no test `restart`"
    );
}

#[test]
fn a_group_that_watchdog_does_not_count_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("rules.yml");
    let problems = |counted: usize, group: &str| {
        let rules = format!(
            "groups:\n  - name: g\n    rules:\n      - record: {EVALUATED}\n        expr: vector(time())\n        \
             labels: {{group: {group}}}\n      - alert: Watchdog\n        expr: |\n          vector(1)\n            \
             and on () count({EVALUATED} > 0) == {counted}\n            and on () up\n"
        );
        fs::write(&file, rules).unwrap();
        let rules = RuleFile::read(file.clone()).unwrap();
        let problem = check_groups(&[rules]).err();
        problem.map_or_else(String::new, |error| error.to_string())
    };
    assert_eq!(problems(1, "g"), "");
    assert!(problems(1, "h").contains("the group g has alerts"));
    assert!(problems(2, "g").contains("does not count the 1 groups"));
}

#[test]
fn the_case_fires_needs_an_expectation_that_the_alert_fires() {
    let silent = Test {
        name: "Burn: fires".to_owned(),
        alert_rule_test: Vec::new(),
        promql_expr_test: vec![SampleExpectation {
            expr: "ALERTS{alertname=\"Burn\"}".to_owned(),
            exp_samples: Vec::new(),
        }],
    };
    assert!(!silent.expects("Burn", true));
    assert!(silent.expects("Burn", false));
    assert!(!silent.expects("Burned", false));
}

#[test]
fn texts_and_runbooks_are_checked() {
    let with = |from: &str, to: &str| problems(&RULES.replace(from, to), "", Some(RUNBOOK));
    assert!(with("severity: page", "severity: high").contains("must be page or ticket"));
    assert!(
        with("summary: Burns", "summary: '{{ $value }}'").contains("must not contain a template")
    );
    assert!(with("runbooks/Burn.md", "runbooks/Fire.md").contains("does not lead to its runbook"));
    let without_try = problems(RULES, "", Some(&RUNBOOK.replace("## Try it\n", "")));
    assert!(
        without_try.contains("no section `## Try it`"),
        "{without_try}"
    );
}

#[test]
fn a_runbook_without_an_alert_is_found() {
    let other = RULES.replace("alert: Burn", "alert: Fire");
    let problem = problems(&other, "", Some(RUNBOOK));
    assert!(
        problem.contains("docs/runbooks/Burn.md belongs to no alert"),
        "{problem}"
    );
}
