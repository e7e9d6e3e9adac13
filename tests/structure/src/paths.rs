//! Finds paths in code: in `use` items, expressions, types and macros.

use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, Meta, UseTree};

/// A path in the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CodePath {
    pub segments: Vec<String>,
    pub line: usize,
}

/// Returns whether code with these attributes is compiled for tests only.
pub(crate) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && needs_test(list.tokens.clone()),
        _ => false,
    })
}

/// Returns whether a condition contains `test` outside `not(…)`.
fn needs_test(condition: TokenStream) -> bool {
    let mut negated = false;
    condition.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => {
            negated = ident == "not";
            ident == "test"
        }
        TokenTree::Group(group) => !negated && needs_test(group.stream()),
        _ => false,
    })
}

/// Returns the paths of a `use` item, each with the name that it imports; `None` for a glob.
pub(crate) fn use_paths(tree: &UseTree) -> Vec<(CodePath, Option<String>)> {
    let mut paths = Vec::new();
    flatten(tree, &mut Vec::new(), &mut paths);
    paths
}

fn flatten(tree: &UseTree, above: &mut Vec<String>, paths: &mut Vec<(CodePath, Option<String>)>) {
    let mut add = |last: Option<&proc_macro2::Ident>, name: Option<String>, line| {
        let mut segments = above.clone();
        // `use a::{self}` means `use a`.
        segments.extend(last.filter(|it| *it != "self").map(ToString::to_string));
        let name = name.filter(|name| name != "self");
        let name = name.or_else(|| last.and_then(|_| segments.last().cloned()));
        paths.push((CodePath { segments, line }, name));
    };
    match tree {
        UseTree::Path(path) => {
            above.push(path.ident.to_string());
            flatten(&path.tree, above, paths);
            above.pop();
        }
        UseTree::Name(name) => {
            let line = name.ident.span().start().line;
            add(Some(&name.ident), Some(name.ident.to_string()), line);
        }
        UseTree::Rename(rename) => {
            let line = rename.ident.span().start().line;
            add(Some(&rename.ident), Some(rename.rename.to_string()), line);
        }
        UseTree::Glob(glob) => {
            let line = glob.star_token.spans.first();
            add(None, None, line.map_or(0, |span| span.start().line));
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, above, paths);
            }
        }
    }
}

/// Returns the path of an expression or a type if it can lead to another module.
pub(crate) fn path_of(path: &syn::Path) -> Option<CodePath> {
    let line = path.segments.first()?.ident.span().start().line;
    let segments = path.segments.iter().map(|it| it.ident.to_string());
    let segments: Vec<_> = segments.collect();
    (path.leading_colon.is_none() && segments.len() > 1).then_some(CodePath { segments, line })
}

/// Returns the paths in a macro's tokens, which `syn` does not parse.
pub(crate) fn macro_paths(tokens: TokenStream) -> Vec<CodePath> {
    let mut paths: Vec<CodePath> = Vec::new();
    // The number of colons since the last segment; `None` outside a path.
    let mut colons = None;
    for token in tokens {
        match (token, &mut colons) {
            (TokenTree::Punct(punct), Some(colons)) if punct.as_char() == ':' => *colons += 1,
            (TokenTree::Ident(ident), _) => {
                let line = ident.span().start().line;
                match paths.last_mut().filter(|_| colons == Some(2)) {
                    Some(path) => path.segments.push(ident.to_string()),
                    None => paths.push(CodePath {
                        segments: vec![ident.to_string()],
                        line,
                    }),
                }
                colons = Some(0);
            }
            (TokenTree::Group(group), _) => {
                paths.extend(macro_paths(group.stream()));
                colons = None;
            }
            _ => colons = None,
        }
    }
    paths.retain(|path| path.segments.len() > 1);
    paths
}
