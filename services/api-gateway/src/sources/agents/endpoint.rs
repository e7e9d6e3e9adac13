//! `PING_AGENT_METRICS_URL`: the addresses of the agents' expositions.

use std::collections::HashSet;
use std::sync::Arc;

use service_kit::config::parse::http_url;
use url::Url;

/// Longest place, in characters.
const PLACE_MAX_CHARS: usize = 64;

/// The values that [`parse_endpoints`] allows, for messages.
pub const ENDPOINTS: &str = "one or more http or https URLs of agents' /metrics, comma-separated, each with or without \
     a place before it (frankfurt=http://ping-agent:8080/metrics), no place and no URL twice";

/// The address of one agent's exposition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Where the agent stands, if the configuration says so.
    pub place: Option<Arc<str>>,
    /// The exposition, with credentials: for the request only.
    pub url: Url,
}

impl Endpoint {
    /// Returns the agent's name for people: its place, else its URL without the password.
    #[must_use]
    pub fn name(&self) -> Arc<str> {
        self.place
            .clone()
            .unwrap_or_else(|| targets::redact(self.url.as_str()).into())
    }
}

/// Parses a list of `url` and `place=url`; `None` where an item is neither, a place or URL comes twice, or the list is
/// empty. An empty item (a comma at the end) counts for nothing.
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
    // A URL may hold an equals sign too, in its query.
    let (place, url) = match item.split_once('=') {
        Some((place, url)) if !place.contains("://") => (Some(place.trim()), url),
        _ => (None, item),
    };
    let shown = |place: &str| {
        !place.is_empty()
            && place.chars().count() <= PLACE_MAX_CHARS
            && !place.chars().any(char::is_control)
    };
    if place.is_some_and(|place| !shown(place)) {
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
    fn an_agent_is_called_by_its_place_or_its_url_without_the_password() {
        assert_eq!(
            names(" eu west = http://a/metrics , http://me:secret@b/metrics?x=y,").unwrap(),
            ["eu west", "http://me:xxxxx@b/metrics?x=y"]
        );
    }

    #[test]
    fn lists_that_are_not_one_are_refused() {
        for refused in [
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
            assert_eq!(parse_endpoints(refused), None, "{refused}");
        }
        let long = format!("{}=http://a/", "p".repeat(65));
        assert_eq!(parse_endpoints(&long), None);
    }
}
