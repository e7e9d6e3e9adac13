//! The command line, and the errors of commands.

mod error;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use url::Url;

pub use self::error::{EX_USAGE, Error};
use crate::part::ports::HIGHEST_BASE;
use crate::state::paths::{Installation, StateDir};

const UP_ENVIRONMENT: &str = "\
Environment:
  SMTP_SMARTHOST (host:port), SMTP_FROM, SMTP_TO, SMTP_AUTH_USERNAME, SMTP_AUTH_PASSWORD_FILE
          Also send alerts by mail; set all of them or none
  SMTP_REQUIRE_TLS
          false for a mail server without STARTTLS [default: true]
  PING_INTERVAL_SECONDS, PING_TIMEOUT_SECONDS, PING_CONCURRENCY, PING_BODY_MAX_BYTES, PING_HTTP_METHOD,
  PING_AGENT_CACHE_SECONDS, PROMETHEUS_QUERY_CACHE_SECONDS, LOG_FORMAT, RUST_LOG,
  ALLOWED_HOSTS
          Passed on to the services, as are PATH, HOME, LANG, LC_ALL, TZ, TMPDIR, RUST_BACKTRACE,
          SSL_CERT_FILE and SSL_CERT_DIR, but no other variables";

/// The help text of `./lab bench`. The `lab` script starts it from tests/runner.
pub const BENCH: &str =
    "Run the benchmarks beside a comparable program; exit code 1 if a limit is exceeded";

/// The help text of `./lab test`, also a command of tests/runner.
pub const TEST: &str = "Run the test suites that this machine can run, and list those it can't";

/// Runs UptimePulse on this machine: the services beside a real Prometheus and a real Alertmanager.
#[derive(Debug, Parser)]
#[command(
    name = "lab",
    bin_name = "./lab",
    version,
    about,
    disable_help_subcommand = true,
    after_help = format!("Commands of a checkout of the repository:\n  bench    {BENCH}\n  test     {TEST}")
)]
pub struct Cli {
    /// The state folder.
    #[command(flatten)]
    pub state: StateDirOption,

    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The option of every command.
#[derive(Debug, Args)]
pub struct StateDirOption {
    /// Folder for data, logs and downloaded servers [default: .lab beside the lab script]
    #[arg(long, global = true, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}

impl StateDirOption {
    /// Returns the state folder.
    ///
    /// # Errors
    /// The path is invalid.
    pub fn of(&self, installation: &Installation) -> Result<StateDir, Error> {
        match &self.state_dir {
            Some(dir) => StateDir::new(dir).map_err(|error| Error::Usage(format!("{error:#}"))),
            None => Ok(StateDir::default_of(installation)),
        }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start all parts and restart any that exits; Ctrl-C stops them
    #[command(after_help = UP_ENVIRONMENT)]
    Up(UpArgs),
    /// Show each part's state, address and number of restarts
    Status {
        /// Print {"parts":[{"name","state","url","pid","restarts"}]}
        #[arg(long)]
        json: bool,
    },
    /// Show the logs of the parts
    Logs {
        /// The part to show, or "lab" for the supervisor [default: all, in order of time]
        part: Option<String>,
        /// Follow the logs: print new lines as they are written
        #[arg(short, long)]
        follow: bool,
    },
    /// Stop all parts; data and logs stay
    Down,
    /// Show the storage of Prometheus, now and at the end of its retention
    Sizing(SizingArgs),
    /// Run the stack on Kubernetes: minikube, or the cluster of another context
    Cluster(ClusterArgs),
    /// Check that probe results reach a gateway. `helm test` runs it.
    #[command(hide = true)]
    CheckDataPath {
        /// The URL of api-gateway.
        #[arg(long, value_name = "URL")]
        gateway: Url,
    },
    /// Become a part's program, which is killed when the supervisor exits. Only the supervisor runs this.
    #[command(hide = true)]
    ExecPart(ExecPartArgs),
}

/// Arguments of `up`.
#[derive(Debug, Args)]
pub struct UpArgs {
    /// URLs to probe instead of the targets in monitoring/targets.toml
    #[arg(value_name = "URL")]
    pub urls: Vec<String>,

    /// Return when the lab is up, and keep it running in the background
    #[arg(long)]
    pub detach: bool,

    /// Use ports N, N+1, … for ping-agent, api-gateway, dashboard-ui, alert-logger, demo-target, prometheus,
    /// alertmanager, grafana and the demo target's TLS listener
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=i64::from(HIGHEST_BASE)))]
    pub port_base: Option<u16>,

    /// Run as the background supervisor of `up --detach`.
    #[arg(long, hide = true, conflicts_with = "detach")]
    pub detached: bool,
}

/// Arguments of `sizing`.
#[derive(Debug, Args)]
pub struct SizingArgs {
    /// The URL of the Prometheus to query [default: the running lab's]
    #[arg(long, value_name = "URL", value_parser = server_url)]
    pub prometheus: Option<Url>,

    /// Print one JSON object; its keys include the units
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `cluster`.
#[derive(Debug, Args)]
pub struct ClusterArgs {
    /// The kubeconfig context of a cluster other than minikube, which needs the images or image_registry
    #[arg(long, global = true, value_name = "NAME")]
    pub context: Option<String>,

    /// The command.
    #[command(subcommand)]
    pub command: ClusterCommand,
}

/// The commands of `cluster`.
#[derive(Debug, Subcommand)]
pub enum ClusterCommand {
    /// Start minikube if it is stopped, build and load the images, apply, and wait until data flows
    Up,
    /// Run the checks of the stack; exit code 1 if one fails
    Status,
    /// Remove everything that was applied, including the volumes
    Down,
}

/// Arguments of the hidden `exec-part`.
#[derive(Debug, Args)]
pub struct ExecPartArgs {
    /// The supervisor's process id.
    #[arg(long)]
    pub supervisor: i32,

    /// The program and its arguments.
    #[arg(last = true, required = true)]
    pub command: Vec<OsString>,
}

/// Parses the URL of a server.
fn server_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let is_usable =
        matches!(url.scheme(), "http" | "https") && url.has_host() && url.port() != Some(0);
    is_usable.then_some(url).ok_or_else(|| {
        "must be an absolute http or https URL with a port from 1 to 65535".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_definition_is_valid() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_accepts_state_dir() {
        for command in ["up", "status", "logs", "down", "sizing"] {
            let cli = Cli::try_parse_from(["lab", command, "--state-dir", "/tmp/x"]).unwrap();
            assert_eq!(
                cli.state.state_dir,
                Some(PathBuf::from("/tmp/x")),
                "{command}"
            );
        }
    }

    #[test]
    fn sizing_rejects_an_unusable_server_url() {
        let parse = |url: &str| Cli::try_parse_from(["lab", "sizing", "--prometheus", url]);
        assert!(parse("http://127.0.0.1:9090/base").is_ok());
        for rejected in ["http://127.0.0.1:0/", "ftp://host/", "host:9090", "/base"] {
            assert!(parse(rejected).is_err(), "{rejected}");
        }
    }

    #[test]
    fn a_port_base_leaves_room_for_all_ports() {
        let parse = |base: &str| Cli::try_parse_from(["lab", "up", "--port-base", base]);
        assert!(parse("1").is_ok());
        assert!(parse("65527").is_ok());
        for rejected in ["0", "65528", "-1", "x"] {
            assert!(parse(rejected).is_err(), "{rejected}");
        }
    }
}
