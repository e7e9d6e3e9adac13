//! The discovery files with the addresses for prometheus.yml: one for each job, and one for the Alertmanagers. Their
//! format is that of `file_sd_config` in Prometheus' documentation.

use std::path::Path;

use anyhow::Context as _;
use serde_json::json;

use crate::part::Part;
use crate::part::ports::Ports;
use crate::state::files;

/// Writes `JOB.json` for every part and `alertmanagers.json` into `folder`. A part that does not run has an empty list.
pub fn write(folder: &Path, running: &[Part], ports: Ports) -> anyhow::Result<()> {
    for part in Part::ALL {
        write_one(
            folder,
            part.name(),
            running.contains(&part).then_some(part),
            ports,
        )?;
    }
    write_one(folder, "alertmanagers", Some(Part::Alertmanager), ports)
}

fn write_one(folder: &Path, name: &str, part: Option<Part>, ports: Ports) -> anyhow::Result<()> {
    let path = folder.join(format!("{name}.json"));
    let groups = match part {
        Some(part) => json!([{ "targets": [ports.address(part).to_string()] }]),
        None => json!([]),
    };
    // Prometheus may be reading the file, so replace it atomically.
    files::replace(&path, groups.to_string().as_bytes())
        .with_context(|| format!("can't write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_job_has_a_file_and_a_part_that_does_not_run_has_no_address() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[Part::PingAgent], Ports::new(Some(20_000))).unwrap();
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(
            read("ping-agent.json"),
            r#"[{"targets":["127.0.0.1:20000"]}]"#
        );
        assert_eq!(read("grafana.json"), "[]");
        assert_eq!(
            read("alertmanagers.json"),
            r#"[{"targets":["127.0.0.1:20006"]}]"#
        );
    }
}
