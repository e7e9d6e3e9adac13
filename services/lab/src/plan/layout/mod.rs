//! The configuration files in the state folder: links to `monitoring/`, rendered files and discovery files.

mod discovery;
pub mod live_targets;
mod render;
pub mod smtp;

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

use anyhow::Context as _;

use self::render::Mail;
use self::smtp::Smtp;
use super::{Plan, Targets};
use crate::cli::Error;
use crate::part::Part;
use crate::part::ports::Ports;
use crate::state::paths::Installation;

/// Writes all files that the parts read at their start, and checks them with promtool and amtool.
///
/// # Errors
/// A file of `monitoring/` is invalid, or a file of the state folder can't be written.
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

/// Makes `path` a link to `target`, and replaces an older link.
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

/// Renders alertmanager.yml of `monitoring/` for this machine, with a mail receiver if a mail server is set.
///
/// # Errors
/// A file can't be read, or does not contain the text to replace.
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
            "{error}\nThe file is rendered from monitoring/targets.toml; correct it there."
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
    fn a_link_is_replaced_when_the_repository_has_moved() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules");
        link(Path::new("/old"), &path).unwrap();
        link(Path::new("/new"), &path).unwrap();
        assert_eq!(fs::read_link(&path).unwrap(), Path::new("/new"));
    }
}
