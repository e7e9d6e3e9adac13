//! Tests which program the `lab` script starts. Cargo and the programs are stand-ins that print their arguments.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests: a panic is the message"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use clap::CommandFactory as _;
use tempfile::TempDir;

fn script() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../lab"))
}

/// Stand-ins for cargo and its target folder.
struct StandIns(TempDir);

impl StandIns {
    fn new() -> Self {
        let stand_ins = Self(tempfile::tempdir().unwrap());
        let folder = stand_ins.0.path().display().to_string();
        let metadata =
            format!(r#"[ "$1" != metadata ] || echo '{{"target_directory":"{folder}"}}'"#);
        stand_ins.write("bin/cargo", &metadata);
        for compiler in ["bin/cc", "bin/make"] {
            stand_ins.write(compiler, "exit 0");
        }
        for program in ["lab", "runner"] {
            let print = format!(r#"printf '<%s>' {program} "$@""#);
            stand_ins.write(&format!("release/{program}"), &print);
        }
        stand_ins
    }

    fn write(&self, path: &str, commands: &str) {
        let file = self.0.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, format!("#!/bin/sh\n{commands}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Returns the program that `./lab` starts for these arguments, and the arguments that it passes.
    fn started(&self, arguments: &[&str]) -> String {
        let bin = self.0.path().join("bin");
        let path = std::env::var_os("PATH").unwrap();
        let path = std::iter::once(bin.clone()).chain(std::env::split_paths(&path));
        let output = Command::new("sh")
            .arg(script())
            .args(arguments)
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("CARGO", bin.join("cargo"))
            .output()
            .unwrap();
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {message}");
        String::from_utf8(output.stdout).unwrap()
    }
}

#[test]
fn test_and_bench_start_the_runner_and_everything_else_the_lab() {
    let stand_ins = StandIns::new();
    for arguments in [
        &["test"][..],
        &["bench", "--json", "page"],
        &["--state-dir", "a b", "test", "rust"],
        &["--state-dir", "up", "bench"],
        &["--state-dir=up", "test"],
        &["test", "--help"],
    ] {
        let expected = format!("<runner><{}>", arguments.join("><"));
        assert_eq!(stand_ins.started(arguments), expected);
    }
    for arguments in [
        &["--help"][..],
        &["up", "test"],
        &["--state-dir", "test", "up"],
        &["--state-dir", "test"],
        &["--state-dir=test", "status"],
        &["--help", "test"],
        &["tests"],
        &["", "test"],
    ] {
        let expected = format!("<lab><{}>", arguments.join("><"));
        assert_eq!(stand_ins.started(arguments), expected);
    }
    assert_eq!(stand_ins.started(&[]), "<lab>");
}

#[test]
fn the_script_has_the_runners_commands_and_the_options_before_them() {
    let text = fs::read_to_string(script()).unwrap();
    let lab = lab::cli::Cli::command();
    let runner = runner::cli::Cli::command();
    let commands: Vec<&str> = runner
        .get_subcommands()
        .map(clap::Command::get_name)
        .collect();
    assert_eq!(commands, ["bench", "test"]);
    for program in [&lab, &runner] {
        let options: Vec<&str> = program
            .get_arguments()
            .filter_map(clap::Arg::get_long)
            .collect();
        assert_eq!(options, ["state-dir"], "{}", program.get_name());
    }
    assert!(text.contains("--state-dir) is_value=true") && text.contains("test | bench)"));
    let help = lab.clone().render_long_help().to_string();
    for command in runner.get_subcommands() {
        let about = command.get_about().expect("an about text");
        let line = format!("{:<8} {about}", command.get_name());
        assert!(help.contains(&line), "{help}");
    }
}
