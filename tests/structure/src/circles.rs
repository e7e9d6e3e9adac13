//! Circles between the units of a folder.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::path::PathBuf;

use crate::modules::{Crate, Module};

/// Modules of one folder that import each other in a circle.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Circle {
    /// One import from each of them to the next, and from the last to the first.
    pub imports: Vec<Import>,
}

/// An import of one module of a folder by another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Import {
    /// The importing module's name.
    pub from: String,
    /// The imported module's name.
    pub to: String,
    /// The file with the import.
    pub file: PathBuf,
    /// The line in it.
    pub line: usize,
    /// The path that is imported.
    pub path: String,
}

/// The imports between the modules of a folder: by the importing one, then by the imported one.
type Graph = BTreeMap<String, BTreeMap<String, Import>>;

/// Returns the shortest circle through each module, in every folder of a crate.
#[must_use]
pub fn circles(krate: &Crate) -> Vec<Circle> {
    let mut folders: BTreeMap<Vec<String>, Graph> = BTreeMap::new();
    collect(krate, &krate.root, &mut Vec::new(), &mut folders);
    let circles = folders.values().flat_map(|graph| {
        let circles = graph.keys().filter_map(|module| shortest(graph, module));
        circles.collect::<BTreeSet<_>>()
    });
    circles.collect()
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
        // Where one of the two is above the other, neither is another unit.
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

/// Returns the shortest circle through a module, starting at the first of its modules by name.
fn shortest(graph: &Graph, start: &str) -> Option<Circle> {
    let mut queue = VecDeque::from([(start, Vec::new())]);
    let mut seen = BTreeSet::new();
    while let Some((module, way)) = queue.pop_front() {
        for (to, import) in graph.get(module).into_iter().flatten() {
            let mut way = way.clone();
            way.push(import);
            if to == start {
                let mut imports: Vec<_> = way.into_iter().cloned().collect();
                let first = (0..imports.len()).min_by_key(|at| imports.get(*at).map(|it| &it.from));
                imports.rotate_left(first.unwrap_or_default());
                return Some(Circle { imports });
            }
            if seen.insert(to) {
                queue.push_back((to, way));
            }
        }
    }
    None
}

impl fmt::Display for Circle {
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
