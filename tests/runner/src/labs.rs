//! Labs of suites and benchmarks: each has its own targets, folder and ports, and is stopped when dropped or when this
//! process exits.

use anyhow::Context as _;
use lab::part::Part;
use lab::state::paths::Installation;
use lab::tools::Tools;
use test_support::Lab;

/// Starts a lab that probes `targets` (the text of a `targets.toml` with the cluster's addresses), and returns when it is up.
///
/// # Errors
/// The servers can't be downloaded, or the lab is not up in time; the message quotes its output.
pub fn start(installation: &Installation, targets: &str) -> anyhow::Result<Lab> {
    let (mut lab, _) = prepare(installation, targets)?;
    lab.up_attached()?;
    Ok(lab)
}

/// Prepares a lab as [`start`] does without starting it, so that history can be written into its state folder.
///
/// # Errors
/// The servers can't be downloaded, or the lab's root can't be created.
pub fn prepare(installation: &Installation, targets: &str) -> anyhow::Result<(Lab, Tools)> {
    let search_path = std::env::var_os("PATH").unwrap_or_default();
    let mut say = |message: &str| eprintln!("   {message}");
    let tools = Tools::find_or_fetch(&search_path, &installation.tools_dir(), &mut say)?;
    let parts = Part::ALL.map(Part::name).to_vec();
    let program = installation.bin_dir.join("lab");
    let lab = Lab::builder(program, installation.root.clone(), parts)
        .targets(targets, &installation.tools_dir())
        .context("can't create the root of a lab")?
        .build();
    Ok((lab, tools))
}
