//! `cluster`: runs the stack on Kubernetes, and shows every step as a command that you could type.

mod checks;
pub mod data_path;
mod down;
mod forward;
mod kubectl;
mod passwords;
mod shell;
mod status;
mod terraform;
mod up;

use std::process::ExitCode;

use tokio::runtime::Runtime;

use self::kubectl::Kubectl;
use self::shell::Shell;
use self::terraform::Terraform;
use crate::cli::{ClusterArgs, ClusterCommand, Error};
use crate::state::paths::{Installation, StateDir};

/// The context that `minikube start` creates, unless [`PROFILE`] names another.
const MINIKUBE: &str = "minikube";
/// minikube's environment variable for its profile.
const PROFILE: &str = "MINIKUBE_PROFILE";

/// The cluster that the commands work on.
#[derive(Debug)]
struct Cluster<'a> {
    installation: &'a Installation,
    state: &'a StateDir,
    shell: Shell,
    context: String,
    /// Whether to start minikube and load images, which is the case without `--context`.
    minikube: bool,
}

impl Cluster<'_> {
    fn terraform(&self) -> Terraform<'_> {
        Terraform::new(&self.shell, &self.context)
    }

    /// Returns kubectl for the namespace of the stack.
    fn kubectl(&self) -> Kubectl<'_> {
        Kubectl::new(&self.shell, &self.context, self.terraform().namespace())
    }
}

/// Runs the command.
///
/// # Errors
/// A tool is missing, or a step failed. The message says what to do.
pub fn run(
    installation: &Installation,
    state: &StateDir,
    runtime: &Runtime,
    args: &ClusterArgs,
) -> Result<ExitCode, Error> {
    if !installation.root.join("terraform/versions.tf").is_file() {
        return Err(Error::Usage(format!(
            "there is no terraform/ in {}; run it in a checkout of the repository",
            installation.root.display()
        )));
    }
    let kubeconfig = std::env::var("KUBECONFIG").unwrap_or_default();
    if kubeconfig.contains(':') {
        return Err(Error::Usage(format!(
            "KUBECONFIG is {kubeconfig:?}, but Terraform reads a single file; set it to the file that contains the context"
        )));
    }
    let profile = || std::env::var(PROFILE).ok().filter(|name| !name.is_empty());
    let cluster = Cluster {
        installation,
        state,
        shell: Shell::new(&installation.root),
        // minikube names the context after the profile.
        context: args
            .context
            .clone()
            .or_else(profile)
            .unwrap_or_else(|| MINIKUBE.to_owned()),
        minikube: args.context.is_none(),
    };
    match args.command {
        ClusterCommand::Up => up::run(&cluster, runtime),
        ClusterCommand::Status => status::run(&cluster, runtime),
        ClusterCommand::Down => down::run(&cluster),
    }
}
