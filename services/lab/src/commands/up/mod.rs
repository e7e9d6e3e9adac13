//! `up`: starts all parts, in the foreground or in the background.

mod detach;

use std::ffi::OsStr;
use std::io::Read as _;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use targets::{Defaults, TargetSource};

use super::{Lab, down, runtime};
use crate::cli::{Error, UpArgs};
use crate::part::Part;
use crate::part::ports::Ports;
use crate::plan::layout::smtp::Smtp;
use crate::plan::layout::{self, live_targets};
use crate::plan::{PartSpec, Plan, Targets};
use crate::process::ProcessIdentity;
use crate::process::platform;
use crate::state::lock::Lock;
use crate::state::record::LabRecord;
use crate::supervisor::{Claim, Reporter, StartCheck, Supervisor};
use crate::terminal::progress::Progress;
use crate::tools::{GrafanaTool, Tools};

/// The arguments and environment of `up`, validated.
struct Request {
    targets: Targets,
    ports: Ports,
    smtp: Option<Smtp>,
}

/// The parts to start, and the checks of the lab.
struct Prepared {
    specs: Vec<PartSpec>,
    check: StartCheck,
    notes: Vec<String>,
}

/// Runs `up` in the foreground, with `--detach`, or as the background supervisor of `--detach`.
pub fn run(lab: &Lab, args: &UpArgs) -> Result<ExitCode, Error> {
    if args.detached {
        // In a session of its own the lab survives the end of the terminal.
        rustix::process::setsid().context("can't leave the terminal's session")?;
    }
    let urls = if args.detached {
        urls_from_stdin()?
    } else {
        args.urls.clone()
    };
    let request = Request::new(args, &urls)?;
    lab.state.create()?;
    let lock = lock(lab)?;
    let mut progress = (!args.detached).then(Progress::default);
    runtime()?.block_on(async {
        let prepared = prepare(lab, &request, progress.as_ref()).await?;
        if args.detach {
            // The supervisor acquires the lock itself, and prepares the start again, since things may have changed.
            drop(lock);
            return detach::run(lab, args, &urls, progress.take().unwrap_or_default()).await;
        }
        let reporter = Reporter::new(lab.state.clone(), progress.take());
        let record = LabRecord {
            supervisor: ProcessIdentity::own().context(platform::NO_PROCESSES)?,
            parts: vec![],
            notes: prepared.notes,
            up: false,
        };
        if request.targets == Targets::File {
            let template = lab.installation.monitoring("targets.toml");
            tokio::spawn(live_targets::follow(
                template,
                lab.state.targets_file(),
                request.ports,
            ));
        }
        let claim = Claim::new(lab.state.clone(), lock);
        let supervisor = Supervisor::start(claim, record, prepared.specs, reporter)?;
        supervisor
            .run(prepared.check)
            .await
            .map_err(anyhow::Error::from)?;
        Ok(ExitCode::SUCCESS)
    })
}

impl Request {
    fn new(args: &UpArgs, urls: &[String]) -> Result<Self, Error> {
        if let Some(url) = urls.iter().find(|url| url.contains(',')) {
            return Err(Error::Usage(format!(
                "{:?} contains a comma, which separates URLs; write %2C inside a URL, and separate URLs by spaces",
                targets::redact(url)
            )));
        }
        let targets = match urls {
            [] => Targets::File,
            urls => Targets::Urls(urls.join(",")),
        };
        if let Targets::Urls(urls) = &targets {
            TargetSource::new(Some(urls.clone()), None, Defaults::for_listing())
                .load()
                .map_err(|error| Error::Usage(error.to_string()))?;
        }
        Ok(Self {
            targets,
            ports: Ports::new(args.port_base),
            smtp: Smtp::from_environment(|name| std::env::var(name).ok())?,
        })
    }
}

/// Reads the URLs that [`detach`] sends. A URL may contain a password, and every user of the machine can read the
/// arguments of a process.
fn urls_from_stdin() -> anyhow::Result<Vec<String>> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .context("can't read the URLs from stdin")?;
    Ok(text.split_terminator('\0').map(str::to_owned).collect())
}

/// Acquires the lock of the state folder, which the supervisor holds while it runs.
fn lock(lab: &Lab) -> anyhow::Result<Lock> {
    // A running lab whose lock was removed acquires it again.
    let running = lab.recorded_supervisor().is_some();
    let lock = Lock::try_acquire(&lab.state.lock_file())?.filter(|_| !running);
    let lock = lock.ok_or_else(|| {
        anyhow!(
            "a lab is already running with its state in {}: see `{}`, or stop it with `{}`.\n\
             To start a second one beside it: ./lab up --state-dir DIR --port-base N",
            lab.state.path().display(),
            lab.state.command_line("status"),
            lab.state.command_line("down")
        )
    })?;
    lock.sign()?;
    Ok(lock)
}

/// Checks the ports, finds the servers and writes the files for the parts.
async fn prepare(
    lab: &Lab,
    request: &Request,
    progress: Option<&Progress>,
) -> Result<Prepared, Error> {
    down::stop_leftovers(lab).await?;
    let search_path = std::env::var_os("PATH").unwrap_or_default();
    request.ports.check_free(&parts_to_start(&search_path))?;
    check_services(lab)?;
    let mut on_step = |text: &str| {
        if let Some(progress) = progress {
            progress.step(text);
        }
    };
    let tools = Tools::find_or_fetch(&search_path, &lab.installation.tools_dir(), &mut on_step)?;
    let plan = Plan {
        installation: &lab.installation,
        state: &lab.state,
        ports: request.ports,
        tools: &tools,
        targets: &request.targets,
    };
    layout::write(&plan, request.smtp.as_ref())?;
    Ok(Prepared {
        specs: plan.specs(|name| std::env::var_os(name)),
        check: StartCheck::new(&plan)?,
        notes: plan.notes(),
    })
}

/// Returns the parts that will run. It needs no downloaded servers, so that a port in use is reported early.
fn parts_to_start(search_path: &OsStr) -> Vec<Part> {
    let has_grafana = GrafanaTool::find(search_path).is_some();
    Part::ALL
        .into_iter()
        .filter(|&part| part != Part::Grafana || has_grafana)
        .collect()
}

fn check_services(lab: &Lab) -> anyhow::Result<()> {
    let missing: Vec<&str> = Part::SERVICES
        .into_iter()
        .map(Part::name)
        .filter(|name| !lab.installation.bin_dir.join(name).is_file())
        .collect();
    anyhow::ensure!(
        missing.is_empty(),
        "these programs are not in {1}: {0}; build them with ./lab, or with cargo build --release --workspace --bins",
        missing.join(", "),
        lab.installation.bin_dir.display()
    );
    Ok(())
}
