//! Finds Grafana on PATH.

use std::ffi::OsStr;
use std::path::PathBuf;

use super::on_path;

/// Grafana's server.
#[derive(Debug, Clone)]
pub struct GrafanaTool {
    /// `grafana` or `grafana-server`.
    pub server: PathBuf,
    /// Whether the program is `grafana`, which needs the subcommand `server`.
    pub wants_subcommand: bool,
    /// The folder with its web pages and default settings.
    pub home: PathBuf,
}

impl GrafanaTool {
    /// Finds Grafana in `search_path`, the value of PATH. Nix has its home beside its programs, packages in /usr/share.
    #[must_use]
    pub fn find(search_path: &OsStr) -> Option<Self> {
        let server = on_path(search_path, &["grafana", "grafana-server"])?;
        let real = server.canonicalize().ok()?;
        let prefix = real.parent()?.parent()?;
        let home = [
            prefix.join("share/grafana"),
            PathBuf::from("/usr/share/grafana"),
            prefix.to_path_buf(),
        ]
        .into_iter()
        .find(|home| home.join("conf/defaults.ini").is_file())?;
        Some(Self {
            wants_subcommand: server.file_name() == Some(OsStr::new("grafana")),
            server,
            home,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn the_home_is_found_beside_the_program() {
        let prefix = tempfile::tempdir().unwrap();
        let file = |path: &str| {
            let path = prefix.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "").unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        };
        file("bin/grafana");
        let bin = prefix.path().join("bin");
        if !std::path::Path::new("/usr/share/grafana").exists() {
            assert!(
                GrafanaTool::find(bin.as_os_str()).is_none(),
                "Grafana can't run without its pages"
            );
        }
        file("share/grafana/conf/defaults.ini");
        let found = GrafanaTool::find(bin.as_os_str()).unwrap();
        assert!(found.wants_subcommand);
        assert!(found.home.ends_with("share/grafana"));
    }
}
