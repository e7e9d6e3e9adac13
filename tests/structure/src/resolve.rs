//! Resolves paths to modules.

use crate::modules::Crate;

/// The highest number of re-exports in a path.
const REEXPORTS_MAX: usize = 32;

impl Crate {
    /// Returns the path of the module that defines the item of `path`, written in the module `at`. Follows re-exports. `None`
    /// if the path leads to another crate.
    pub(crate) fn resolve(&self, at: &[String], path: &[String]) -> Option<Vec<String>> {
        self.follow(at, path, REEXPORTS_MAX)
    }

    fn follow(&self, at: &[String], path: &[String], reexports: usize) -> Option<Vec<String>> {
        let mut module_path = at.to_vec();
        let mut rest = path;
        match rest.split_first() {
            Some((first, others)) if first == "crate" => {
                module_path.clear();
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
            let module = self.module(&module_path)?;
            if segment == "super" {
                module_path.pop();
            } else if module.children.contains_key(segment) {
                module_path.push(segment.clone());
            } else if let Some(name) = module.names.get(segment).filter(|_| reexports > 0) {
                let path: Vec<_> = name.iter().chain(others).cloned().collect();
                // An item of another crate that this module re-exports counts as its own.
                let found = self.follow(&module_path, &path, reexports - 1);
                return Some(found.unwrap_or(module_path));
            } else {
                break;
            }
            rest = others;
        }
        Some(module_path)
    }
}
