//! A real SMTP server on loopback that requires STARTTLS and authentication.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use test_support::{Process, eventually, free_port, repository};

/// The user name that the server accepts.
pub const USERNAME: &str = "lab@example.invalid";

/// A running aiosmtpd. It is killed when dropped.
#[derive(Debug)]
pub struct SmtpServer {
    folder: TempDir,
    port: u16,
    _process: Process,
}

impl SmtpServer {
    /// Starts the server with a certificate and its key (PEM), and waits until it accepts connections. It runs in
    /// `UPTIMEPULSE_PYTHON` (`./lab test stack` sets it), else `python3`, which needs aiosmtpd.
    pub async fn start(certificate: &str, key: &str, password: &str) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("smtp-")
            .tempdir()
            .expect("a folder");
        let port = free_port();
        for (name, content) in [
            ("certificate.pem", certificate),
            ("key.pem", key),
            ("password", password),
        ] {
            std::fs::write(folder.path().join(name), content).expect("a file");
        }
        let python = std::env::var_os("UPTIMEPULSE_PYTHON").unwrap_or_else(|| "python3".into());
        let process = Process::start(
            Command::new(python)
                .arg(repository().join("tests/stack/smtp_server.py"))
                .args([
                    folder.path().as_os_str(),
                    port.to_string().as_ref(),
                    USERNAME.as_ref(),
                ])
                .stdout(Stdio::null()),
        );
        eventually("the SMTP server accepts connections", || async {
            tokio::net::TcpStream::connect(("127.0.0.1", port))
                .await
                .ok()
        })
        .await;
        Self {
            folder,
            port,
            _process: process,
        }
    }

    /// Returns `HOST:PORT` for Alertmanager's smarthost. The certificate must be for this host.
    #[must_use]
    pub fn smarthost(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// Returns the file with the password.
    #[must_use]
    pub fn password_file(&self) -> PathBuf {
        self.folder.path().join("password")
    }

    /// Returns the file with the certificate, for clients that must trust it.
    #[must_use]
    pub fn certificate_file(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    /// Returns the received mails, oldest first: `{"user","from","to","subject","body"}`.
    #[must_use]
    pub fn mails(&self) -> Vec<Value> {
        let mails =
            std::fs::read_to_string(self.folder.path().join("mails.jsonl")).unwrap_or_default();
        mails
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }
}
