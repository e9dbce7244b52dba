//! Every path of this repository that its pages and file headers name exists.
//!
//! A path is what stands in backticks, has a folder, and ends as our files do. On a page it is read from the root or from the
//! page's folder, in a header from the root, from the crate, from its `src` or from the file's folder.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// What our files end with, where pages name them.
const ENDINGS: [&str; 7] = [".rs", ".py", ".sh", ".js", ".yaml", ".md", ".toml"];
/// Folders that are no source, or another's.
const SKIPPED: [&str; 4] = ["target", ".git", "node_modules", "artifacts"];

fn files(below: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !SKIPPED.iter().any(|skipped| path.ends_with(skipped)) {
                files(&path, ending, found);
            }
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
}

/// The paths that a text names.
fn named(text: &str) -> impl Iterator<Item = &str> {
    let is_path = |quoted: &&str| {
        let plain = quoted.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
        plain && !quoted.starts_with(['/', '.']) && quoted.contains('/') && ENDINGS.iter().any(|ending| quoted.ends_with(ending))
    };
    text.split('`').skip(1).step_by(2).filter(is_path)
}

#[test]
fn every_path_that_is_named_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let (mut pages, mut sources, mut missing, mut seen) = (Vec::new(), Vec::new(), Vec::new(), 0);
    files(root, ".md", &mut pages);
    files(root, ".rs", &mut sources);
    let mut look = |file: &Path, text: &str, from: &[PathBuf]| {
        for path in named(text) {
            seen += 1;
            if !from.iter().any(|folder| folder.join(path).exists()) {
                missing.push(format!("{}: {path}", file.strip_prefix(root).unwrap().display()));
            }
        }
    };
    for page in &pages {
        look(page, &fs::read_to_string(page).unwrap(), &[root.to_owned(), page.parent().unwrap().to_owned()]);
    }
    for source in &sources {
        let text = fs::read_to_string(source).unwrap();
        let header: String = text.lines().take_while(|line| line.starts_with("//!")).flat_map(|line| [line, "\n"]).collect();
        let package = root.join(source.strip_prefix(root).unwrap().components().next().unwrap());
        look(source, &header, &[root.to_owned(), package.join("src"), package, source.parent().unwrap().to_owned()]);
    }
    assert!(missing.is_empty(), "{} paths that do not exist:\n{}", missing.len(), missing.join("\n"));
    assert!(seen > 100, "only {seen} paths were found: are they written otherwise now?");
}
