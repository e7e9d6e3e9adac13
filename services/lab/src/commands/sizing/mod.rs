//! `sizing`: reports the storage of Prometheus, now and at the end of its retention.

mod estimate;
mod report;

use std::process::ExitCode;

pub use self::estimate::{Origin, Sizing};
use super::Lab;
use crate::cli::{Error, SizingArgs};
use crate::part::Part;
use crate::state::record::LabRecord;
use crate::terminal::output;

/// Reports on the given Prometheus, else on the running lab's.
pub(super) async fn run(lab: &Lab, args: &SizingArgs) -> Result<ExitCode, Error> {
    let sizing = match &args.prometheus {
        Some(url) => Sizing::of(url.as_str(), None).await?,
        None => Sizing::of(&local_prometheus(lab)?, Some(&lab.state.prometheus_data())).await?,
    };
    output::print(&if args.json {
        report::json(&sizing)?
    } else {
        report::text(&sizing)
    })?;
    Ok(ExitCode::SUCCESS)
}

fn local_prometheus(lab: &Lab) -> anyhow::Result<String> {
    let record =
        LabRecord::load(&lab.state.state_file())?.filter(|record| record.supervisor.is_alive());
    let prometheus = record
        .as_ref()
        .and_then(|record| record.part(Part::Prometheus.name()));
    match prometheus {
        Some(part) => Ok(part.url.clone()),
        None => anyhow::bail!(
            "the lab is not running; start it (./lab up), or query another Prometheus: --prometheus URL"
        ),
    }
}
