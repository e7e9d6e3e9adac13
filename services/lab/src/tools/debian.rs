//! Downloads and unpacks Debian packages into a folder, without root rights, installation or services.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use super::{on_path, run};
use crate::state::files::check_free_space;

/// Folders of the packages that no server needs. The sources of the time zones alone are 200 MB.
const UNUSED: [&str; 2] = ["usr/share/doc", "usr/share/javascript/moment-timezone/data"];

/// The free space for packages, lists and unpacked files together.
const REQUIRED_BYTES: u64 = 500 << 20;

/// The prefix of incomplete folders.
const UNFINISHED: &str = ".fetching-";

/// The package lists that apt reads.
enum Apt {
    /// The machine's own lists, as the last `apt-get update` left them.
    System,
    /// Separate lists in this folder.
    Own(PathBuf),
}

impl Apt {
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("LC_ALL", "C.UTF-8");
        if let Self::Own(folder) = self {
            command
                .arg("-o")
                .arg(format!("Dir::State={}", folder.display()))
                .arg("-o")
                .arg(format!("Dir::Cache={}", folder.join("cache").display()))
                // Without the machine's status, apt would see a machine without any package.
                .args(["-o", "Dir::State::status=/var/lib/dpkg/status"]);
        }
        command
    }

    /// Downloads new lists into `folder`, which needs no root rights and leaves the machine's lists unchanged.
    fn with_own_lists(folder: PathBuf) -> anyhow::Result<Self> {
        fs::create_dir_all(folder.join("lists/partial"))?;
        fs::create_dir_all(folder.join("cache/archives/partial"))?;
        let apt = Self::Own(folder);
        // By default a failed download of a list is only a warning, and every package is unknown afterwards.
        run(apt
            .command("apt-get")
            .args(["-q", "-o", "APT::Update::Error-Mode=any", "update"]))
        .context("can't download Debian's package lists; check the network connection")?;
        Ok(apt)
    }

    /// Returns the direct and indirect dependencies of `package` that contain scripts and fonts for its web pages.
    fn web_dependencies(&self, package: &str) -> anyhow::Result<Vec<String>> {
        let output = run(self.command("apt-cache").args([
            "depends",
            "--recurse",
            "--no-recommends",
            "--no-suggests",
            "--no-conflicts",
            "--no-breaks",
            "--no-replaces",
            "--no-enhances",
            package,
        ]))?;
        Ok(String::from_utf8_lossy(&output.stdout)
            .lines()
            // A line without indentation is a package; its dependencies follow, indented.
            .filter(|line| line.starts_with("libjs-") || line.starts_with("fonts-"))
            .map(str::to_owned)
            .collect())
    }

    /// Downloads the package and the dependencies of its web pages into the empty `folder`.
    fn download(&self, package: &str, folder: &Path) -> anyhow::Result<()> {
        fs::create_dir_all(folder)?;
        let mut packages = self.web_dependencies(package)?;
        packages.push(package.to_owned());
        run(self
            .command("apt-get")
            .args(["-q", "download"])
            .args(packages)
            .current_dir(folder))?;
        Ok(())
    }
}

/// Checks that Debian's package tools are installed.
pub fn check_tools(search_path: &OsStr) -> anyhow::Result<()> {
    for tool in ["apt-get", "apt-cache", "dpkg-deb"] {
        ensure!(
            on_path(search_path, &[tool]).is_some(),
            "{tool} is not on PATH"
        );
    }
    Ok(())
}

/// Unpacks `package`, and the packages that its web pages need, into `destination`. `finish` prepares and checks the
/// files in a temporary folder, which is then renamed to `destination`.
///
/// # Errors
/// The package can't be downloaded or unpacked, the disk is full, or `finish` fails.
pub fn unpack(
    package: &str,
    destination: &Path,
    on_step: &mut dyn FnMut(&str),
    finish: impl FnOnce(&Path) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let parent = destination.parent().context("no folder to unpack into")?;
    remove_unfinished(parent)?;
    check_free_space(parent, REQUIRED_BYTES)?;
    let work = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempdir_in(parent)?;
    let debs = download(package, work.path(), on_step)?;

    on_step(&format!("unpacking {package}"));
    let root = work.path().join("root");
    for deb in debs {
        run(Command::new("dpkg-deb").arg("-x").arg(deb).arg(&root))?;
    }
    for unused in UNUSED {
        // Not every release has these folders.
        let _ = fs::remove_dir_all(root.join(unused));
    }
    finish(&root)?;
    fs::rename(&root, destination)
        .with_context(|| format!("can't create {}", destination.display()))
}

/// Removes the folders of interrupted downloads. The caller holds the lock.
fn remove_unfinished(folder: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// Downloads with the machine's package lists. If that fails, it uses new lists: a fresh image has none, and stale ones
/// name files that no longer exist.
fn download(name: &str, dir: &Path, on_step: &mut dyn FnMut(&str)) -> anyhow::Result<Vec<PathBuf>> {
    on_step(&format!("downloading Debian's package {name}"));
    let folder = dir.join("debs");
    if Apt::System.download(name, &folder).is_err() {
        on_step("downloading new package lists of Debian into the lab's own folder");
        // Packages of the first try may have another version.
        fs::remove_dir_all(&folder)?;
        let apt = Apt::with_own_lists(dir.join("apt"))?;
        on_step(&format!("downloading Debian's package {name}"));
        apt.download(name, &folder)?;
    }
    let debs: Vec<PathBuf> = fs::read_dir(&folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .collect();
    ensure!(
        !debs.is_empty(),
        "apt-get download left no package in {}",
        folder.display()
    );
    Ok(debs)
}
