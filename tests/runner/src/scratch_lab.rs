//! A temporary lab with its own targets, folder and ports, removed when dropped. Suites and benchmarks run `lab up` in it,
//! as a user does.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use lab::part::Part;
use lab::part::ports::Ports;
use lab::process::platform::{self, Tie};
use lab::state::files;
use lab::state::paths::{Installation, StateDir};
use lab::state::record::LabRecord;
use lab::tools::Tools;
use rustix::process::{Pid, Signal};
use tempfile::TempDir;

/// How long the lab may take until it is up.
const UP: Duration = Duration::from_secs(60);

/// How long the lab may take to stop its parts.
const STOPPED: Duration = Duration::from_secs(30);

const POLL: Duration = Duration::from_millis(100);

/// The port bases to try, in tens, below the ephemeral ports.
const BASES: std::ops::Range<u16> = 2_000..3_000;

/// A running lab.
#[derive(Debug)]
pub struct ScratchLab {
    child: Child,
    // Dropping it would end the lab where the kernel does not.
    _tie: Tie,
    state: StateDir,
    ports: Ports,
    folder: TempDir,
}

impl ScratchLab {
    /// Starts a lab that watches `targets` (the text of a `targets.toml` with the cluster's addresses), and returns when
    /// it is up. It is stopped when this process exits.
    ///
    /// # Errors
    /// The servers can't be downloaded, or the lab is not up in time; the message quotes its output.
    pub fn up(installation: &Installation, targets: &str) -> anyhow::Result<Self> {
        Self::up_with(installation, targets, |_, _, _| Ok(()))
    }

    /// As [`ScratchLab::up`], and `prepare` fills the state folder before the lab starts on these ports.
    ///
    /// # Errors
    /// As [`ScratchLab::up`], or `prepare` fails.
    pub fn up_with(
        installation: &Installation,
        targets: &str,
        prepare: impl FnOnce(&StateDir, &Tools, Ports) -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        let search_path = std::env::var_os("PATH").unwrap_or_default();
        let mut say = |what: &str| eprintln!("   {what}");
        let tools = Tools::find_or_fetch(&search_path, &installation.tools_dir(), &mut say)?;
        let folder = tempfile::Builder::new().prefix("lab-").tempdir()?;
        let root = root(installation, folder.path(), targets)
            .with_context(|| format!("can't lay out a lab in {}", folder.path().display()))?;
        let state = StateDir::new(&folder.path().join("state"))?;
        let (ports, base) = free_ports()?;
        prepare(&state, &tools, ports)?;
        let (stdin, tie) = platform::tie()?;
        let log = fs::File::create(log_file(folder.path()))?;
        let program = installation.bin_dir.join("lab");
        let child = Command::new(&program)
            .arg("exec-part")
            .arg(format!("--supervisor={}", std::process::id()))
            .arg("--")
            .arg(&program)
            .args(["up", "--port-base", &base.to_string(), "--state-dir"])
            .arg(state.path())
            .env("LAB_ROOT", root)
            .stdin(stdin)
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("can't start a lab")?;
        let mut lab = Self {
            child,
            _tie: tie,
            state,
            ports,
            folder,
        };
        lab.wait_until_up()?;
        Ok(lab)
    }

    /// The folder to name with `--state-dir`.
    #[must_use]
    pub fn state_dir(&self) -> &Path {
        self.state.path()
    }

    /// `http://127.0.0.1:PORT` of `part`.
    #[must_use]
    pub fn url(&self, part: Part) -> String {
        self.ports.url(part)
    }

    /// The address that `part` listens on.
    #[must_use]
    pub fn address(&self, part: Part) -> std::net::SocketAddr {
        self.ports.address(part)
    }

    /// The process of `part`.
    ///
    /// # Errors
    /// It does not run.
    pub fn pid(&self, part: Part) -> anyhow::Result<i32> {
        let record = LabRecord::load(&self.state.state_file())?;
        let process = record
            .as_ref()
            .and_then(|record| record.part(part.name())?.process.as_ref());
        let process = process.with_context(|| format!("{part} does not run"))?;
        Ok(process.pid)
    }

    /// Copies the logs of the parts into `folder`, which is created.
    ///
    /// # Errors
    /// It can't be written to.
    pub fn copy_logs(&self, folder: &Path) -> anyhow::Result<()> {
        fs::create_dir_all(folder)?;
        for entry in fs::read_dir(self.state.logs())? {
            let entry = entry?;
            fs::copy(entry.path(), folder.join(entry.file_name()))?;
        }
        Ok(())
    }

    fn wait_until_up(&mut self) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            let record = LabRecord::load(&self.state.state_file())?;
            if record.is_some_and(|record| record.up) {
                return Ok(());
            }
            let said = || fs::read_to_string(log_file(self.folder.path())).unwrap_or_default();
            if let Some(status) = self.child.try_wait()? {
                bail!("`lab up` ended with {status}:\n{}", said());
            }
            ensure!(
                begun.elapsed() < UP,
                "the lab is not up after {} s:\n{}",
                UP.as_secs(),
                said()
            );
            pause();
        }
    }

    fn stop(&mut self) {
        if let Some(pid) = Pid::from_raw(self.child.id().cast_signed()) {
            // It is our child and not waited for yet: the id is still its own.
            let _ = rustix::process::kill_process(pid, Signal::TERM);
        }
        let begun = Instant::now();
        while begun.elapsed() < STOPPED {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            pause();
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for ScratchLab {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Creates a root in `folder` with links to the repository's files and downloads, and `targets` as its targets.toml.
fn root(installation: &Installation, folder: &Path, targets: &str) -> anyhow::Result<PathBuf> {
    let root = folder.join("root");
    let monitoring = root.join("monitoring");
    fs::create_dir_all(&monitoring)?;
    for entry in fs::read_dir(installation.root.join("monitoring"))? {
        let name = entry?.file_name();
        if name != OsStr::new("targets.toml") {
            symlink(
                installation.root.join("monitoring").join(&name),
                monitoring.join(&name),
            )?;
        }
    }
    // It may hold a password.
    files::replace(&monitoring.join("targets.toml"), targets.as_bytes())?;
    fs::create_dir(root.join(".lab"))?;
    symlink(installation.tools_dir(), root.join(".lab/tools"))?;
    Ok(root)
}

#[allow(
    clippy::disallowed_methods,
    reason = "labs are started and dropped outside a runtime"
)]
fn pause() {
    std::thread::sleep(POLL);
}

fn log_file(folder: &Path) -> PathBuf {
    folder.join("up.log")
}

/// Finds consecutive free ports, and returns them with their base.
fn free_ports() -> anyhow::Result<(Ports, u16)> {
    let count = usize::from(BASES.end - BASES.start);
    let first = usize::try_from(std::process::id()).unwrap_or_default() % count;
    BASES
        .cycle()
        .skip(first)
        .take(count)
        .map(|tens| (Ports::new(Some(tens * 10)), tens * 10))
        .find(|(ports, _)| ports.check_free(&Part::ALL).is_ok())
        .context("there are no nine free ports in a row between 20000 and 30000")
}
