//! Compares the tables between `<!-- generated: NAME -->` and `<!-- end -->` with the code that they describe. With
//! `UPDATE_DOCS=1` the test writes them.

use std::fmt::Write as _;
use std::{env, fs};

use clap::{Arg, Command};
use stack_tests::start;
use test_support::{eventually, get_text, repository};

use super::commands;

const FILE: &str = "docs/reference.md";

/// The command that writes the tables.
const UPDATE: &str =
    "cargo build --release --bins && UPDATE_DOCS=1 cargo test -p stack-tests --test docs generated";

/// A table of the document.
struct Table {
    name: &'static str,
    header: &'static str,
    rows: Vec<String>,
}

impl Table {
    /// Returns the document with this table in it.
    fn put_into(&self, document: &str) -> String {
        let marker = format!("<!-- generated: {} -->\n", self.name);
        let (before, rest) = document.split_once(&marker).expect(&marker);
        let (_, after) = rest.split_once("<!-- end -->").expect("an end");
        let rule = "---|".repeat(self.header.matches('|').count() - 1);
        let rows = self.rows.join("\n");
        format!(
            "{before}{marker}\n{}\n|{rule}\n{rows}\n\n<!-- end -->{after}",
            self.header
        )
    }
}

/// Escapes the text of a cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// Returns the commands of `./lab` with their arguments.
fn lab_commands() -> Table {
    let mut root = commands::root();
    root.build();
    let mut rows = Vec::new();
    describe(&root, "./lab", &mut rows);
    Table {
        name: "lab-commands",
        header: "| command | argument | effect |",
        rows,
    }
}

/// Adds the rows of all commands below `command`.
fn describe(command: &Command, name: &str, rows: &mut Vec<String>) {
    for command in command.get_subcommands().filter(|it| !it.is_hide_set()) {
        let name = format!("{name} {}", command.get_name());
        let about = command.get_about().map(ToString::to_string);
        rows.push(format!(
            "| `{name}` | | {} |",
            cell(&about.unwrap_or_default())
        ));
        rows.extend(
            command
                .get_arguments()
                .filter_map(|it| argument(command, it)),
        );
        describe(command, &name, rows);
    }
}

/// Returns the row of an argument. Options of every command have none.
fn argument(command: &Command, argument: &Arg) -> Option<String> {
    let inherited = argument.is_global_set() && !command.has_subcommands();
    if argument.is_hide_set()
        || inherited
        || ["help", "state_dir"].contains(&argument.get_id().as_str())
    {
        return None;
    }
    let value = argument
        .get_value_names()
        .and_then(|names| names.first())
        .filter(|_| argument.get_action().takes_values());
    let mut name = argument
        .get_short()
        .map_or_else(String::new, |it| format!("-{it}, "));
    match argument.get_long() {
        Some(long) => write!(name, "--{long}").ok()?,
        None => name.push_str(value.map_or("", |it| it)),
    }
    if let Some(value) = value.filter(|_| argument.get_long().is_some()) {
        write!(name, " {value}").ok()?;
    }
    let help = argument.get_help().map(ToString::to_string);
    Some(format!(
        "| | `{name}` | {} |",
        cell(&help.unwrap_or_default())
    ))
}

/// Returns the endpoints in the indexes of the services. The index of api-gateway has the summaries of its OpenAPI document.
async fn endpoints() -> Table {
    let agent = "http://127.0.0.1:9/metrics".to_owned();
    let services = [
        (
            "api-gateway",
            start("api-gateway", &[("PING_AGENT_METRICS_URL", agent)]),
        ),
        ("alert-logger", start("alert-logger", &[])),
        ("demo-target", start("demo-target", &[])),
    ];
    let mut rows = Vec::new();
    for (name, service) in services {
        let html = service.get("/").await.text().await.unwrap();
        for row in html.split("<tr><td>").skip(1) {
            let cells: Vec<&str> = row.split("</td><td>").collect();
            let path = cells[1].split_once("<code>").unwrap().1;
            let path = path
                .split_once("</code>")
                .unwrap()
                .0
                .replace("{name}", "NAME")
                .replace("{target}", "NAME");
            let purpose = cells[2]
                .split_once("</td>")
                .unwrap()
                .0
                .replace("&#39;", "'");
            if !["/healthz", "/readyz", "/metrics"].contains(&&*path) {
                rows.push(format!(
                    "| {name} | {} | `{path}` | {} |",
                    cells[0],
                    cell(&purpose)
                ));
            }
        }
    }
    Table {
        name: "endpoints",
        header: "| service | method | path | answer |",
        rows,
    }
}

/// Returns the metrics of ping-agent about probes.
async fn agent_metrics() -> Table {
    let demo = start("demo-target", &[]);
    let agent = start("ping-agent", &[("PING_TARGET_URLS", demo.url("/ok"))]);
    let url = &agent.url("/metrics");
    // The histograms of all targets appear with the first probe.
    let probed = async || {
        let text = get_text(url).await?;
        text.contains("ping_phase_latency_seconds_count")
            .then_some(text)
    };
    let text = eventually("a probe", probed).await;
    let mut rows = Vec::new();
    for family in text.split("# HELP ").skip(1) {
        let (name, rest) = family.split_once(' ').unwrap();
        let (help, rest) = rest.split_once('\n').unwrap();
        let (_, kind) = rest.lines().next().unwrap().rsplit_once(' ').unwrap();
        if name.starts_with("ping_") && !name.starts_with("ping_agent_") {
            rows.push(format!(
                "| `{name}` | {kind} | {} |",
                cell(help.trim_end_matches('.'))
            ));
        }
    }
    Table {
        name: "agent-metrics",
        header: "| metric | type | meaning |",
        rows,
    }
}

#[tokio::test]
async fn the_generated_tables_match_the_code() {
    let path = repository().join(FILE);
    let document = fs::read_to_string(&path).unwrap();
    let mut expected = document.clone();
    for table in [lab_commands(), endpoints().await, agent_metrics().await] {
        expected = table.put_into(&expected);
    }
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &expected).unwrap();
        return;
    }
    let outdated: Vec<&str> = expected
        .lines()
        .filter(|line| !document.lines().any(|other| other == *line))
        .collect();
    assert!(
        document == expected,
        "tables in {FILE} are outdated; this writes them: {UPDATE}\nNew rows:\n{}",
        outdated.join("\n")
    );
}
