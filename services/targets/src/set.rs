//! The set of all targets, in the order of the configuration.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use crate::{
    Defaults, Target, TargetsError,
    formats::{Location, file, urls},
    redact::quoted,
};

/// An ordered, non-empty set of targets with unique names.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetSet {
    targets: Vec<Arc<Target>>,
    index: HashMap<Arc<str>, usize>,
}

impl TargetSet {
    /// Parses the text of a `targets.toml`.
    ///
    /// # Errors
    /// The file is invalid. The message does not name the file, unlike that of [`crate::TargetSource::load`].
    pub fn parse_toml(text: &str, defaults: &Defaults) -> Result<Self, TargetsError> {
        let mut builder = Builder::default();
        builder.extend(file::parse(text, defaults)?)?;
        Ok(builder.finish())
    }

    /// Parses the value of `PING_TARGET_URLS`.
    ///
    /// # Errors
    /// The list is invalid.
    pub fn parse_urls(text: &str, defaults: &Defaults) -> Result<Self, TargetsError> {
        let mut builder = Builder::default();
        builder.extend(urls::parse(text, defaults)?)?;
        Ok(builder.finish())
    }

    /// Returns the targets in the order of the configuration.
    pub fn iter(&self) -> std::slice::Iter<'_, Arc<Target>> {
        self.targets.iter()
    }

    /// Returns the number of targets.
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Returns whether the set is empty. A loaded set has at least one target.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// Returns the target with this name.
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

/// Builds a set from one or more sources.
#[derive(Default)]
pub(crate) struct Builder {
    targets: Vec<Arc<Target>>,
    locations: Vec<Location>,
    index: HashMap<Arc<str>, usize>,
}

impl Builder {
    /// Appends the targets of a source in their order. Rejects the first target whose name exists already.
    pub(crate) fn extend(
        &mut self,
        configured: Vec<(Location, Target)>,
    ) -> Result<(), TargetsError> {
        for (location, target) in configured {
            match self.index.entry(Arc::clone(&target.name)) {
                Entry::Vacant(entry) => entry.insert(self.targets.len()),
                Entry::Occupied(entry) => {
                    let first = match (location, self.locations.get(*entry.get())) {
                        (Location::Urls { .. }, Some(first @ Location::File { .. })) => {
                            format!("{first} of PING_TARGETS_FILE")
                        }
                        (_, first) => first.map(Location::to_string).unwrap_or_default(),
                    };
                    return Err(TargetsError::Duplicate {
                        key: location.key("name"),
                        value: quoted(&target.name),
                        first,
                    });
                }
            };
            self.targets.push(Arc::new(target));
            self.locations.push(location);
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

/// The differences between a set and the previous one.
pub(crate) struct Changes {
    pub(crate) added: usize,
    pub(crate) removed: usize,
    /// Targets with the same name and any other difference.
    pub(crate) changed: usize,
    /// Whether the names are the same, in another order.
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
