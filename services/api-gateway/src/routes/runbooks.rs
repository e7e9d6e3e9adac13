//! `GET /runbooks/` and `GET /runbooks/{name}`: the runbooks as pages, rendered from the Markdown files in `RUNBOOKS_DIR`.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::extract::{Path as PathParameter, State};
use axum::http::StatusCode;
use axum::response::Response;
use service_kit::{Problem, Routes, page};

use crate::Gateway;
use crate::markdown::{is_name, to_html};

/// Maximum size of a runbook.
const MAX_BYTES: u64 = 256 * 1024;

/// Maximum number of runbooks in the list.
const MAX_LISTED: usize = 1000;

/// Creates the routes of the runbooks.
pub(super) fn routes(gateway: Arc<Gateway>) -> Routes {
    Routes::default()
        .get("/runbooks", "The same as /runbooks/", list)
        .get("/runbooks/", "The runbooks, one for each alert", list)
        .get("/runbooks/{name}", "The runbook of an alert", show)
        .unlinked_if(gateway.runbooks.is_none())
        .with_state(gateway)
}

async fn list(State(gateway): State<Arc<Gateway>>) -> Result<Response, Problem> {
    let names = in_folder(&gateway, |folder| names(&folder)).await?;
    // Names need no escaping.
    let items: String = names
        .iter()
        .map(|name| format!("<li><a href=\"/runbooks/{name}\">{name}</a></li>\n"))
        .collect();
    let body =
        format!("<h1>Runbooks</h1>\n<p>What to do when an alert fires.</p>\n<ul>\n{items}</ul>");
    Ok(page("Runbooks", &body))
}

async fn show(
    State(gateway): State<Arc<Gateway>>,
    PathParameter(name): PathParameter<String>,
) -> Result<Response, Problem> {
    let unknown = || {
        Problem::new(
            StatusCode::NOT_FOUND,
            format!("there is no runbook {name:?}; /runbooks/ lists all"),
        )
    };
    if !is_name(&name) {
        return Err(unknown());
    }
    let file = format!("{name}.md");
    let text = in_folder(&gateway, move |folder| read(&folder, &file)).await?;
    let text = text.ok_or_else(unknown)?;
    let body = format!(
        "<p><a href=\"/runbooks/\">Runbooks</a></p>\n{}",
        to_html(&text)
    );
    Ok(page(&name, &body))
}

/// Reads the folder of the runbooks on a thread for blocking calls.
async fn in_folder<T: Send + 'static>(
    gateway: &Gateway,
    read: impl FnOnce(PathBuf) -> io::Result<T> + Send + 'static,
) -> Result<T, Problem> {
    let folder = gateway.runbooks.clone().ok_or_else(|| {
        Problem::new(
            StatusCode::NOT_FOUND,
            "RUNBOOKS_DIR is not set; set it to the folder of the runbooks",
        )
    })?;
    let read = tokio::task::spawn_blocking(move || read(folder)).await;
    let failed = |error: &dyn std::fmt::Display| {
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("the runbooks can't be read: {error}"),
        )
    };
    read.map_err(|error| failed(&error))?
        .map_err(|error| failed(&error))
}

/// Returns the names of the runbooks in the folder, sorted.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)?.take(MAX_LISTED) {
        let file = entry?.file_name();
        let name = file.to_str().and_then(|file| file.strip_suffix(".md"));
        names.extend(name.filter(|name| is_name(name)).map(str::to_owned));
    }
    names.sort_unstable();
    Ok(names)
}

/// Reads a file of the folder. `None` if there is none, or if it is a link to a file outside the folder.
fn read(folder: &Path, file: &str) -> io::Result<Option<String>> {
    let path = match folder.join(file).canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        path => path?,
    };
    if !path.starts_with(folder.canonicalize()?) || !path.is_file() {
        return Ok(None);
    }
    let mut text = String::new();
    File::open(path)?
        .take(MAX_BYTES + 1)
        .read_to_string(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(io::Error::other(format!(
            "{file} is larger than {} KiB",
            MAX_BYTES / 1024
        )));
    }
    Ok(Some(text))
}
