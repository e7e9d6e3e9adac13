//! Finds the module that a path leads to.

use crate::modules::Crate;

/// The most re-exports that a path leads through.
const REEXPORTS_MAX: usize = 32;

impl Crate {
    /// Returns the path of the module that `path` leads to when it is written in the module `at`: the one that defines the
    /// item, behind all re-exports. `None` if it leads to another crate.
    pub(crate) fn resolve(&self, at: &[String], path: &[String]) -> Option<Vec<String>> {
        self.follow(at, path, REEXPORTS_MAX)
    }

    fn follow(&self, at: &[String], path: &[String], reexports: usize) -> Option<Vec<String>> {
        let mut place = at.to_vec();
        let mut rest = path;
        match rest.split_first() {
            Some((first, others)) if first == "crate" => {
                place.clear();
                rest = others;
            }
            Some((first, others)) if first == "self" => rest = others,
            Some((first, _)) if first == "super" => {}
            Some((first, _)) => {
                let module = self.module(at)?;
                if !module.children.contains_key(first) && !module.names.contains_key(first) {
                    return None;
                }
            }
            None => return None,
        }
        while let Some((segment, others)) = rest.split_first() {
            let module = self.module(&place)?;
            if segment == "super" {
                place.pop();
            } else if module.children.contains_key(segment) {
                place.push(segment.clone());
            } else if let Some(name) = module.names.get(segment).filter(|_| reexports > 0) {
                let path: Vec<_> = name.iter().chain(others).cloned().collect();
                // An item of another crate that this module re-exports counts as its own.
                let found = self.follow(&place, &path, reexports - 1);
                return Some(found.unwrap_or(place));
            } else {
                break;
            }
            rest = others;
        }
        Some(place)
    }
}
