//! Which module stands in which file, what each defines, and what it has from elsewhere.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use syn::{Attribute, Item, UseTree};

/// One module: a file's or one within a file.
pub(crate) struct Module {
    pub(crate) file: PathBuf,
    pub(crate) parent: Option<usize>,
    pub(crate) children: BTreeMap<String, usize>,
    /// What is defined here.
    pub(crate) defines: BTreeSet<String>,
    /// What is called this here, by the path that was imported.
    pub(crate) imports: BTreeMap<String, Vec<String>>,
    /// All that stands there is called by its name here too.
    pub(crate) globs: Vec<Vec<String>>,
    pub(crate) items: Vec<Item>,
}

/// The modules of a crate; the first is its root.
pub(crate) struct Crate {
    pub(crate) modules: Vec<Module>,
}

/// Where a path leads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leads {
    /// To a module as a whole.
    Module(usize),
    /// To what is defined in one.
    Item(usize),
}

impl Crate {
    /// Reads a crate from its root file on.
    pub(crate) fn read(root: &Path) -> Self {
        let mut read = Self { modules: Vec::new() };
        read.add(root, None, root.parent().unwrap(), file_items(root));
        read
    }

    /// Adds a module and those below it; `below` is the folder of its children's files.
    fn add(&mut self, file: &Path, parent: Option<usize>, below: &Path, items: Vec<Item>) -> usize {
        let at = self.modules.len();
        let mut items: Vec<_> = items.into_iter().filter(|item| !is_test(attributes(item))).collect();
        let (children, defines, imports, globs) = Default::default();
        self.modules.push(Module { file: file.to_owned(), parent, children, defines, imports, globs, items: Vec::new() });
        for item in &mut items {
            match item {
                Item::Mod(module) => {
                    let name = module.ident.to_string();
                    let folder = below.join(&name);
                    let child = if let Some((_, inner)) = &mut module.content {
                        self.add(file, Some(at), &folder, std::mem::take(inner))
                    } else {
                        let candidates = [below.join(format!("{name}.rs")), folder.join("mod.rs")];
                        let Some(file) = candidates.iter().find(|file| file.exists()) else { continue };
                        self.add(file, Some(at), &folder, file_items(file))
                    };
                    self.modules[at].children.insert(name, child);
                }
                Item::Use(import) => self.import(at, &mut Vec::new(), &import.tree),
                item => self.modules[at].defines.extend(name_of(item)),
            }
        }
        self.modules[at].items = items;
        at
    }

    fn import(&mut self, at: usize, before: &mut Vec<String>, tree: &UseTree) {
        let path = |name: &str| {
            before.iter().cloned().chain([name.to_owned()]).filter(|name| name != "self" || before.is_empty()).collect()
        };
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.import(at, before, &path.tree);
                before.pop();
            }
            UseTree::Name(name) => {
                let name = name.ident.to_string();
                let called = if name == "self" { before.last().cloned().unwrap_or_default() } else { name.clone() };
                let path = path(&name);
                self.modules[at].imports.insert(called, path);
            }
            UseTree::Rename(name) => {
                let path = path(&name.ident.to_string());
                self.modules[at].imports.insert(name.rename.to_string(), path);
            }
            UseTree::Glob(_) => self.modules[at].globs.push(before.clone()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.import(at, before, tree)),
        }
    }

    /// Where a path leads that stands in a module: nothing for one of another crate.
    pub(crate) fn resolve(&self, from: usize, path: &[String]) -> Option<Leads> {
        self.walk(from, path, true, 0)
    }

    fn walk(&self, from: usize, path: &[String], first: bool, depth: usize) -> Option<Leads> {
        // Two globs may lead to each other.
        if depth > 20 {
            return None;
        }
        let Some((name, rest)) = path.split_first() else { return Some(Leads::Module(from)) };
        let module = &self.modules[from];
        match name.as_str() {
            "crate" => return self.walk(0, rest, false, depth + 1),
            "self" => return self.walk(from, rest, false, depth + 1),
            "super" => return self.walk(module.parent?, rest, false, depth + 1),
            _ => {}
        }
        if let Some(child) = module.children.get(name) {
            return self.walk(*child, rest, false, depth + 1);
        }
        if module.defines.contains(name) {
            return Some(Leads::Item(from));
        }
        if let Some(import) = module.imports.get(name).filter(|import| import[0] != *name || import.len() > 1) {
            let whole: Vec<_> = import.iter().chain(rest).cloned().collect();
            return self.walk(from, &whole, true, depth + 1);
        }
        let globs = module.globs.iter().filter(|glob| first || glob[0] != *name);
        globs
            .filter_map(|glob| self.walk(from, &glob.iter().chain(path).cloned().collect::<Vec<_>>(), true, depth + 1))
            .find(|leads| matches!(leads, Leads::Item(_)))
    }
}

fn file_items(file: &Path) -> Vec<Item> {
    let text = std::fs::read_to_string(file).unwrap();
    syn::parse_file(&text).map_err(|error| format!("{}: {error}", file.display())).unwrap().items
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string().starts_with("test"))
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Mod(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        _ => &[],
    }
}

fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}
