//! HTTP as the tests need it.

use std::time::Duration;

use reqwest::Client;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A client for plain HTTP that gives up after ten seconds and follows no redirect.
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

/// The body of a 2xx answer as JSON, or `None` for anything else.
pub async fn get_json(url: &str) -> Option<Value> {
    serde_json::from_str(&get_text(url).await?).ok()
}

/// The body of a 2xx answer as a `T`, or `None` for any other answer.
///
/// # Panics
/// The body is no `T`.
pub async fn get_as<T: DeserializeOwned>(url: &str) -> Option<T> {
    let text = get_text(url).await?;
    let answer = serde_json::from_str(&text);
    Some(answer.unwrap_or_else(|error| panic!("{url}: {error}: {text}")))
}

/// The body of a 2xx answer, or `None` for anything else.
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
