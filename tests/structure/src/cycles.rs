//! Finds import cycles between the units of a folder.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::path::PathBuf;

use crate::modules::{Crate, Module};

/// Modules of one folder that import each other in a cycle.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cycle {
    /// One import from each module to the next, and from the last to the first.
    pub imports: Vec<Import>,
}

/// An import of one module of a folder by another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Import {
    /// The importing module's name.
    pub from: String,
    /// The imported module's name.
    pub to: String,
    /// The file that contains the import.
    pub file: PathBuf,
    /// The line of the import.
    pub line: usize,
    /// The imported path.
    pub path: String,
}

/// The imports between the modules of a folder, by importing and then by imported module.
type Graph = BTreeMap<String, BTreeMap<String, Import>>;

/// Returns the shortest cycle through each module, in every folder of a crate.
#[must_use]
pub fn cycles(krate: &Crate) -> Vec<Cycle> {
    let mut folders: BTreeMap<Vec<String>, Graph> = BTreeMap::new();
    collect(krate, &krate.root, &mut Vec::new(), &mut folders);
    let cycles = folders.values().flat_map(|graph| {
        let cycles = graph.keys().filter_map(|module| shortest(graph, module));
        cycles.collect::<BTreeSet<_>>()
    });
    cycles.collect()
}

/// Adds the imports of a module and of all modules below it.
fn collect(
    krate: &Crate,
    module: &Module,
    at: &mut Vec<String>,
    folders: &mut BTreeMap<Vec<String>, Graph>,
) {
    for path in &module.paths {
        let Some(found) = krate.resolve(at, &path.segments) else {
            continue;
        };
        let common = at.iter().zip(&found).take_while(|(a, b)| a == b).count();
        // If one module is above the other, both are in the same unit.
        let (Some(from), Some(to)) = (at.get(common), found.get(common)) else {
            continue;
        };
        let folder = at.iter().take(common).cloned().collect();
        let graph = folders.entry(folder).or_default();
        let imports = graph.entry(from.clone()).or_default();
        imports.entry(to.clone()).or_insert_with(|| Import {
            from: from.clone(),
            to: to.clone(),
            file: module.file.clone(),
            line: path.line,
            path: path.segments.join("::"),
        });
    }
    for (name, child) in &module.children {
        at.push(name.clone());
        collect(krate, child, at, folders);
        at.pop();
    }
}

/// Returns the shortest cycle through a module. It starts at the first module by name.
fn shortest(graph: &Graph, start: &str) -> Option<Cycle> {
    let mut queue = VecDeque::from([(start, Vec::new())]);
    let mut visited = BTreeSet::new();
    while let Some((module, way)) = queue.pop_front() {
        for (to, import) in graph.get(module).into_iter().flatten() {
            let mut way = way.clone();
            way.push(import);
            if to == start {
                let mut imports: Vec<_> = way.into_iter().cloned().collect();
                let first = (0..imports.len()).min_by_key(|at| imports.get(*at).map(|it| &it.from));
                imports.rotate_left(first.unwrap_or_default());
                return Some(Cycle { imports });
            }
            if visited.insert(to) {
                queue.push_back((to, way));
            }
        }
    }
    None
}

impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.imports.iter().map(|it| it.from.as_str()).collect();
        let first = names.first().copied().unwrap_or_default();
        writeln!(f, "{} → {first}", names.join(" → "))?;
        for import in &self.imports {
            let Import {
                from,
                to,
                file,
                line,
                path,
            } = import;
            writeln!(f, "  {from} → {to}: {}:{line}: {path}", file.display())?;
        }
        Ok(())
    }
}
