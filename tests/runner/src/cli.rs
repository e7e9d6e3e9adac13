//! The command line: the commands of `./lab` that need a checkout of the repository.

use clap::{Parser, Subcommand};
use lab::cli::{BENCH, StateDirOption, TEST};

use crate::bench::BenchArgs;
use crate::suites::TestArgs;

/// Tests and measures UptimePulse on this machine.
#[derive(Debug, Parser)]
#[command(
    name = "runner",
    bin_name = "./lab",
    version,
    about,
    disable_help_subcommand = true
)]
pub struct Cli {
    /// The folder for the output of the suites.
    #[command(flatten)]
    pub state: StateDirOption,

    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs benchmarks.
    #[command(about = BENCH)]
    Bench(BenchArgs),
    /// Runs suites.
    #[command(about = TEST)]
    Test(TestArgs),
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_state_dir_works_before_and_after_every_command() {
        for command in ["bench", "test"] {
            for arguments in [
                ["lab", command, "--state-dir", "/tmp/x"],
                ["lab", "--state-dir", "/tmp/x", command],
            ] {
                let cli = Cli::try_parse_from(arguments).unwrap();
                let dir = cli.state.state_dir.as_deref();
                assert_eq!(dir, Some(Path::new("/tmp/x")), "{arguments:?}");
            }
        }
    }
}
