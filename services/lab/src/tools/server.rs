//! A server and the program that checks its configuration: on PATH, else unpacked from a Debian package.

use std::ffi::OsStr;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};

use super::{debian, on_path};

/// What a server is called.
#[derive(Debug)]
pub struct Server {
    /// For people.
    pub name: &'static str,
    /// The server's program, in the order of preference.
    pub programs: &'static [&'static str],
    /// The program that checks its configuration.
    pub checker: &'static str,
    /// The folder that its package is unpacked into.
    pub folder: &'static str,
    /// Debian's package of both programs.
    pub package: &'static str,
}

/// Where a server was found.
#[derive(Debug)]
pub enum Found {
    /// Both programs are on PATH.
    OnPath {
        /// The server.
        server: PathBuf,
        /// The program that checks its configuration.
        checker: PathBuf,
    },
    /// Its package is unpacked in this folder.
    Unpacked(PathBuf),
}

impl Server {
    /// Finds the server in `search_path` (the value of PATH) or, unpacked before, in `folder`; else unpacks it there.
    /// `finish` prepares and checks the unpacked files before anybody uses them.
    pub fn find_or_fetch(
        &self,
        search_path: &OsStr,
        folder: &Path,
        say: &mut dyn FnMut(&str),
        finish: impl FnOnce(&Path) -> anyhow::Result<()>,
    ) -> anyhow::Result<Found> {
        let server = on_path(search_path, self.programs);
        if let Some((server, checker)) = server.zip(on_path(search_path, &[self.checker])) {
            return Ok(Found::OnPath { server, checker });
        }
        let root = folder.join(self.folder);
        if !root.is_dir() {
            self.fetch(&root, search_path, folder, say, finish)
                .map_err(|error| self.cannot_fetch(&error))?;
        }
        Ok(Found::Unpacked(root))
    }

    fn fetch(
        &self,
        root: &Path,
        search_path: &OsStr,
        folder: &Path,
        say: &mut dyn FnMut(&str),
        finish: impl FnOnce(&Path) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        debian::check_tools(search_path)?;
        let _lock = lock(folder, say)?;
        if root.is_dir() {
            return Ok(());
        }
        debian::unpack(self.package, root, say, finish)
    }

    fn cannot_fetch(&self, error: &anyhow::Error) -> anyhow::Error {
        let Self {
            name,
            programs,
            checker,
            package,
            ..
        } = self;
        let program = programs.first().copied().unwrap_or(package);
        anyhow!(
            "{name} is not on PATH and could not be fetched from Debian's packages: {error:#}\n\
             Put `{program}` and `{checker}` on PATH, or install the package {package} and stop its service: \
             systemctl disable --now {package}"
        )
    }
}

/// Waits for the one who is fetching into `folder`, and keeps others waiting until the result is dropped.
fn lock(folder: &Path, say: &mut dyn FnMut(&str)) -> anyhow::Result<File> {
    let path = folder.join("lock");
    let mut open = || -> anyhow::Result<File> {
        std::fs::create_dir_all(folder)?;
        let file = File::create(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                say("waiting for another lab that is fetching");
                file.lock()?;
            }
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        Ok(file)
    };
    open().with_context(|| format!("can't lock {}", path.display()))
}
