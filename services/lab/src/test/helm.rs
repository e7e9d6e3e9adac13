//! helm: on PATH, else built from its Go module.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use super::Workshop;
use super::steps::Steps;
use crate::tools::{on_path, run};

/// A minute and a half of building, once.
const MODULE: &str = "helm.sh/helm/v3/cmd/helm@v3.22.0";

/// The program; `None` where it can't be had, and the suite says that it goes without `what`.
pub fn get(workshop: &Workshop, steps: &mut Steps, what: &str) -> anyhow::Result<Option<PathBuf>> {
    let search_path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(helm) = on_path(&search_path, &["helm"]) {
        return Ok(Some(helm));
    }
    let folder = folder(workshop);
    let helm = folder.join("helm");
    if helm.is_file() {
        return Ok(Some(helm));
    }
    if on_path(&search_path, &["go"]).is_none() {
        let why = "there is no helm here, and no Go to build it with";
        steps.cannot_run(what, why, "install helm or Go");
        return Ok(None);
    }
    eprintln!("   building helm");
    let mut go = Command::new("go");
    run(go.env("GOBIN", &folder).args(["install", MODULE]))?;
    Ok(Some(helm))
}

/// `PATH` with what was built behind it.
pub fn path(workshop: &Workshop) -> anyhow::Result<OsString> {
    let search_path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&search_path).chain([folder(workshop)]);
    Ok(std::env::join_paths(folders)?)
}

fn folder(workshop: &Workshop) -> PathBuf {
    workshop.installation.tools_dir().join("go/bin")
}
