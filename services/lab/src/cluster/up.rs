//! `cluster up`: from a checkout to the stack, ready, on a cluster.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::bail;
use tokio::runtime::Runtime;

use super::{Cluster, checks, passwords, status};
use crate::error::Error;
use crate::output;
use crate::progress::Progress;

/// Discovery, a first scrape, a rule's evaluation and a first Watchdog, which may take 75 s.
const PATIENCE: Duration = Duration::from_secs(240);

/// Between two looks.
const PERIOD: Duration = Duration::from_secs(5);

pub fn run(cluster: &Cluster<'_>, runtime: &Runtime) -> Result<ExitCode, Error> {
    let typist = &cluster.typist;
    if cluster.minikube {
        if !typist.succeeds("minikube", &["status"])? {
            let way_out = "minikube names the driver that it wants; `minikube delete` clears one that is broken";
            typist.run("minikube", &["start"], &[], way_out)?;
        }
        let way_out = "its last lines name the image; it can be run again, and what is built is not built again";
        typist.run("nix", &["run", ".#load-images"], &[], way_out)?;
    }
    let secrets = passwords::find_or_make(&cluster.state.path().join("cluster"))?;
    output::tell(&format!(
        "Passwords: {} (for a terraform apply by hand: set -a; . {}; set +a)",
        secrets.file.display(),
        crate::paths::quoted(&secrets.file.to_string_lossy())
    ));
    let terraform = cluster.terraform();
    terraform.prepare()?;
    terraform.apply(&secrets.variables)?;
    wait(cluster, runtime)?;
    let way_out = "terraform apply has not finished";
    typist.run("terraform", &["-chdir=terraform", "output"], &[], way_out)?;
    output::print(
        "UptimePulse is up. Open one of port_forwards, for example that of dashboard-ui; ./lab cluster status checks it again.\n",
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Until all checks are good.
fn wait(cluster: &Cluster<'_>, runtime: &Runtime) -> anyhow::Result<()> {
    let kubectl = cluster.kubectl();
    let mut progress = Progress::new();
    progress.step("waiting for data to flow");
    let begun = Instant::now();
    loop {
        let checked = runtime.block_on(checks::run(&kubectl, &status::tags(cluster)));
        let good = status::all_good(&checked);
        if good || begun.elapsed() > PATIENCE {
            progress.finish();
            output::print(&status::table(&checked))?;
            if !good {
                bail!(
                    "it is applied, and not all of it is well after {} s",
                    PATIENCE.as_secs()
                );
            }
            return Ok(());
        }
        if let Some(check) = checked.iter().find(|check| check.outcome.is_err()) {
            progress.step(&format!("waiting: {}", check.name));
        }
        // The timer belongs to the runtime, so it is made inside.
        runtime.block_on(async { tokio::time::sleep(PERIOD).await });
    }
}
