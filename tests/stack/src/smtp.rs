//! A real SMTP server on loopback that demands STARTTLS and authentication.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use test_support::{Process, eventually, free_port, repository};

/// The name that the server lets in.
pub const USERNAME: &str = "lab@example.invalid";

/// aiosmtpd with a certificate of its own. It is killed when dropped.
#[derive(Debug)]
pub struct SmtpServer {
    folder: TempDir,
    port: u16,
    _process: Process,
}

impl SmtpServer {
    /// Starts the server with a certificate and its key in PEM form and waits until it accepts connections. `python`
    /// has aiosmtpd: `UPTIMEPULSE_PYTHON`, which `./lab test stack` sets, else `python3`.
    ///
    /// # Panics
    /// It cannot be started.
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

    /// `HOST:PORT` as Alertmanager's smarthost; the certificate must be for this host.
    #[must_use]
    pub fn smarthost(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// The file with the password.
    #[must_use]
    pub fn password_file(&self) -> PathBuf {
        self.folder.path().join("password")
    }

    /// The certificate, for those who must trust it.
    #[must_use]
    pub fn certificate_file(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    /// The mails that came, oldest first: `{"user","from","to","subject","body"}`.
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
