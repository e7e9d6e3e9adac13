//! Keeps the rendered `targets.toml` current while the lab runs, so that an edit in `monitoring/` reaches the services,
//! which reread their file when its content changes and judge it themselves.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::files;
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
            && files::replace(&rendered, render::targets(&text, ports).as_bytes()).is_ok()
        {
            seen = Some(text);
        }
    }
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
