//! `PING_AGENT_METRICS_URL`: the places and metrics URLs of the agents.

use std::collections::HashSet;
use std::sync::Arc;

use service_kit::config::parse::http_url;
use url::Url;

/// The longest place, in characters.
const PLACE_MAX_CHARS: usize = 64;

/// Describes the values that [`parse_endpoints`] allows, for error messages.
pub const ENDPOINTS: &str = "one or more comma-separated http or https URLs of agents' /metrics, each optionally with a \
     place (frankfurt=http://ping-agent:8080/metrics), no place or URL twice";

/// The place and the metrics URL of one agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The agent's vantage point, if configured.
    pub place: Option<Arc<str>>,
    /// The metrics URL. It may contain credentials, so it is used for requests only.
    pub url: Url,
}

impl Endpoint {
    /// Returns the agent's display name: its place, else its URL without the password.
    #[must_use]
    pub fn name(&self) -> Arc<str> {
        self.place
            .clone()
            .unwrap_or_else(|| targets::redact(self.url.as_str()).into())
    }
}

/// Parses a list of `url` and `place=url`, ignoring empty items. Returns `None` if an item is neither, a place or URL is
/// repeated, or the list is empty.
#[must_use]
pub fn parse_endpoints(text: &str) -> Option<Vec<Endpoint>> {
    let items = text
        .split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty());
    let endpoints: Vec<_> = items.map(parse_endpoint).collect::<Option<_>>()?;
    let mut names = HashSet::new();
    let mut urls = HashSet::new();
    let distinct = endpoints
        .iter()
        .all(|endpoint| names.insert(endpoint.name()) && urls.insert(&endpoint.url));
    (distinct && !endpoints.is_empty()).then_some(endpoints)
}

fn parse_endpoint(item: &str) -> Option<Endpoint> {
    // The query of a URL may also contain an equals sign.
    let (place, url) = match item.split_once('=') {
        Some((place, url)) if !place.contains("://") => (Some(place.trim()), url),
        _ => (None, item),
    };
    let is_valid = |place: &str| {
        !place.is_empty()
            && place.chars().count() <= PLACE_MAX_CHARS
            && !place.chars().any(char::is_control)
    };
    if place.is_some_and(|place| !is_valid(place)) {
        return None;
    }
    Some(Endpoint {
        place: place.map(Arc::from),
        url: http_url(url)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Option<Vec<String>> {
        let endpoints = parse_endpoints(text)?;
        Some(
            endpoints
                .iter()
                .map(|endpoint| endpoint.name().to_string())
                .collect(),
        )
    }

    #[test]
    fn an_agents_name_is_its_place_or_its_url_without_the_password() {
        assert_eq!(
            names(" eu west = http://a/metrics , http://me:secret@b/metrics?x=y,").unwrap(),
            ["eu west", "http://me:xxxxx@b/metrics?x=y"]
        );
    }

    #[test]
    fn invalid_lists_are_rejected() {
        for list in [
            "",
            " , ",
            "ping-agent:8080",
            "ftp://a/metrics",
            "=http://a/",
            "eu=",
            "eu=a/metrics",
            "eu=http://a/,eu=http://b/",
            "eu=http://a/,us=http://a/",
            "http://a/,http://a",
        ] {
            assert_eq!(parse_endpoints(list), None, "{list}");
        }
        let long = format!("{}=http://a/", "p".repeat(65));
        assert_eq!(parse_endpoints(&long), None);
    }
}
