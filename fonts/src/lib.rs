//! The fonts that specs may name: the built-in ones and those of a folder, loaded once; what a spec means with them, and the
//! name of what is made of both.
//!
//! api, worker and the command line load them by this one rule, so that a name that one of them takes is a name that all
//! have, and a preview has the font of its result. It draws nothing.

mod digest;
mod folder;
mod output;
mod spec;

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use caption_layout::Font;

use crate::{digest::Digest, folder::in_folder};
pub use output::output_id;
pub use spec::{UnknownFont, engine_spec};

/// Why the fonts of a folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum FontsError {
    /// The folder or a file in it can't be read.
    #[error("failed to read {path}: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is no usable font.
    #[error("failed to use the font {path}: {source}")]
    Bad {
        /// Which.
        path: PathBuf,
        /// Why.
        source: caption_layout::Error,
    },
}

/// Fonts by name.
#[derive(Clone, Debug)]
pub struct Fonts {
    by_name: BTreeMap<String, (Font, Digest)>,
    fallbacks: Vec<Font>,
    /// Of the fallbacks, in their order.
    fallback_digests: Vec<Digest>,
}

impl Fonts {
    /// The fonts that are always there.
    #[must_use]
    pub fn built_in() -> Self {
        let named = |name: &&str| Font::builtin(name).map(|font| ((*name).to_owned(), (font, Digest::default())));
        Self {
            by_name: caption_layout::BUILTIN_FONT_NAMES.iter().filter_map(named).collect(),
            fallbacks: vec![Font::fallback()],
            fallback_digests: vec![Digest::default()],
        }
    }

    /// These and the fonts of `folder`, which also stand in for characters that others lack. A folder's
    /// font takes the place of a built-in one of its name.
    ///
    /// # Errors
    /// The folder or a font can't be read: a worker that starts without a font would fail jobs later.
    pub fn with_folder(mut self, folder: &Path) -> Result<Self, FontsError> {
        let files = in_folder(folder).map_err(|source| FontsError::Read { path: folder.to_owned(), source })?;
        for file in files {
            let bytes = std::fs::read(&file.path).map_err(|source| FontsError::Read { path: file.path.clone(), source })?;
            let font = Font::parse(bytes).map_err(|source| FontsError::Bad { path: file.path, source })?;
            let digest = Digest::default();
            self.fallbacks.push(font.clone());
            self.fallback_digests.push(digest.clone());
            self.by_name.insert(file.name, (font, digest));
        }
        Ok(self)
    }

    /// The font of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Font> {
        self.by_name.get(name).map(|(font, _)| font)
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// Fonts for characters that the named one lacks, in the order they are asked.
    #[must_use]
    pub fn fallbacks(&self) -> &[Font] {
        &self.fallbacks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_a_bad_font_is_refused_by_its_path() {
        assert_eq!(Fonts::built_in().names().collect::<Vec<_>>(), ["anton", "sans"]);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("Broken.ttf"), b"no font").unwrap();
        let error = Fonts::built_in().with_folder(folder.path()).unwrap_err().to_string();
        assert!(error.contains("Broken.ttf"), "{error}");
    }
}
