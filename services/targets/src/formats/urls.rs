//! Parser of `PING_TARGET_URLS`, a comma-separated list of URLs.
//!
//! White space and line breaks around an item are ignored, and so are empty items, such as after a last comma. A URL that
//! contains a comma must be written in `targets.toml`.

use super::location::Location;
use crate::{
    Defaults, Target, TargetsError,
    error::Invalid,
    redact::quoted,
    target::address::{ALLOWED, Address},
};

/// Parses the targets of the list, in its order. Each target is named after its URL, trimmed and with its password masked.
pub(crate) fn parse(
    text: &str,
    defaults: &Defaults,
) -> Result<Vec<(Location, Target)>, TargetsError> {
    let items: Vec<&str> = text.split(',').map(str::trim).collect();
    // Before any other check: a comma in a password splits it, and a message about one piece would show the password.
    if let Some(index) = items
        .iter()
        .position(|item| !item.is_empty() && !has_scheme(item))
    {
        let problem = "no scheme; a URL in this list can't contain a comma";
        return Err(
            Invalid::new(quoted(&around(&items, index)), problem, ALLOWED)
                .at(location(index).to_string()),
        );
    }
    let mut targets = Vec::with_capacity(items.len());
    for (index, item) in items
        .iter()
        .enumerate()
        .filter(|(_, item)| !item.is_empty())
    {
        let location = location(index);
        let address = Address::parse(item).map_err(|error| error.at(location.to_string()))?;
        let (interval, timeout) = defaults
            .resolve(None, None)
            .map_err(|(_, error)| error.at(location.to_string()))?;
        targets.push((location, Target::new(address, None, interval, timeout)));
    }
    if targets.is_empty() {
        return Err(TargetsError::Empty {
            key: "PING_TARGET_URLS".to_owned(),
            value: quoted(text),
            allowed: "a comma-separated list of at least one http or https URL",
        });
    }
    Ok(targets)
}

fn location(index: usize) -> Location {
    Location::Urls { item: index + 1 }
}

fn has_scheme(item: &str) -> bool {
    item.contains("://")
}

/// Joins an item without a scheme with the URL before it and the items after it, up to the next URL. They may be one URL
/// that was split at commas, and only a whole URL can be redacted.
fn around(items: &[&str], index: usize) -> String {
    let (before, after) = items.split_at_checked(index).unwrap_or((items, &[]));
    let start = before
        .iter()
        .rposition(|item| has_scheme(item))
        .unwrap_or(0);
    let end = after
        .iter()
        .position(|item| has_scheme(item))
        .unwrap_or(after.len());
    items.get(start..index + end).unwrap_or_default().join(",")
}
