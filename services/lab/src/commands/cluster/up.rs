//! `cluster up`: builds and applies the stack, and waits until it is ready.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{bail, ensure};
use targets::{Defaults, TargetSource};
use tokio::runtime::Runtime;

use super::{Cluster, checks, passwords, status};
use crate::cli::Error;
use crate::terminal::output;

/// The time limit of the checks. Discovery, a scrape and an evaluation come first, and the first Watchdog takes 75 s.
const PATIENCE: Duration = Duration::from_secs(240);

pub fn run(cluster: &Cluster<'_>, runtime: &Runtime) -> Result<ExitCode, Error> {
    let shell = &cluster.shell;
    if cluster.minikube {
        if !shell.succeeds("minikube", &["status"])? {
            let way_out = "minikube names the driver that it wants; `minikube delete` clears one that is broken";
            shell.run("minikube", &["start"], &[], way_out)?;
        }
        let way_out = "its last lines name the image; it can be run again, and what is built is not built again";
        shell.run("nix", &["run", ".#load-images"], &[], way_out)?;
    }
    let secrets = passwords::find_or_make(&cluster.state.path().join("cluster"))?;
    output::notice(&format!(
        "Passwords: {} (for a terraform apply by hand: set -a; . {}; set +a)",
        secrets.file.display(),
        crate::state::paths::quoted(&secrets.file.to_string_lossy())
    ));
    let terraform = cluster.terraform();
    terraform.prepare()?;
    if let Some(file) = terraform.targets_file(&cluster.installation.root) {
        refuse_passwords(&file)?;
    }
    terraform.apply(&secrets.variables)?;
    wait(cluster, runtime)?;
    let way_out = "terraform apply has not finished";
    shell.run("terraform", &["-chdir=terraform", "output"], &[], way_out)?;
    output::print(
        "UptimePulse is up. Open one of port_forwards, for example that of dashboard-ui; ./lab cluster status checks it again.\n",
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Waits until all checks pass.
fn wait(cluster: &Cluster<'_>, runtime: &Runtime) -> anyhow::Result<()> {
    let kubectl = cluster.kubectl();
    let tags = status::tags(cluster);
    // Even a pod that crashes may come up once the others have.
    let checked = runtime.block_on(checks::settle(&kubectl, &tags, PATIENCE, |_| false));
    output::print(&status::table(&checked))?;
    ensure!(
        checks::all_good(&checked),
        "it is applied, and not all of it is well after {} s",
        PATIENCE.as_secs()
    );
    Ok(())
}

/// Rejects a target list with a password before anything is applied.
fn refuse_passwords(file: &Path) -> anyhow::Result<()> {
    let source = TargetSource::new(None, Some(file.to_path_buf()), Defaults::for_listing());
    if let Some(place) = source.find_password()? {
        bail!(
            "{}: {place} holds a password, which would be readable in Terraform's state and in a ConfigMap: watch an address that needs none",
            file.display()
        );
    }
    Ok(())
}
