//! Which fonts a folder offers: names and paths, never the bytes.

use std::{
    io,
    path::{Path, PathBuf},
};

/// A font file of a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FontFile {
    /// The lower-case stem of its file name: what a spec calls it.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) path: PathBuf,
}

/// The `.ttf`, `.otf` and `.ttc` files right in `folder`, by name. Of two files with one name the first by path counts.
pub(crate) fn in_folder(folder: &Path) -> io::Result<Vec<FontFile>> {
    let paths = std::fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<io::Result<Vec<_>>>()?;
    let mut files: Vec<_> = paths.into_iter().filter_map(font_file).collect();
    files.sort();
    files.dedup_by(|later, first| later.name == first.name);
    Ok(files)
}

fn font_file(path: PathBuf) -> Option<FontFile> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    let is_font = matches!(extension.as_str(), "ttf" | "otf" | "ttc") && path.is_file();
    let name = path.file_stem()?.to_str()?.to_lowercase();
    is_font.then_some(FontFile { name, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fonts_are_named_by_their_lower_case_stems() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["Comic Neue.TTF", "bangers.otf", "Bangers.ttf", "Noto.ttc", "README.md", "noto.woff2"] {
            std::fs::write(folder.path().join(name), b"").unwrap();
        }
        std::fs::create_dir(folder.path().join("folder.ttf")).unwrap();
        let names: Vec<_> = in_folder(folder.path()).unwrap().into_iter().map(|f| f.name).collect();
        assert_eq!(names, ["bangers", "comic neue", "noto"]);
        assert!(in_folder(Path::new("/no/such/folder")).is_err());
    }
}
