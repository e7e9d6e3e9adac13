//! `cluster up`: builds and applies the stack, and waits until its checks pass.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{bail, ensure};
use targets::{Defaults, TargetSource};
use tokio::runtime::Runtime;

use super::{Cluster, checks, passwords, status};
use crate::cli::Error;
use crate::terminal::output;

/// The time limit of the checks: discovery, a scrape and an evaluation, and a first Watchdog after 75 s.
const TIME_LIMIT: Duration = Duration::from_secs(240);

pub fn run(cluster: &Cluster<'_>, runtime: &Runtime) -> Result<ExitCode, Error> {
    let shell = &cluster.shell;
    if cluster.minikube {
        if !shell.succeeds("minikube", &["status"])? {
            let hint = "its output names the driver that it needs; `minikube delete` removes a broken cluster";
            shell.run("minikube", &["start"], &[], hint)?;
        }
        let hint = "its last lines name the image; run `./lab cluster up` again, which builds only what is missing";
        shell.run("nix", &["run", ".#load-images"], &[], hint)?;
    }
    let secrets = passwords::load_or_generate(&cluster.state.path().join("cluster"))?;
    output::notice(&format!(
        "Passwords: {} (to run terraform apply by hand: set -a; . {}; set +a)",
        secrets.file.display(),
        crate::state::paths::quoted(&secrets.file.to_string_lossy())
    ));
    let terraform = cluster.terraform();
    terraform.prepare()?;
    if let Some(file) = terraform.targets_file(&cluster.installation.root) {
        reject_passwords(&file)?;
    }
    terraform.apply(&secrets.variables)?;
    wait(cluster, runtime)?;
    let hint = "terraform apply has not finished";
    shell.run("terraform", &["-chdir=terraform", "output"], &[], hint)?;
    output::print(
        "UptimePulse is up. To open it, run one of port_forwards, such as that of dashboard-ui. ./lab cluster status checks it again.\n",
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Waits until all checks pass.
fn wait(cluster: &Cluster<'_>, runtime: &Runtime) -> anyhow::Result<()> {
    let kubectl = cluster.kubectl();
    let tags = status::tags(cluster);
    // A crashing pod may recover once the others are ready.
    let results = runtime.block_on(checks::wait(&kubectl, &tags, TIME_LIMIT, |_| false));
    output::print(&status::table(&results))?;
    ensure!(
        checks::all_passed(&results),
        "the stack is applied, but checks still fail after {} s",
        TIME_LIMIT.as_secs()
    );
    Ok(())
}

/// Rejects a target list with a password before anything is applied.
fn reject_passwords(file: &Path) -> anyhow::Result<()> {
    let source = TargetSource::new(None, Some(file.to_path_buf()), Defaults::for_listing());
    if let Some(key) = source.find_password()? {
        bail!(
            "{}: {key} holds a password, which would be readable in Terraform's state and in a ConfigMap; use a URL without a password",
            file.display()
        );
    }
    Ok(())
}
