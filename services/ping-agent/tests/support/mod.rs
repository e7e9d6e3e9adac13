//! Probers with the default settings, and targets for them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    dead_code,
    reason = "helpers of tests, of which not every test file uses all"
)]

pub mod tls;

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use ping_agent::probe::{ProbeError, Prober, Reason, Report, Tls};
use prometheus::Registry;
use rustls::RootCertStore;
use service_kit::Limits;
use targets::{Defaults, Target, TargetSet};
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// A prober with the default settings, trusting these roots.
pub fn prober(roots: RootCertStore) -> Prober {
    prober_with(Method::GET, roots)
}

/// A prober for plain HTTP.
pub fn plain_prober() -> Prober {
    prober(RootCertStore::empty())
}

/// A prober with another method.
pub fn prober_with(method: Method, roots: RootCertStore) -> Prober {
    let limits = Limits::register(&Registry::new()).unwrap();
    Prober::new(method, 65_536, Tls::trusting(roots).unwrap(), &limits)
}

/// A target with a timeout of 1 s, unless another is among these further lines in its table.
pub fn target(url: &str, more: &str) -> Arc<Target> {
    let timeout = match more.contains("timeout_seconds") {
        true => "",
        false => "timeout_seconds = 1\n",
    };
    let toml = format!("[[target]]\nname = \"t\"\nurl = \"{url}\"\n{timeout}{more}");
    Arc::clone(
        TargetSet::parse_toml(&toml, &Defaults::default())
            .unwrap()
            .get("t")
            .unwrap(),
    )
}

/// Writes a chunk of the body time and again until the client leaves.
pub async fn write_for_ever(stream: &mut (impl AsyncWrite + Unpin), chunk: &[u8], pause: Duration) {
    while stream.write_all(chunk).await.is_ok() {
        tokio::time::sleep(pause).await;
    }
}

/// What the probe failed for.
pub fn reason(report: &Report) -> Option<Reason> {
    match &report.result {
        Err(ProbeError::Failed { reason, .. }) => Some(*reason),
        _ => None,
    }
}
