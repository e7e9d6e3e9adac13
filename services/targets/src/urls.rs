//! `PING_TARGET_URLS`: a comma-separated list of URLs.
//!
//! White space and line breaks around an item are ignored, and so is an empty item (a comma at the end). A URL that
//! contains a comma can't be written here; `targets.toml` takes it.

use crate::{Defaults, Target, TargetsError, address::Address, place::Place, redact::quoted};

/// The targets of the list, in its order. Each is named by its URL as given, trimmed, the password replaced.
pub(crate) fn parse(text: &str, defaults: &Defaults) -> Result<Vec<(Place, Target)>, TargetsError> {
    let mut targets = Vec::new();
    for (index, item) in text.split(',').enumerate() {
        if item.trim().is_empty() {
            continue;
        }
        let place = Place::Urls { item: index + 1 };
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
