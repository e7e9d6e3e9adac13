//! Creates probers with the default settings, and targets for them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    dead_code,
    reason = "test helpers; not every test file uses all of them"
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

/// Returns a prober with the default settings that trusts these roots.
pub fn prober(roots: RootCertStore) -> Prober {
    prober_with(Method::GET, roots)
}

/// Returns a prober for plain HTTP.
pub fn plain_prober() -> Prober {
    prober(RootCertStore::empty())
}

/// Returns a prober with this method.
pub fn prober_with(method: Method, roots: RootCertStore) -> Prober {
    let limits = Limits::register(&Registry::new()).unwrap();
    Prober::new(method, 65_536, Tls::trusting(roots).unwrap(), &limits)
}

/// Returns a target with the additional lines `more` in its table. Its timeout is 1 s, unless `more` sets another.
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

/// Repeats a chunk of the body until the client disconnects.
pub async fn write_forever(stream: &mut (impl AsyncWrite + Unpin), chunk: &[u8], pause: Duration) {
    while stream.write_all(chunk).await.is_ok() {
        tokio::time::sleep(pause).await;
    }
}

/// Returns the reason of a failed probe.
pub fn reason(report: &Report) -> Option<Reason> {
    match &report.result {
        Err(ProbeError::Failed { reason, .. }) => Some(*reason),
        _ => None,
    }
}
