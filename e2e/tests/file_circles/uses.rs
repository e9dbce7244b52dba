//! Which files the paths of each file lead to.

use proc_macro2::{TokenStream, TokenTree};
use syn::{Item, Macro, Path, UseTree, visit::Visit};

use crate::{
    Arrows,
    modules::{Crate, Leads},
};

/// Every arrow of a crate between two of its files.
pub(crate) fn arrows(of: &Crate) -> Arrows {
    let mut arrows = Arrows::new();
    for (at, module) in of.modules.iter().enumerate() {
        let mut paths = Paths::default();
        for item in &module.items {
            match item {
                Item::Use(import) if matches!(import.vis, syn::Visibility::Inherited) => {
                    paths.import(&mut Vec::new(), &import.tree);
                }
                // A module within is looked at by itself, and what is handed on only says where it is.
                Item::Mod(_) | Item::Use(_) => {}
                item => paths.visit_item(item),
            }
        }
        for path in paths.0 {
            if let Some(Leads::Item(to)) = of.resolve(at, &path)
                && of.modules[to].file != module.file
            {
                let to = of.modules[to].file.clone();
                arrows.entry(module.file.clone()).or_default().entry(to).or_insert_with(|| path.join("::"));
            }
        }
    }
    arrows
}

/// The paths of a module: `["crate", "a", "B"]`.
#[derive(Default)]
struct Paths(Vec<Vec<String>>);

impl Paths {
    fn import(&mut self, before: &mut Vec<String>, tree: &UseTree) {
        let mut add = |name: String| self.0.push(before.iter().cloned().chain([name]).collect());
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.import(before, &path.tree);
                before.pop();
            }
            UseTree::Name(name) => add(name.ident.to_string()),
            UseTree::Rename(name) => add(name.ident.to_string()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.import(before, tree)),
            UseTree::Glob(_) => {}
        }
    }

    /// Paths in what a macro is given, which is text to the parser.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.end(&mut path);
                    }
                    path.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => colons += 1,
                TokenTree::Group(group) => {
                    self.end(&mut path);
                    self.tokens(group.stream());
                }
                _ => self.end(&mut path),
            }
        }
        self.end(&mut path);
    }

    fn end(&mut self, path: &mut Vec<String>) {
        if !path.is_empty() {
            self.0.push(std::mem::take(path));
        }
    }
}

impl Visit<'_> for Paths {
    fn visit_path(&mut self, path: &Path) {
        self.0.push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &Macro) {
        syn::visit::visit_macro(self, call);
        self.tokens(call.tokens.clone());
    }

    /// Of an attribute: a path may be given to what it derives.
    fn visit_meta_list(&mut self, list: &syn::MetaList) {
        self.tokens(list.tokens.clone());
    }

    fn visit_item_use(&mut self, import: &syn::ItemUse) {
        self.import(&mut Vec::new(), &import.tree);
    }
}
