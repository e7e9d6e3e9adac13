//! Renders the rule files: each link to a runbook begins with the address where its readers find runbooks.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context as _, ensure};
use url::Url;

use crate::cli::Error;
use crate::part::Part;
use crate::part::ports::Ports;

/// The address of the runbooks in the cluster, with which the links in `monitoring/prometheus/rules` begin.
pub const CLUSTER_RUNBOOKS: &str = "http://api-gateway:8080/runbooks";

const RUNBOOK_BASE_URL: &str = "RUNBOOK_BASE_URL";

/// Reads `RUNBOOK_BASE_URL` with `lookup`. Without it, links lead to the runbooks of the local api-gateway.
///
/// # Errors
/// The value is not an http or https URL, or has a part that a base URL can't have.
pub fn runbook_base_url(
    lookup: impl Fn(&str) -> Option<String>,
    ports: Ports,
) -> Result<String, Error> {
    let Some(text) = lookup(RUNBOOK_BASE_URL).filter(|text| !text.is_empty()) else {
        return Ok(format!("{}/runbooks", ports.url(Part::ApiGateway)));
    };
    if is_base_url(&text) {
        return Ok(text.trim_end_matches('/').to_owned());
    }
    Err(Error::Usage(format!(
        "{RUNBOOK_BASE_URL} is {:?}; it must be an http or https URL without a user, a query and a fragment, such as \
         https://status.example.org/runbooks",
        targets::redact(&text)
    )))
}

/// Returns whether the URL can be the beginning of a link in YAML and in a template of Prometheus.
fn is_base_url(text: &str) -> bool {
    let special = |char: char| char.is_whitespace() || "@?#'\"{}\\".contains(char);
    !text.contains(special)
        && Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// Renders the rule files of the folder `source` into `folder`, whose older content is removed.
///
/// # Errors
/// A file can't be read or written, or none of them has a link to replace.
pub fn render(source: &Path, folder: &Path, runbook_base_url: &str) -> anyhow::Result<()> {
    remove(folder)
        .and_then(|()| fs::create_dir(folder))
        .with_context(|| format!("can't write {}", folder.display()))?;
    let files = fs::read_dir(source).with_context(|| format!("can't read {}", source.display()))?;
    let mut links = 0;
    for file in files {
        let path = file
            .with_context(|| format!("can't read {}", source.display()))?
            .path();
        let Some(name) = path.file_name() else {
            continue;
        };
        if path.extension() != Some(OsStr::new("yml")) {
            continue;
        }
        let text =
            fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
        links += text.matches(CLUSTER_RUNBOOKS).count();
        let rendered = folder.join(name);
        fs::write(&rendered, text.replace(CLUSTER_RUNBOOKS, runbook_base_url))
            .with_context(|| format!("can't write {}", rendered.display()))?;
    }
    ensure!(
        links > 0,
        "the rules in {} must contain {CLUSTER_RUNBOOKS:?}, with which the links to their runbooks begin",
        source.display()
    );
    Ok(())
}

/// Removes a folder, or a link as earlier versions made it. The files behind a link stay.
fn remove(folder: &Path) -> io::Result<()> {
    match fs::symlink_metadata(folder) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(folder),
        Ok(_) => fs::remove_file(folder),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn base_url(value: &str) -> Result<String, Error> {
        runbook_base_url(|_| Some(value.to_owned()), Ports::new(Some(20_000)))
    }

    #[test]
    fn links_lead_to_the_local_gateway_by_default() {
        assert_eq!(base_url("").unwrap(), "http://127.0.0.1:20001/runbooks");
        for (value, expected) in [
            ("https://status.example.org/runbooks", None),
            ("http://[::1]:8080/a/b", None),
            (
                "https://wiki.example.org/",
                Some("https://wiki.example.org"),
            ),
        ] {
            assert_eq!(base_url(value).unwrap(), expected.unwrap_or(value));
        }
    }

    #[test]
    fn the_error_names_the_variable_and_its_value() {
        for value in [
            "status.example.org",
            "/runbooks",
            "ftp://example.org/",
            "https://",
            "https://example.org/?a=b",
            "https://example.org/#a",
            "https://example.org/{{ $value }}",
            "https://example.org/a b",
            "https://example.org/'",
            "https://example.org/\nannotations:",
        ] {
            let message = base_url(value).unwrap_err().to_string();
            let shown = format!("RUNBOOK_BASE_URL is {value:?}");
            assert!(message.contains(&shown), "{message}");
        }
        let message = base_url("https://ann:secret@example.org/").unwrap_err();
        assert!(!message.to_string().contains("secret"), "{message}");
    }

    #[test]
    fn every_link_is_replaced_and_older_files_are_removed() {
        let root = tempfile::tempdir().unwrap();
        let (source, folder) = (root.path().join("source"), root.path().join("rules"));
        fs::create_dir(&source).unwrap();
        let rules =
            "a: http://api-gateway:8080/runbooks/A\nb: http://api-gateway:8080/runbooks/B\n";
        fs::write(source.join("a.yml"), rules).unwrap();
        fs::write(source.join("b.yml"), "c: 1\n").unwrap();
        fs::write(source.join("README.md"), "").unwrap();
        // The link of an earlier version: its files must stay as they are.
        symlink(&source, &folder).unwrap();
        for _ in 0..2 {
            render(&source, &folder, "https://example.org/r").unwrap();
            let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
            assert_eq!(
                text("a.yml"),
                "a: https://example.org/r/A\nb: https://example.org/r/B\n"
            );
            assert_eq!(text("b.yml"), "c: 1\n");
            assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
            fs::write(folder.join("old.yml"), "").unwrap();
        }
        assert_eq!(fs::read_to_string(source.join("a.yml")).unwrap(), rules);
    }

    #[test]
    fn rules_without_a_link_to_replace_are_rejected() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("a.yml"), "a: https://example.org/A\n").unwrap();
        let error = render(root.path(), &root.path().join("rules"), "http://a").unwrap_err();
        assert!(error.to_string().contains("must contain"), "{error}");
    }
}
