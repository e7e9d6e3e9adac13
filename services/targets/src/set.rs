//! All targets: in the order of the configuration, every name once.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use crate::{
    Defaults, Target, TargetsError,
    formats::{Place, file, urls},
    redact::quoted,
};

/// An ordered, non-empty set of targets with unique names.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetSet {
    targets: Vec<Arc<Target>>,
    index: HashMap<Arc<str>, usize>,
}

impl TargetSet {
    /// Reads the text of a `targets.toml`.
    ///
    /// # Errors
    /// The file is invalid. The message does not name the file; that of [`crate::TargetSource::load`] does.
    pub fn parse_toml(text: &str, defaults: &Defaults) -> Result<Self, TargetsError> {
        let mut builder = Builder::default();
        builder.extend(file::parse(text, defaults)?)?;
        Ok(builder.finish())
    }

    /// Reads the value of `PING_TARGET_URLS`.
    ///
    /// # Errors
    /// The list is invalid.
    pub fn parse_urls(text: &str, defaults: &Defaults) -> Result<Self, TargetsError> {
        let mut builder = Builder::default();
        builder.extend(urls::parse(text, defaults)?)?;
        Ok(builder.finish())
    }

    /// The targets in the order of the configuration.
    pub fn iter(&self) -> std::slice::Iter<'_, Arc<Target>> {
        self.targets.iter()
    }

    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Returns whether there is none. A set that was loaded has at least one.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// The target of this name.
    pub fn get(&self, name: &str) -> Option<&Arc<Target>> {
        self.index
            .get(name)
            .and_then(|&position| self.targets.get(position))
    }
}

impl<'a> IntoIterator for &'a TargetSet {
    type Item = &'a Arc<Target>;
    type IntoIter = std::slice::Iter<'a, Arc<Target>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Puts a set together, source after source.
#[derive(Default)]
pub(crate) struct Builder {
    targets: Vec<Arc<Target>>,
    places: Vec<Place>,
    index: HashMap<Arc<str>, usize>,
}

impl Builder {
    /// Appends the targets of a source in their order; the first whose name is taken is refused.
    pub(crate) fn extend(&mut self, configured: Vec<(Place, Target)>) -> Result<(), TargetsError> {
        for (place, target) in configured {
            match self.index.entry(Arc::clone(&target.name)) {
                Entry::Vacant(entry) => entry.insert(self.targets.len()),
                Entry::Occupied(entry) => {
                    let first = match (place, self.places.get(*entry.get())) {
                        (Place::Urls { .. }, Some(first @ Place::File { .. })) => {
                            format!("{first} of PING_TARGETS_FILE")
                        }
                        (_, first) => first.map(Place::to_string).unwrap_or_default(),
                    };
                    return Err(TargetsError::Duplicate {
                        key: place.key("name"),
                        value: quoted(&target.name),
                        first,
                    });
                }
            };
            self.targets.push(Arc::new(target));
            self.places.push(place);
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> TargetSet {
        TargetSet {
            targets: self.targets,
            index: self.index,
        }
    }
}

/// How a set differs from the one before.
pub(crate) struct Changes {
    pub(crate) added: usize,
    pub(crate) removed: usize,
    /// Same name, anything else different.
    pub(crate) changed: usize,
    /// The same targets in another order.
    pub(crate) reordered: bool,
}

impl Changes {
    pub(crate) fn any(&self) -> bool {
        self.added + self.removed + self.changed > 0 || self.reordered
    }
}

impl TargetSet {
    /// Counts the changes since `before`.
    pub(crate) fn changes_since(&self, before: &Self) -> Changes {
        let (mut added, mut changed) = (0, 0);
        for target in self {
            match before.get(&target.name) {
                None => added += 1,
                Some(old) if old != target => changed += 1,
                Some(_) => {}
            }
        }
        let removed = before
            .iter()
            .filter(|old| self.get(&old.name).is_none())
            .count();
        let names = |set: &Self| {
            set.iter()
                .map(|target| Arc::clone(&target.name))
                .collect::<Vec<_>>()
        };
        let reordered = added + removed == 0 && names(self) != names(before);
        Changes {
            added,
            removed,
            changed,
            reordered,
        }
    }
}
