//! `sizing`: reports the storage of Prometheus, now and at the end of its retention.

mod estimate;
mod report;

use std::process::ExitCode;

use anyhow::{Context as _, anyhow};

pub use self::estimate::{Origin, Sizing};
use super::Lab;
use crate::cli::{Error, SizingArgs};
use crate::part::Part;
use crate::terminal::output;

/// Reports on the given Prometheus, else on the running lab's.
pub(super) async fn run(lab: &Lab, args: &SizingArgs) -> Result<ExitCode, Error> {
    let sizing = match &args.prometheus {
        Some(url) => Sizing::of(url.as_str(), None).await?,
        None => {
            let url = local_prometheus(lab)?;
            let sizing = Sizing::of(&url, Some(&lab.state.prometheus_data())).await;
            sizing.map_err(|error| {
                let status = lab.state.command_line("status");
                anyhow!("{error:#}. Is the lab running? {status}")
            })?
        }
    };
    output::print(&if args.json {
        report::json(&sizing)?
    } else {
        report::text(&sizing)
    })?;
    Ok(ExitCode::SUCCESS)
}

fn local_prometheus(lab: &Lab) -> anyhow::Result<String> {
    lab.running_url(Part::Prometheus).context(
        "the lab is not running; start it (./lab up), or query another Prometheus: --prometheus URL",
    )
}
