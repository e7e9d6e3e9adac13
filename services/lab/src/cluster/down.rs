//! `cluster down`: removes everything that `up` applied.

use std::process::ExitCode;

use super::Cluster;
use crate::error::Error;
use crate::output;

pub fn run(cluster: &Cluster<'_>) -> Result<ExitCode, Error> {
    let terraform = cluster.terraform();
    terraform.prepare()?;
    terraform.destroy()?;
    if cluster.minikube {
        output::print(
            "All is removed, the volumes too. minikube still runs: minikube stop, or minikube delete\n",
        )?;
    }
    Ok(ExitCode::SUCCESS)
}
