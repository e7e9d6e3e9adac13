//! A server and the program that checks its configuration: on PATH, else unpacked from a Debian package.

use std::ffi::OsStr;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};

use super::{debian, on_path};

/// A server, by its names.
#[derive(Debug, Clone, Copy)]
pub struct Server {
    pub name: &'static str,
    /// The program. In Debian it may have the name of the package.
    pub program: &'static str,
    pub checker: &'static str,
    pub package: &'static str,
}

/// Where a server was found.
#[derive(Debug)]
pub enum Found {
    /// Its program and the one that checks its configuration are on PATH.
    OnPath(PathBuf, PathBuf),
    /// Its package is unpacked in this folder.
    Unpacked(PathBuf),
}

impl Server {
    /// Finds the server in `search_path` (the value of PATH) or, unpacked before, in `folder`; else unpacks it there.
    /// `finish` prepares and checks the unpacked files before the folder appears.
    pub fn find_or_fetch(
        self,
        search_path: &OsStr,
        folder: &Path,
        say: &mut dyn FnMut(&str),
        finish: impl FnOnce(&Path) -> anyhow::Result<()>,
    ) -> anyhow::Result<Found> {
        let Self {
            name,
            program,
            checker,
            package,
        } = self;
        let server = on_path(search_path, &[program, package]);
        if let Some((server, checker)) = server.zip(on_path(search_path, &[checker])) {
            return Ok(Found::OnPath(server, checker));
        }
        let root = folder.join(program);
        let fetch = || -> anyhow::Result<()> {
            debian::check_tools(search_path)?;
            let _lock = lock(folder, say)?;
            if root.is_dir() {
                return Ok(());
            }
            debian::unpack(package, &root, say, finish)
        };
        if !root.is_dir() {
            fetch().map_err(|error| {
                anyhow!(
                    "{name} is not on PATH and could not be fetched from Debian's packages: {error:#}\n\
                     Put `{program}` and `{checker}` on PATH, or install the package {package} and stop its service: \
                     systemctl disable --now {package}"
                )
            })?;
        }
        Ok(Found::Unpacked(root))
    }
}

/// Locks `folder` against other processes that download into it, until the result is dropped.
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
