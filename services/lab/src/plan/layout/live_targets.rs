//! Renders `targets.toml` again when it changes while the lab runs. The services reload the rendered file when its
//! content changes, and validate it.

use std::fs::{self, Permissions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::render;
use crate::part::ports::Ports;
use crate::state::files;

/// The poll interval of the template. The services use the same one.
const PERIOD: Duration = Duration::from_secs(2);

/// Renders `template` into `rendered`.
///
/// # Errors
/// The template can't be read, or the rendered file can't be written.
pub fn render(template: &Path, rendered: &Path, ports: Ports) -> io::Result<()> {
    write(&read(template)?, rendered, ports)
}

/// Reads the template and its permissions.
fn read(template: &Path) -> io::Result<(String, Permissions)> {
    Ok((
        fs::read_to_string(template)?,
        fs::metadata(template)?.permissions(),
    ))
}

/// Writes the file with the template's permissions: the services reject passwords in a file that others can read.
fn write(
    (text, permissions): &(String, Permissions),
    rendered: &Path,
    ports: Ports,
) -> io::Result<()> {
    let text = render::targets(text, ports);
    files::replace_with(rendered, text.as_bytes(), permissions.clone())
}

/// Renders `template` into `rendered` whenever it changes. Never returns.
pub async fn follow(template: PathBuf, rendered: PathBuf, ports: Ports) {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut applied = None;
    loop {
        ticks.tick().await;
        // An editor may be replacing the file, or the disk may be full: the next poll tries again.
        let Ok(now) = read(&template) else {
            continue;
        };
        if applied.as_ref() != Some(&now) && write(&now, &rendered, ports).is_ok() {
            applied = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_edit_is_rendered_with_local_addresses() {
        let folder = tempfile::tempdir().unwrap();
        let (template, rendered) = (
            folder.path().join("template"),
            folder.path().join("targets.toml"),
        );
        fs::write(&template, "url = \"http://demo-target:8080/ok\"\n").unwrap();
        let ports = Ports::new(Some(20_000));
        tokio::spawn(follow(template.clone(), rendered.clone(), ports));
        tokio::time::sleep(PERIOD).await;
        assert_eq!(
            fs::read_to_string(&rendered).unwrap(),
            "url = \"http://127.0.0.1:20004/ok\"\n"
        );
        fs::remove_file(&template).unwrap();
        tokio::time::sleep(PERIOD * 2).await;
        fs::write(&template, "url = \"http://api-gateway:8080/healthz\"\n").unwrap();
        tokio::time::sleep(PERIOD * 2).await;
        assert_eq!(
            fs::read_to_string(&rendered).unwrap(),
            "url = \"http://127.0.0.1:20001/healthz\"\n"
        );
    }

    #[test]
    fn the_rendered_file_has_the_permissions_of_its_template() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (template, rendered) = (
            folder.path().join("template"),
            folder.path().join("targets.toml"),
        );
        fs::write(&template, "").unwrap();
        for mode in [0o600, 0o644, 0o600] {
            fs::set_permissions(&template, Permissions::from_mode(mode)).unwrap();
            super::render(&template, &rendered, Ports::new(None)).unwrap();
            let permissions = fs::metadata(&rendered).unwrap().permissions();
            assert_eq!(permissions.mode() & 0o777, mode);
        }
    }
}
