//! No file of any crate uses another that uses it back, by whatever way round.
//!
//! A circle of files can only be read whole. The files of each crate are read with `syn`; `modules` knows which module stands in
//! which file, `uses` which file each path of a file leads to. What a file only hands on (`pub use`) is followed to where it is
//! defined, so a crate's root may declare and re-export all that it likes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod modules;
mod uses;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use cargo_metadata::MetadataCommand;

use crate::{modules::Crate, uses::arrows};

/// An arrow from one file to another, with the name that it is for.
type Arrows = BTreeMap<PathBuf, BTreeMap<PathBuf, String>>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The roots of all libraries and programs that are ours.
fn roots() -> Vec<PathBuf> {
    let manifests = ["Cargo.toml", "fuzz/Cargo.toml", "model/Cargo.toml"];
    let packages = manifests.iter().flat_map(|manifest| {
        MetadataCommand::new()
            .manifest_path(root().join(manifest))
            .no_deps()
            .exec()
            .unwrap()
            .workspace_packages()
            .into_iter()
            .cloned()
            .collect::<Vec<_>>()
    });
    let targets = packages.flat_map(|package| package.targets).filter(|target| target.is_lib() || target.is_bin());
    targets.map(|target| target.src_path.into_std_path_buf()).collect()
}

/// Every file from which the arrows lead back to it, with the arrows that stay among such files.
fn circles(arrows: &Arrows) -> Vec<String> {
    let reached = |from: &PathBuf| {
        let (mut found, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(file) = next.pop() {
            next.extend(arrows.get(file).into_iter().flat_map(BTreeMap::keys).filter(|to| found.insert((*to).clone())));
        }
        found
    };
    let reached: BTreeMap<_, _> = arrows.keys().map(|file| (file, reached(file))).collect();
    let tied = |from: &PathBuf, to: &PathBuf| reached.get(to).is_some_and(|back| back.contains(from));
    let name = |file: &Path| file.strip_prefix(root()).unwrap_or(file).display().to_string();
    let mut lines = Vec::new();
    for (from, to) in arrows {
        lines.extend(
            to.iter().filter(|(to, _)| tied(from, to)).map(|(to, what)| format!("{} -> {}: {what}", name(from), name(to))),
        );
    }
    lines
}

#[test]
fn no_file_uses_one_that_uses_it_back() {
    let found: Vec<_> = roots().iter().flat_map(|root| circles(&arrows(&Crate::read(root)))).collect();
    assert!(found.is_empty(), "{} arrows tie files into circles:\n{}", found.len(), found.join("\n"));
}

/// The finder itself, on crates in a folder of its own: each way to name another file, and what is no circle.
#[test]
fn each_way_to_use_a_file_is_seen() {
    let circle = |files: &[(&str, &str)]| {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let file = folder.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        circles(&arrows(&Crate::read(&folder.path().join("lib.rs")))).len()
    };
    let lib = ("lib.rs", "mod a; mod b; pub use a::A;");
    let b = ("b.rs", "pub struct B(crate::a::A); pub fn f() {}");
    assert_eq!(circle(&[lib, ("a.rs", "pub struct A;"), b]), 0);
    for a in [
        "use crate::b::B; pub struct A;",
        "use super::b::B; pub struct A;",
        "use crate::b; pub struct A; fn f(_: b::B) {}",
        "use crate::{b::{B as C}}; pub struct A;",
        "pub struct A; fn f() { crate::b::f(); }",
        "pub struct A; fn f() { crate::m!(crate::b::f()); }",
        "#[cfg_attr(all(), schema(schema_with = crate::b::f))] pub struct A;",
        "pub struct A; mod inner { use super::super::b::B; }",
    ] {
        assert_eq!(circle(&[lib, ("a.rs", a), b]), 2, "{a}");
    }
    // By way of the root, which re-exports; and tests are free.
    assert_eq!(circle(&[lib, ("a.rs", "pub struct A; use crate::b::B;"), ("b.rs", "use crate::A; pub struct B;")]), 2);
    assert_eq!(circle(&[lib, ("a.rs", "pub struct A; #[cfg(test)] mod tests { use crate::b::B; }"), b]), 0);
    // A parent that uses its child, which uses what the parent defines; with the definition elsewhere there is none.
    assert_eq!(circle(&[("lib.rs", "mod a; pub struct Root(a::A);"), ("a.rs", "pub struct A; use crate::Root;")]), 2);
    assert_eq!(circle(&[("lib.rs", "mod a; mod b;"), ("a/mod.rs", "mod c; pub use c::*;"), ("a/c.rs", "pub struct A;"), b]), 0);
    assert_eq!(
        circle(&[("lib.rs", "mod a; mod b;"), ("a.rs", "mod c; pub use c::*;"), ("a/c.rs", "pub struct A; use crate::b::B;"), b]),
        2
    );
}
