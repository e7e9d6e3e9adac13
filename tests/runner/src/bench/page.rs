//! The status page with 1,000 targets and a day of history, requested on a new connection with compression.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use lab::part::Part;
use lab::state::paths::{Installation, StateDir};
use reqwest::Client;
use test_support::Lab;
use tokio::runtime::Runtime;
use tokio::time::sleep;

use super::figure::{Figure, percentile};
use super::history;
use super::static_server::StaticServer;
use crate::labs;

const TARGETS: usize = 1_000;

/// The number of targets in a group.
const GROUP: usize = 50;

/// The design's limits.
const FIRST_BYTE_MS: f64 = 100.0;
const COMPRESSED_KB: f64 = 150.0;

/// The number of visits, and the pause between them, long enough for caches to expire.
const VISITS: usize = 100;
const PAUSE: Duration = Duration::from_millis(200);

/// The encodings that browsers accept.
const ENCODINGS: &str = "gzip, deflate, br, zstd";

/// How long the lab may take until the page shows every target up.
const SETTLED: Duration = Duration::from_secs(180);

/// Marks a page on which every target is up and the lab is not blind.
const ALL_UP: &str = r#"data-overall="up""#;

/// Marks an unknown figure, and a slot of a bar in which some probes failed.
const UNKNOWN: &str = ">unknown<";
const PART: &str = r#"<path class="part""#;

pub fn measure(installation: &Installation, runtime: &Runtime) -> anyhow::Result<Vec<Figure>> {
    let names: Vec<String> = (0..TARGETS).map(name).collect();
    eprintln!("   starting a lab with {TARGETS} targets and a day of history");
    let (mut lab, tools) = labs::prepare(installation, &targets(&names))?;
    history::write(&StateDir::new(lab.state_dir())?, &tools, &names)?;
    lab.up_attached()?;
    runtime.block_on(visit(&lab))
}

async fn visit(lab: &Lab) -> anyhow::Result<Vec<Figure>> {
    let url = lab.url(Part::DashboardUi.name(), "/");
    // Without keep-alive, because a visitor has no connection yet.
    let client = super::visitor(Duration::from_secs(10))?;
    let plain = wait_until_settled(&client, &url).await?;
    ensure!(
        names_missing(&plain) == 0,
        "the page lacks {} of {TARGETS} targets",
        names_missing(&plain)
    );
    let compressed = load(&client, &url).await?.body;
    let peer = StaticServer::start(&compressed).await?;
    eprintln!("   {VISITS} visits to the page, and as many to a static file");
    let (mut own, mut peers, mut sizes) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..VISITS {
        sleep(PAUSE).await;
        let page = load(&client, &url).await?;
        own.push(page.first_byte);
        sizes.push(page.body.len());
        peers.push(load(&client, peer.url()).await?.first_byte);
    }
    own.sort();
    peers.sort();
    let first_byte = |name, percent| Figure {
        name,
        value: percentile(&own, percent),
        limit: FIRST_BYTE_MS,
        peer: "http_server",
        peers: percentile(&peers, percent),
    };
    let largest = sizes.into_iter().max().unwrap_or_default();
    Ok(vec![
        first_byte("first_byte_ms", 50),
        first_byte("first_byte_p99_ms", 99),
        Figure {
            name: "compressed_kb",
            value: kilobytes(largest),
            limit: COMPRESSED_KB,
            peer: "gzip_9",
            peers: kilobytes(gzip(plain.as_bytes())?.len()),
        },
    ])
}

/// The result of a visit.
struct Page {
    /// The time from opening the connection to the head of the answer.
    first_byte: Duration,
    /// The compressed body.
    body: Vec<u8>,
}

async fn load(client: &Client, url: &str) -> anyhow::Result<Page> {
    let begun = Instant::now();
    let answer = client
        .get(url)
        .header("accept-encoding", ENCODINGS)
        .send()
        .await?
        .error_for_status()?;
    let first_byte = begun.elapsed();
    let body = answer.bytes().await?.to_vec();
    Ok(Page { first_byte, body })
}

/// Waits until the page shows every target up with figures and history, and returns it uncompressed.
async fn wait_until_settled(client: &Client, url: &str) -> anyhow::Result<String> {
    let begun = Instant::now();
    loop {
        let answer = client.get(url).send().await?;
        let text = answer.text().await?;
        let bars = text.matches(PART).count();
        let unknown = text.matches(UNKNOWN).count();
        if text.contains(ALL_UP) && bars > TARGETS / 2 && unknown == 0 {
            return Ok(text);
        }
        if begun.elapsed() > SETTLED {
            let title = text.split_once("<title>").map(|(_, rest)| rest);
            let title = title.and_then(|rest| rest.split_once("</title>"));
            bail!(
                "after {} s the page is not complete: {bars} bars with failures, {unknown} unknown figures, {}",
                SETTLED.as_secs(),
                title.map_or("it has no title", |(title, _)| title)
            );
        }
        sleep(Duration::from_secs(1)).await;
    }
}

fn names_missing(page: &str) -> usize {
    (0..TARGETS)
        .filter(|&index| !page.contains(&format!("data-target=\"{}\"", name(index))))
        .count()
}

/// Returns a `targets.toml` of endpoints that exist, each with its own address.
fn targets(names: &[String]) -> String {
    let mut text = String::new();
    for (index, name) in names.iter().enumerate() {
        text.push_str(&format!(
            "[[target]]\nname = \"{name}\"\ngroup = \"Team {}\"\nurl = \"http://demo-target:8080/ok?n={index}\"\n\n",
            index / GROUP
        ));
    }
    text
}

fn name(index: usize) -> String {
    let service = ["checkout", "search", "login", "catalogue", "images", "mail"];
    let service = service.get(index % service.len()).copied().unwrap_or("it");
    format!("{service}-{index:04}")
}

fn kilobytes(bytes: usize) -> f64 {
    bytes as f64 / 1000.0
}

/// Compresses with `gzip -9`.
fn gzip(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut child = Command::new("gzip")
        .args(["-9", "-c"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("can't start the peer, gzip; install gzip")?;
    let mut stdin = child.stdin.take().context("gzip has no stdin")?;
    let bytes = bytes.to_vec();
    // In a thread, because a pipe holds less than a page.
    let writer = std::thread::spawn(move || stdin.write_all(&bytes));
    let output = child.wait_with_output()?;
    if !matches!(writer.join(), Ok(Ok(()))) || !output.status.success() {
        bail!("gzip failed: {}", output.status);
    }
    Ok(output.stdout)
}

#[cfg(test)]
mod tests {
    use super::super::tests::accepted;
    use super::*;

    #[test]
    fn the_targets_are_accepted_and_their_names_differ() {
        let names: Vec<String> = (0..TARGETS).map(name).collect();
        assert_eq!(accepted(&super::targets(&names)), TARGETS);
    }
}
