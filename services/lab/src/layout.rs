//! Lays out the state folder: folders, links to `monitoring/`, rendered and discovery files, and a check of them.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

use anyhow::{Context as _, anyhow, ensure};

use crate::discovery;
use crate::error::Error;
use crate::live_targets;
use crate::part::Part;
use crate::paths::{Installation, StateDir};
use crate::plan::{Plan, Targets};
use crate::ports::Ports;
use crate::render::{self, Mail};
use crate::smtp::Smtp;

/// What a lab needs to start at all; it grows slowly from there.
const LEAST_FREE: u64 = 200 << 20;

/// Creates the state folder and makes sure that it can be written to and has room.
///
/// # Errors
/// It can't, with the way out.
pub fn create(state: &StateDir) -> anyhow::Result<()> {
    let path = state.path().display();
    let create = || -> io::Result<()> {
        fs::create_dir_all(state.logs())?;
        fs::create_dir_all(state.prometheus_config().with_file_name("discovery"))?;
        fs::create_dir_all(state.part(Part::Alertmanager))?;
        tempfile::tempfile_in(state.path()).map(drop)
    };
    create().with_context(|| format!("can't write to {path}; another folder: --state-dir DIR"))?;
    check_room(state.path(), LEAST_FREE)
        .map_err(|error| anyhow!("{error}, or use another disk: --state-dir DIR"))
}

/// Makes sure that at least `least` bytes can be written in `folder`.
///
/// # Errors
/// They can't, with the way out.
pub fn check_room(folder: &Path, least: u64) -> anyhow::Result<()> {
    let Ok(disk) = rustix::fs::statvfs(folder) else {
        return Ok(());
    };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    ensure!(
        free >= least,
        "the disk of {} has {} MiB left, and at least {} MiB are needed; make room",
        folder.display(),
        free >> 20,
        least >> 20
    );
    Ok(())
}

/// Writes every file that the parts read at their start, and has them checked.
///
/// # Errors
/// A file of `monitoring/` is wrong, or one of the state folder can't be written.
pub fn write(plan: &Plan<'_>, smtp: Option<&Smtp>) -> Result<(), Error> {
    write_prometheus(plan)?;
    write_alertmanager(plan, smtp)?;
    if *plan.targets == Targets::File {
        write_targets(plan)?;
    }
    Ok(())
}

fn write_prometheus(plan: &Plan<'_>) -> anyhow::Result<()> {
    let config = plan.state.prometheus_config();
    link(
        &plan.installation.monitoring("prometheus/prometheus.yml"),
        &config,
    )?;
    link(
        &plan.installation.monitoring("prometheus/rules"),
        &config.with_file_name("rules"),
    )?;
    discovery::write(
        &config.with_file_name("discovery"),
        &plan.parts(),
        plan.ports,
    )?;
    plan.tools.prometheus.check_config(&config)
}

/// Links `path` to `target`, whatever it was a link to before.
fn link(target: &Path, path: &Path) -> anyhow::Result<()> {
    let replace = || match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => symlink(target, path),
    };
    replace().with_context(|| format!("can't link {} to {}", path.display(), target.display()))
}

fn write_alertmanager(plan: &Plan<'_>, smtp: Option<&Smtp>) -> anyhow::Result<()> {
    let config = plan.state.alertmanager_config();
    save(&config, &alertmanager(plan.installation, plan.ports, smtp)?)?;
    plan.tools.alertmanager.check_config(&config)
}

/// `monitoring/`'s alertmanager.yml for this machine, with a mail receiver where there is a mail server.
///
/// # Errors
/// A file can't be read, or does not hold exactly what is to be replaced.
pub fn alertmanager(
    installation: &Installation,
    ports: Ports,
    smtp: Option<&Smtp>,
) -> anyhow::Result<String> {
    let template = read(installation, "alertmanager/alertmanager.yml")?;
    let route = read(installation, "alertmanager/email-route.yml")?;
    let receiver = read(installation, "alertmanager/email-receiver.yml")?;
    let mail = smtp.map(|smtp| Mail {
        route: &route,
        receiver: &receiver,
        smtp,
    });
    let webhook = format!("{}/webhook", ports.url(Part::AlertLogger));
    render::alertmanager(&template, &webhook, mail)
}

fn write_targets(plan: &Plan<'_>) -> Result<(), Error> {
    let template = plan.installation.monitoring("targets.toml");
    let path = plan.state.targets_file();
    live_targets::render(&template, &path, plan.ports).with_context(|| {
        format!(
            "can't render {} into {}",
            template.display(),
            path.display()
        )
    })?;
    plan.target_source().load().map(drop).map_err(|error| {
        Error::Usage(format!(
            "{error}\nIt was made from monitoring/targets.toml; correct it there."
        ))
    })
}

fn read(installation: &Installation, path: &str) -> anyhow::Result<String> {
    let path = installation.monitoring(path);
    fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))
}

fn save(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("can't write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_named_with_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        check_room(folder.path(), 1).unwrap();
        let message = check_room(folder.path(), u64::MAX).unwrap_err().to_string();
        assert!(
            message.contains("MiB left") && message.contains("make room"),
            "{message}"
        );
    }

    #[test]
    fn a_state_folder_that_is_a_file_is_one_message() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let message = format!(
            "{:#}",
            create(&StateDir::new(file.path()).unwrap()).unwrap_err()
        );
        assert!(message.contains("--state-dir"), "{message}");
    }

    #[test]
    fn a_link_follows_the_repository_when_it_moves() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules");
        link(Path::new("/old"), &path).unwrap();
        link(Path::new("/new"), &path).unwrap();
        assert_eq!(fs::read_link(&path).unwrap(), Path::new("/new"));
    }
}
