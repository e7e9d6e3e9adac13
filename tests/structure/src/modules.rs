//! Reads the modules of a crate from their files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ImplItem, Item, Macro, Stmt};

use crate::paths::{CodePath, is_for_tests, macro_paths, path_of, use_paths};

/// The modules of a crate.
#[derive(Debug)]
pub struct Crate {
    /// The module of `lib.rs` or `main.rs`.
    pub root: Module,
}

/// A module, with its submodules and the paths in its code.
#[derive(Debug, Default)]
pub struct Module {
    /// Its file.
    pub file: PathBuf,
    /// Its submodules by name.
    pub children: BTreeMap<String, Module>,
    /// The names that its `use` items import, each with its path.
    pub(crate) names: BTreeMap<String, Vec<String>>,
    /// The paths in its code.
    pub(crate) paths: Vec<CodePath>,
}

impl Crate {
    /// Reads a crate from its `lib.rs` or `main.rs`.
    ///
    /// # Errors
    /// A file is missing or is not valid Rust.
    pub fn read(file: &Path) -> Result<Self, String> {
        let folder = file.parent().unwrap_or(file);
        Ok(Self {
            root: Module::read(file, folder)?,
        })
    }

    /// Returns the module with this path; `None` if there is none.
    pub(crate) fn module(&self, path: &[String]) -> Option<&Module> {
        let mut names = path.iter();
        names.try_fold(&self.root, |module, name| module.children.get(name))
    }
}

impl Module {
    /// Reads a module from its file. The files of its submodules are in `folder`.
    fn read(file: &Path, folder: &Path) -> Result<Self, String> {
        let located = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
        let text = fs::read_to_string(file).map_err(|error| located(&error))?;
        let code = syn::parse_file(&text).map_err(|error| located(&error))?;
        Self::new(file, folder, &code.items)
    }

    fn new(file: &Path, folder: &Path, items: &[Item]) -> Result<Self, String> {
        let mut reader = Reader {
            folder,
            module: Self {
                file: file.to_owned(),
                ..Self::default()
            },
            error: None,
        };
        for item in items {
            reader.visit_item(item);
        }
        reader.error.map_or(Ok(reader.module), Err)
    }
}

struct Reader<'a> {
    folder: &'a Path,
    module: Module,
    error: Option<String>,
}

impl Reader<'_> {
    /// Reads a submodule, from its braces or its file.
    fn child(&self, item: &syn::ItemMod) -> Result<Module, String> {
        let name = item.ident.to_string();
        let folder = self.folder.join(&name);
        if let Some((_, items)) = &item.content {
            return Module::new(&self.module.file, &folder, items);
        }
        let file = folder.with_extension("rs");
        if file.exists() {
            Module::read(&file, &folder)
        } else {
            Module::read(&folder.join("mod.rs"), &folder)
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_for_tests(item_attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes: &[Attribute] = match item {
            ImplItem::Const(item) => &item.attrs,
            ImplItem::Fn(item) => &item.attrs,
            ImplItem::Type(item) => &item.attrs,
            _ => &[],
        };
        if !is_for_tests(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        if !is_for_tests(&field.attrs) {
            visit::visit_field(self, field);
        }
    }

    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        let attributes: &[Attribute] = match statement {
            Stmt::Local(local) => &local.attrs,
            Stmt::Macro(it) => &it.attrs,
            Stmt::Expr(Expr::Block(block), _) => &block.attrs,
            Stmt::Expr(Expr::Call(call), _) => &call.attrs,
            Stmt::Expr(Expr::MethodCall(call), _) => &call.attrs,
            _ => &[],
        };
        if !is_for_tests(attributes) {
            visit::visit_stmt(self, statement);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        match self.child(item) {
            Ok(child) => drop(self.module.children.insert(item.ident.to_string(), child)),
            Err(error) => self.error = Some(error),
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        for (mut path, name) in use_paths(&item.tree) {
            if item.leading_colon.is_some() {
                // An empty segment matches no module, so the path leads to another crate.
                path.segments.insert(0, String::new());
            }
            if let Some(name) = name {
                self.module.names.insert(name, path.segments.clone());
            }
            self.module.paths.push(path);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.module.paths.extend(path_of(path));
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, it: &'ast Macro) {
        self.module.paths.extend(macro_paths(it.tokens.clone()));
        visit::visit_macro(self, it);
    }
}

fn item_attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
