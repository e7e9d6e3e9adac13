//! Keeps the rendered `targets.toml` current while the lab runs, so that an edit in `monitoring/` reaches the services,
//! which reread their file when its content changes and judge it themselves.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::ports::Ports;
use crate::render;

/// How often the file's content is compared; the services look as often.
const PERIOD: Duration = Duration::from_secs(2);

/// Renders `template` into `rendered` whenever its content changes. Never ends.
pub async fn follow(template: PathBuf, rendered: PathBuf, ports: Ports) {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut seen = None;
    loop {
        ticks.tick().await;
        // Away for a moment, as when an editor saves it, or the disk is full: the next look will do.
        let Ok(text) = fs::read_to_string(&template) else {
            continue;
        };
        if seen.as_ref() != Some(&text)
            && replace(&rendered, &render::targets(&text, ports)).is_ok()
        {
            seen = Some(text);
        }
    }
}

/// Replaces the file at once: readers see the old or the new content, whole.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_edit_reaches_the_services_file_with_local_addresses() {
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
}
