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
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
};

use caption_layout::Font;

use crate::{
    digest::Digest,
    folder::{FontFile, in_folder},
};
pub use output::output_id;
pub use spec::{UnknownFont, check_fonts, engine_spec};

/// Larger files are no fonts: all of Noto's Chinese, Japanese and Korean in one collection has half of it.
const MAX_FILE_BYTES: u64 = 256_000_000;

/// Why a folder, or a font in it, can't be used.
#[derive(Debug, thiserror::Error)]
pub enum FontsError {
    /// The folder can't be read.
    #[error("failed to read the folder {path}: {source}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file in it can't be read.
    #[error("failed to read {path}: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is larger than any font.
    #[error("the font {path} has {got_bytes} bytes, the limit is {MAX_FILE_BYTES}")]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// Its length.
        got_bytes: u64,
    },
    /// A file, or a face of it, is no usable font.
    #[error("failed to use face {face} of the font {path}: {source}")]
    Bad {
        /// Which.
        path: PathBuf,
        /// Its place in a collection, from 1; 1 of a file with one face.
        face: usize,
        /// Why.
        source: caption_layout::Error,
    },
}

/// A font that has a name.
#[derive(Clone, Debug)]
struct Named {
    font: Font,
    digest: Digest,
    /// None of one that ships.
    file: Option<PathBuf>,
}

/// A font as it is listed.
#[derive(Clone, Copy, Debug)]
pub struct FontEntry<'a> {
    /// What a spec calls it.
    pub name: &'a str,
    /// What draws.
    pub font: &'a Font,
    /// Where it was read; none of one that ships.
    pub file: Option<&'a Path>,
}

/// Fonts by name.
#[derive(Clone, Debug)]
pub struct Fonts {
    by_name: BTreeMap<String, Named>,
    fallbacks: Vec<Font>,
    /// Of the fallbacks, in their order.
    fallback_digests: Vec<Digest>,
}

impl Fonts {
    /// The fonts that are always there.
    #[must_use]
    pub fn built_in() -> Self {
        let named = |name: &&str| {
            let font = Font::builtin(name)?;
            Some(((*name).to_owned(), Named { font, digest: Digest::default(), file: None }))
        };
        Self {
            by_name: caption_layout::BUILTIN_FONT_NAMES.iter().filter_map(named).collect(),
            fallback_digests: Font::fallbacks().iter().map(|_| Digest::default()).collect(),
            fallbacks: Font::fallbacks(),
        }
    }

    /// These and the fonts of `folder`, which also stand in for characters that the others lack: a text that those have all
    /// characters of looks the same with any folder. A folder's font takes the place of a built-in one of its name. The faces
    /// of a collection have the file's name, and behind the first a number: `noto`, `noto-2`.
    ///
    /// A font that can't be used is left out, and told beside the others.
    ///
    /// # Errors
    /// The folder can't be read: a process that starts without any of its fonts would fail jobs later.
    pub fn with_folder(mut self, folder: &Path) -> Result<(Self, Vec<FontsError>), FontsError> {
        let files = in_folder(folder).map_err(|source| FontsError::Folder { path: folder.to_owned(), source })?;
        let of_files: BTreeSet<String> = files.iter().map(|file| file.name.clone()).collect();
        let mut left_out = Vec::new();
        for FontFile { name, path } in files {
            let faces = match read(&path) {
                Ok(bytes) => Font::faces(bytes),
                Err(error) => {
                    left_out.push(error);
                    continue;
                }
            };
            for (face, font) in (1..).zip(faces) {
                match font {
                    Ok(font) => {
                        let name = if face == 1 { name.clone() } else { format!("{name}-{face}") };
                        self.add(&name, font, &path, face == 1 || !of_files.contains(&name));
                    }
                    Err(source) => left_out.push(FontsError::Bad { path: path.clone(), face, source }),
                }
            }
        }
        Ok((self, left_out))
    }

    /// Adds a face of a folder's font, with or without its name: where a file has the name of another's face, the file counts.
    fn add(&mut self, name: &str, font: Font, path: &Path, is_named: bool) {
        let digest = Digest::default();
        self.fallbacks.push(font.clone());
        self.fallback_digests.push(digest.clone());
        if is_named {
            self.by_name.insert(name.to_owned(), Named { font, digest, file: Some(path.to_owned()) });
        }
    }

    /// The font of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Font> {
        self.by_name.get(name).map(|named| &named.font)
    }

    /// All that have a name, sorted by it.
    pub fn all(&self) -> impl Iterator<Item = FontEntry<'_>> {
        self.by_name.iter().map(|(name, Named { font, file, .. })| FontEntry { name, font, file: file.as_deref() })
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

fn read(path: &Path) -> Result<Vec<u8>, FontsError> {
    let of = |source| FontsError::Read { path: path.to_owned(), source };
    let got_bytes = std::fs::metadata(path).map_err(of)?.len();
    if got_bytes > MAX_FILE_BYTES {
        return Err(FontsError::TooLarge { path: path.to_owned(), got_bytes });
    }
    std::fs::read(path).map_err(of)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// The names of those that were read.
    fn of_folder(fonts: &Fonts) -> Vec<&str> {
        fonts.all().filter(|font| font.file.is_some()).map(|font| font.name).collect()
    }

    #[test]
    fn a_folders_font_takes_the_place_of_one_that_ships_under_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Bangers.ttf");
        fs::write(&path, Font::builtin("oswald").unwrap().bytes()).unwrap();
        let (fonts, _) = Fonts::built_in().with_folder(folder.path()).unwrap();
        assert_eq!(fonts.names().count(), caption_layout::BUILTIN_FONT_NAMES.len());
        let bangers = fonts.all().find(|font| font.name == "bangers").unwrap();
        assert_eq!((bangers.file, bangers.font.bytes()), (Some(path.as_path()), Font::builtin("oswald").unwrap().bytes()));
    }

    #[test]
    fn a_font_that_cannot_be_used_is_left_out_and_named_with_its_reason() {
        let mut shipped = caption_layout::BUILTIN_FONT_NAMES.to_vec();
        shipped.sort_unstable();
        assert_eq!(Fonts::built_in().names().collect::<Vec<_>>(), shipped);
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("Broken.ttf"), b"no font").unwrap();
        fs::write(path("empty.ttc"), b"").unwrap();
        fs::write(path("good.otf"), Font::builtin("anton").unwrap().bytes()).unwrap();
        fs::File::create(path("huge.otf")).unwrap().set_len(MAX_FILE_BYTES + 1).unwrap();
        let (fonts, left_out) = Fonts::built_in().with_folder(folder.path()).unwrap();
        assert_eq!(of_folder(&fonts), ["good"]);
        assert_eq!(fonts.names().count(), shipped.len() + 1);
        let told: Vec<String> = left_out.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 3);
        for (told, expected) in told.iter().zip(["Broken.ttf: ", "empty.ttc: ", "huge.otf has 256000001 bytes"]) {
            assert!(told.contains(expected), "{told}");
        }
        let error = Fonts::built_in().with_folder(&path("none")).unwrap_err();
        assert!(matches!(error, FontsError::Folder { .. }) && error.to_string().contains("none"), "{error}");
    }

    #[test]
    fn what_ships_is_asked_before_a_folder_and_a_named_font_before_both() {
        let folder = tempfile::tempdir().unwrap();
        // It has Cyrillic, as the first of the fallbacks has.
        fs::write(folder.path().join("mine.ttf"), Font::builtin("sans").unwrap().bytes()).unwrap();
        let (fonts, _) = Fonts::built_in().with_folder(folder.path()).unwrap();
        let of_folder = fonts.fallbacks().len();
        let places = |name: &str, text: &str| {
            let font = fonts.get(name).unwrap();
            caption_layout::chosen_fonts(caption_layout::Writing {
                fallbacks: fonts.fallbacks(),
                ..caption_layout::Writing::new(text, font)
            })
        };
        assert_eq!(places("anton", "при"), [0, 1].into(), "the first that ships has it");
        assert_eq!(places("mine", "при"), [0].into(), "the named one is asked first");
        assert!(!places("anton", "при ไทย 中 ♥").contains(&of_folder));
    }

    #[test]
    fn the_faces_of_a_collection_have_the_files_name_and_a_number() {
        let folder = tempfile::tempdir().unwrap();
        let anton = Font::builtin("anton").unwrap();
        // Two faces that are one: the tables of the font, named twice. Its offsets count from the file's beginning.
        let mut both = [b"ttcf".as_slice(), &[0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 20, 0, 0, 0, 20], anton.bytes()].concat();
        for table in 0..usize::from(u16::from_be_bytes([both[24], both[25]])) {
            let at = 20 + 12 + 16 * table + 8;
            let offset = u32::from_be_bytes(both[at..at + 4].try_into().unwrap()) + 20;
            both[at..at + 4].copy_from_slice(&offset.to_be_bytes());
        }
        fs::write(folder.path().join("Two.ttc"), &both).unwrap();
        let (fonts, left_out) = Fonts::built_in().with_folder(folder.path()).unwrap();
        assert!(left_out.is_empty(), "{left_out:?}");
        assert_eq!(of_folder(&fonts), ["two", "two-2"]);
        assert_eq!(fonts.get("two-2").unwrap().face_index(), 1);
        // A file of that name counts more, and each face is told from the other where an output is named.
        fs::write(folder.path().join("two-2.ttf"), anton.bytes()).unwrap();
        let (with_file, _) = Fonts::built_in().with_folder(folder.path()).unwrap();
        assert_eq!(with_file.get("two-2").unwrap().face_index(), 0);
        let digest = |name: &str| fonts.by_name.get(name).map(|named| named.digest.of(&named.font)).unwrap();
        assert_ne!(digest("two"), digest("two-2"));
    }
}
