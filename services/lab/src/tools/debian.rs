//! Unpacks Debian packages into a folder, without root rights, installation or services.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use super::{on_path, run};
use crate::state::files::check_room;

/// Parts of the packages that no server needs at run time; the time zones' sources alone are 200 MB.
const UNUSED: [&str; 2] = ["usr/share/doc", "usr/share/javascript/moment-timezone/data"];

/// Packages, lists and unpacked files together, at most.
const ROOM: u64 = 500 << 20;

/// The prefix of folders that are incomplete.
const UNFINISHED: &str = ".fetching-";

/// The package lists that apt reads.
enum Apt {
    /// The machine's own lists, as the last `apt-get update` left them.
    System,
    /// Lists of our own in this folder.
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
                // Elsewhere it would count as a machine without any package, a foreign one.
                .args(["-o", "Dir::State::status=/var/lib/dpkg/status"]);
        }
        command
    }

    /// Fetches new lists into `folder`, which anybody can. The machine's stay as they are.
    fn with_own_lists(folder: PathBuf) -> anyhow::Result<Self> {
        fs::create_dir_all(folder.join("lists/partial"))?;
        fs::create_dir_all(folder.join("cache/archives/partial"))?;
        let apt = Self::Own(folder);
        // Without this, lists that can't be fetched are a warning, and every package is then unknown.
        run(apt
            .command("apt-get")
            .args(["-q", "-o", "APT::Update::Error-Mode=any", "update"]))
        .context("can't read Debian's lists of packages; is there a network?")?;
        Ok(apt)
    }

    /// The packages of scripts and fonts that `package` depends on, directly or not: what its web pages load.
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
            // Packages stand at the start of a line, their dependencies below them, indented.
            .filter(|line| line.starts_with("libjs-") || line.starts_with("fonts-"))
            .map(str::to_owned)
            .collect())
    }

    /// Downloads the package and what its pages need into the empty `folder`.
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

/// Checks that the tools of Debian are installed.
///
/// # Errors
/// A tool is missing.
pub fn check_tools(search_path: &OsStr) -> anyhow::Result<()> {
    for tool in ["apt-get", "apt-cache", "dpkg-deb"] {
        ensure!(
            on_path(search_path, &[tool]).is_some(),
            "there is no {tool} on PATH"
        );
    }
    Ok(())
}

/// Unpacks `package`, and the packages its web pages need, into `destination`, which appears when it is complete.
/// `finish` is shown the folder before that.
///
/// # Errors
/// There is no apt, it has no such package or can't download it, the disk is full, or `finish` fails.
pub fn unpack(
    package: &str,
    destination: &Path,
    say: &mut dyn FnMut(&str),
    finish: impl FnOnce(&Path) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let parent = destination.parent().context("no folder to unpack into")?;
    remove_unfinished(parent)?;
    check_room(parent, ROOM)?;
    let work = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempdir_in(parent)?;
    let debs = download(package, work.path(), say)?;

    say(&format!("unpacking {package}"));
    let root = work.path().join("root");
    for deb in debs {
        run(Command::new("dpkg-deb").arg("-x").arg(deb).arg(&root))?;
    }
    for unused in UNUSED {
        // Not every release has them.
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

/// Downloads with the machine's lists, else (a fresh image has none, old ones name files that are gone) with new ones.
fn download(package: &str, work: &Path, say: &mut dyn FnMut(&str)) -> anyhow::Result<Vec<PathBuf>> {
    say(&format!("downloading Debian's package {package}"));
    let folder = work.join("debs");
    if Apt::System.download(package, &folder).is_err() {
        say("reading new lists of Debian's packages into the lab's own folder");
        // What the first try got may be another version.
        fs::remove_dir_all(&folder)?;
        let apt = Apt::with_own_lists(work.join("apt"))?;
        say(&format!("downloading Debian's package {package}"));
        apt.download(package, &folder)?;
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
