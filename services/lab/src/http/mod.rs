//! HTTP clients for the parts, and clients of api-gateway and of Prometheus' API.

pub mod gateway;
pub mod prometheus;

use std::error::Error;
use std::io;
use std::time::Duration;

use anyhow::{anyhow, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

/// Builds a client for the parts on this machine: plain HTTP, no proxy, and a timeout.
///
/// # Errors
/// The client can't be built.
pub fn local_client(timeout: Duration) -> anyhow::Result<reqwest::Client> {
    Ok(http_client::client([], |builder| {
        builder.no_proxy().timeout(timeout)
    })?)
}

/// Builds a client for the server at `url`, with the environment's proxy unless the server is on this machine.
///
/// # Errors
/// The URL is https, and the system has no root certificates.
pub fn client(url: &Url, timeout: Duration) -> anyhow::Result<reqwest::Client> {
    let is_local = match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    };
    Ok(http_client::client([url], |builder| {
        let builder = builder.timeout(timeout);
        if is_local {
            builder.no_proxy()
        } else {
            builder
        }
    })?)
}

/// The largest response body that is read. The metrics of 50,000 targets are smaller.
const MAX_BODY_BYTES: usize = 128 << 20;

/// Reads the body of a response.
///
/// # Errors
/// The body is cut off, or larger than 128 MiB.
pub async fn body(mut response: reqwest::Response) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        anyhow::ensure!(
            body.len() + chunk.len() <= MAX_BODY_BYTES,
            "the response is larger than {} MiB",
            MAX_BODY_BYTES >> 20
        );
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Returns whether `url` answers with success.
pub async fn answers(client: &reqwest::Client, url: &str) -> bool {
    client
        .get(url)
        .send()
        .await
        .is_ok_and(|response| response.status().is_success())
}

/// Requests a part's readiness.
///
/// # Errors
/// It is not ready, or does not answer. Contains the reason, if there is one.
pub async fn readiness(client: &reqwest::Client, url: &str) -> Result<(), Option<String>> {
    let response = match client.get(url).send().await {
        Ok(response) if response.status().is_success() => return Ok(()),
        Ok(response) => response,
        Err(error) => return Err(Some(format!("does not answer: {}", cause(&error)))),
    };
    let reason = problem(&body(response).await.unwrap_or_default());
    Err((!reason.is_empty()).then_some(reason))
}

/// Requests `url` and parses the JSON of the response. `name` is the server's name in messages.
///
/// # Errors
/// The server does not answer, or its response is an error or has another format. The message is one sentence.
pub async fn json<T: DeserializeOwned>(
    client: &reqwest::Client,
    name: &str,
    url: Url,
) -> anyhow::Result<T> {
    let response = client.get(url.clone()).send().await;
    parse(
        name,
        response.map_err(|error| no_answer(name, &url, &error))?,
    )
    .await
}

/// Parses the JSON of a response.
///
/// # Errors
/// The response is an error, is cut off, or has another format. The message is one sentence.
pub async fn parse<T: DeserializeOwned>(
    name: &str,
    response: reqwest::Response,
) -> anyhow::Result<T> {
    let status = response.status();
    let url = targets::redact(response.url().as_str());
    let body = body(response)
        .await
        .map_err(|error| anyhow!("the response of {name} at {url} is incomplete: {error}"))?;
    ensure!(
        status.is_success(),
        "{name} answers {url} with {status}: {}",
        problem(&body)
    );
    serde_json::from_slice(&body)
        .map_err(|error| anyhow!("{name} answers {url} with an unexpected format: {error}"))
}

/// Returns the sentence about a server that does not answer: "api-gateway does not answer at http://…: connection refused".
#[must_use]
pub fn no_answer(name: &str, url: &Url, error: &reqwest::Error) -> anyhow::Error {
    let mut base = url.clone();
    base.set_query(None);
    base.set_path("");
    let base = targets::redact(base.as_str());
    let base = base.trim_end_matches('/');
    anyhow!("{name} does not answer at {base}: {}", cause(error))
}

/// Returns the cause of a failed request in a few words.
fn cause(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "timed out".to_owned();
    }
    let mut innermost: &dyn Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let kind = innermost.downcast_ref().map(io::Error::kind);
    match kind {
        Some(io::ErrorKind::ConnectionRefused) => "connection refused".to_owned(),
        Some(io::ErrorKind::ConnectionReset) => "connection reset".to_owned(),
        _ => innermost.to_string(),
    }
}

/// Returns the reason in the body of an error response: the `detail` of problem details, else the first line of the text.
#[must_use]
pub fn problem(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Problem {
        detail: String,
    }
    let text = match serde_json::from_slice(body) {
        Ok(Problem { detail }) => detail,
        Err(_) => String::from_utf8_lossy(body)
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned(),
    };
    gateway_api::visible(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_server_that_does_not_answer_is_reported_in_one_sentence() {
        let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = unused.local_addr().unwrap();
        drop(unused);
        let client = local_client(Duration::from_secs(5)).unwrap();
        let url = format!("http://{address}/api/v1/status?limit=1");
        let answer = json::<()>(&client, "api-gateway", url.parse().unwrap()).await;
        assert_eq!(
            format!("{:#}", answer.unwrap_err()),
            format!("api-gateway does not answer at http://{address}: connection refused")
        );
    }

    #[test]
    fn the_reason_of_an_error_is_its_detail_or_its_first_line() {
        assert_eq!(
            problem(br#"{"title":"x","detail":"not ready: a"}"#),
            "not ready: a"
        );
        assert_eq!(problem(b"Service Unavailable\nmore"), "Service Unavailable");
        assert_eq!(problem(b"\x1b[2J"), "\u{241b}[2J");
        assert_eq!(problem(b""), "");
    }
}
