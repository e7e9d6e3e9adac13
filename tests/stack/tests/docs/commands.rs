//! Checks `./lab …` and `nix run .#lab -- …` against the definitions of the command lines.

use clap::error::ErrorKind;
use clap::{Command, CommandFactory as _};
use lab::cli::Cli;
use stack_tests::documents::{Document, assert_none, is_placeholder};

const CALLS: [&str; 2] = ["./lab", "nix run .#lab --"];

/// Returns the arguments of each call in the code, without redirections, pipes and comments.
fn calls(text: &str) -> Vec<Vec<String>> {
    let of = |call: &str| {
        let found = text.split(call).skip(1);
        found
            .filter(|rest| rest.is_empty() || rest.starts_with([' ', ')', ';']))
            .map(|rest| {
                rest.split_whitespace()
                    .take_while(|word| !["#", "|", "&&", ">", "||", "2>"].contains(word))
                    .map(|word| word.trim_end_matches([')', ';', ',']))
                    .filter(|word| !word.is_empty())
                    .map(|word| word.trim_matches(['"', '\'']).to_owned())
                    .collect()
            })
            .collect::<Vec<Vec<String>>>()
    };
    CALLS.iter().flat_map(|call| of(call)).collect()
}

/// Returns the commands of `./lab`: those of the lab, and those of the runner.
fn root() -> Command {
    let runner = runner::cli::Cli::command();
    Cli::command().subcommands(runner.get_subcommands().cloned())
}

/// Returns whether the arguments are a synopsis rather than a call.
fn is_synopsis(arguments: &[String]) -> bool {
    let is_pattern = |word: &String| word.contains(['[', ']', '…', '|']) || is_placeholder(word);
    arguments.iter().any(is_pattern)
}

fn problem(arguments: &[String]) -> Option<String> {
    if !is_synopsis(arguments) {
        let all = ["lab"]
            .into_iter()
            .chain(arguments.iter().map(String::as_str));
        let error = root().try_get_matches_from(all).err()?;
        // `./lab` and `./lab cluster` without a command show their help.
        let shows_help = [
            ErrorKind::DisplayHelp,
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand,
        ];
        return (!shows_help.contains(&error.kind())).then(|| {
            let text = error.to_string();
            text.lines().next().unwrap_or_default().to_owned()
        });
    }
    let mut root = root();
    root.build();
    synopsis_problem(&root, arguments)
}

/// Checks that each command and flag of a synopsis exists. Values and placeholders can't be checked.
fn synopsis_problem(root: &Command, arguments: &[String]) -> Option<String> {
    let mut at = root;
    for word in arguments {
        let word = word.trim_matches(['[', ']', '…']);
        if let Some(flag) = word.strip_prefix("--") {
            let name = flag.split('=').next();
            let exists = at.get_arguments().any(|it| it.get_long() == name);
            if !exists && !flag.is_empty() {
                return Some(format!("{} has no {word}", at.get_name()));
            }
        } else if let Some(flag) = word.strip_prefix('-') {
            let short = flag.chars().next();
            if !at.get_arguments().any(|it| it.get_short() == short) {
                return Some(format!("{} has no {word}", at.get_name()));
            }
        } else if at.has_subcommands() && !is_placeholder(word) && !word.is_empty() {
            let mut next = at;
            for name in word.split('|') {
                match at.find_subcommand(name) {
                    Some(command) => next = command,
                    None => return Some(format!("{} has no command {name}", at.get_name())),
                }
            }
            at = next;
        }
    }
    None
}

#[test]
fn every_lab_command_is_valid() {
    let mut problems = Vec::new();
    let mut count = 0;
    for document in Document::all() {
        for code in document.code() {
            for call in calls(&code.text) {
                count += 1;
                let problem = problem(&call);
                let named = problem.map(|it| format!("./lab {}: {it}", call.join(" ")));
                problems.extend(named.map(|it| (code.location.clone(), it)));
            }
        }
    }
    assert!(count > 50, "only {count} commands were found");
    assert_none("commands", &problems);
}

#[test]
fn an_invalid_command_is_found() {
    for wrong in [
        "./lab stop",
        "./lab up --detached-please",
        "./lab test nonsense",
        "./lab status [--nice]",
        "./lab cluster up|stop [--context NAME]",
        "x=$(./lab logs --foo)",
    ] {
        let calls = calls(wrong);
        assert_eq!(calls.len(), 1, "{wrong}");
        assert!(problem(&calls[0]).is_some(), "{wrong}");
    }
    for right in [
        "./lab",
        "./lab up https://example.org --port-base 20000 # and so on",
        "./lab cluster up|down [--context NAME]",
        "./lab logs [PART] [-f]",
        "kill $(./lab status --json | jq .)",
        "nix run .#lab -- up",
    ] {
        let calls = calls(right);
        assert_eq!(calls.len(), 1, "{right}");
        assert_eq!(problem(&calls[0]), None, "{right}");
    }
}
