//! An HTTP client for tests.

use std::time::Duration;

use reqwest::Client;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Returns a client for plain HTTP with a timeout of ten seconds. It follows no redirects.
#[must_use]
pub fn client() -> Client {
    http_client::client([], |builder| {
        builder
            .timeout(Duration::from_secs(10))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
    })
    .expect("a client")
}

/// Fetches a body as JSON; `None` unless the response is 2xx and JSON.
pub async fn get_json(url: &str) -> Option<Value> {
    serde_json::from_str(&get_text(url).await?).ok()
}

/// Fetches a body as a `T`; `None` unless the response is 2xx.
///
/// # Panics
/// The body is no `T`.
pub async fn get_as<T: DeserializeOwned>(url: &str) -> Option<T> {
    let text = get_text(url).await?;
    let value = serde_json::from_str(&text);
    Some(value.unwrap_or_else(|error| panic!("{url}: {error}: {text}")))
}

/// Fetches a body as text; `None` unless the response is 2xx.
pub async fn get_text(url: &str) -> Option<String> {
    let response = client()
        .get(url)
        .send()
        .await
        .ok()?
        .error_for_status()
        .ok()?;
    response.text().await.ok()
}
