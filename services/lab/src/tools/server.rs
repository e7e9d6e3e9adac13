//! Finds a server and the program that checks its configuration: on PATH, else unpacked from a Debian package.

use std::ffi::OsStr;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};

use super::{debian, on_path};

/// The names of a server.
#[derive(Debug, Clone, Copy)]
pub struct Server {
    pub name: &'static str,
    /// The program. In Debian its name may be that of the package.
    pub program: &'static str,
    pub checker: &'static str,
    pub package: &'static str,
}

/// The location of a server.
#[derive(Debug)]
pub enum Location {
    /// The paths of the program and of its checker, which are on PATH.
    OnPath(PathBuf, PathBuf),
    /// The folder of the unpacked package.
    Unpacked(PathBuf),
}

impl Server {
    /// Finds the server in `search_path` (the value of PATH), else its unpacked package in `folder`. If there is none,
    /// unpacks the package; `finish` prepares and checks its files.
    pub fn find_or_fetch(
        self,
        search_path: &OsStr,
        folder: &Path,
        on_step: &mut dyn FnMut(&str),
        finish: impl FnOnce(&Path) -> anyhow::Result<()>,
    ) -> anyhow::Result<Location> {
        let Self {
            name,
            program,
            checker,
            package,
        } = self;
        let server = on_path(search_path, &[program, package]);
        if let Some((server, checker)) = server.zip(on_path(search_path, &[checker])) {
            return Ok(Location::OnPath(server, checker));
        }
        let root = folder.join(program);
        let fetch = || -> anyhow::Result<()> {
            debian::check_tools(search_path)?;
            let _lock = lock(folder, on_step)?;
            if root.is_dir() {
                return Ok(());
            }
            debian::unpack(package, &root, on_step, finish)
        };
        if !root.is_dir() {
            fetch().map_err(|error| {
                anyhow!(
                    "{name} is not on PATH, and its Debian package could not be used: {error:#}\n\
                     Put `{program}` and `{checker}` on PATH, or install the package {package} and stop its service: \
                     systemctl disable --now {package}"
                )
            })?;
        }
        Ok(Location::Unpacked(root))
    }
}

/// Locks `folder` against downloads of other processes until the result is dropped.
fn lock(folder: &Path, on_step: &mut dyn FnMut(&str)) -> anyhow::Result<File> {
    let path = folder.join("lock");
    let mut open = || -> anyhow::Result<File> {
        std::fs::create_dir_all(folder)?;
        let file = File::create(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                on_step("waiting for the download of another lab");
                file.lock()?;
            }
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        Ok(file)
    };
    open().with_context(|| format!("can't lock {}", path.display()))
}
