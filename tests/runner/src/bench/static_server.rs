//! The peer of the page: Python's static file server with the same bytes. Its response time is that of the machine and the
//! client; the difference is the page's own time.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use lab::http;
use tempfile::TempDir;

const PAGE: &str = "page.html";

/// The interval and the number of polls until the server answers.
const POLL: Duration = Duration::from_millis(100);
const POLLS: usize = 100;

/// A running server of one file, stopped when dropped.
#[derive(Debug)]
pub struct StaticServer {
    child: Child,
    url: String,
    _folder: TempDir,
}

impl StaticServer {
    /// Serves `bytes` from loopback.
    ///
    /// # Errors
    /// python3 is missing, or does not answer within 10 s.
    pub async fn start(bytes: &[u8]) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join(PAGE), bytes)?;
        let port = free_port()?;
        let server = Self {
            child: spawn(port, folder.path())?,
            url: format!("http://127.0.0.1:{port}/{PAGE}"),
            _folder: folder,
        };
        let client = http::local_client(POLL)?;
        for _ in 0..POLLS {
            if http::answers(&client, &server.url).await {
                return Ok(server);
            }
            tokio::time::sleep(POLL).await;
        }
        bail!("python3 -m http.server does not answer on {}", server.url)
    }

    /// Returns the URL of the file.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for StaticServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(port: u16, folder: &Path) -> anyhow::Result<Child> {
    Command::new("python3")
        .args(["-m", "http.server", "--bind", "127.0.0.1", "--directory"])
        .arg(folder)
        .arg(port.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("can't start the peer, python3 -m http.server; install python3")
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
