//! `PING_TARGET_URLS`: a comma-separated list of URLs.
//!
//! White space and line breaks around an item are ignored, and so is an empty item (a comma at the end). A URL that
//! contains a comma can't be written here; `targets.toml` takes it.

use super::place::Place;
use crate::{
    Defaults, Target, TargetsError,
    error::Refusal,
    redact::quoted,
    target::address::{ALLOWED, Address},
};

/// The targets of the list, in its order. Each is named by its URL as given, trimmed, the password replaced.
pub(crate) fn parse(text: &str, defaults: &Defaults) -> Result<Vec<(Place, Target)>, TargetsError> {
    let items: Vec<&str> = text.split(',').map(str::trim).collect();
    // Before any other check: a piece of a password that contained a comma would make messages about its other pieces tell.
    if let Some(index) = items
        .iter()
        .position(|item| !item.is_empty() && !has_scheme(item))
    {
        let problem = "no scheme; and no URL here can contain a comma";
        return Err(
            Refusal::new(quoted(&around(&items, index)), problem, ALLOWED)
                .at(place(index).to_string()),
        );
    }
    let mut targets = Vec::with_capacity(items.len());
    for (index, item) in items
        .iter()
        .enumerate()
        .filter(|(_, item)| !item.is_empty())
    {
        let place = place(index);
        let address = Address::parse(item).map_err(|refusal| refusal.at(place.to_string()))?;
        let (interval, timeout) = defaults
            .resolve(None, None)
            .map_err(|(_, refusal)| refusal.at(place.to_string()))?;
        targets.push((place, Target::new(address, None, interval, timeout)));
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

fn place(index: usize) -> Place {
    Place::Urls { item: index + 1 }
}

fn has_scheme(item: &str) -> bool {
    item.contains("://")
}

/// An item without a scheme, together with the URL before it and the items behind it up to the next URL: only the whole of
/// what may be one URL can be redacted.
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
