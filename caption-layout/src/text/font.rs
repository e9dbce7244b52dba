//! A font: a face of a TrueType or OpenType file, or of a collection.
//!
//! Made by worker and the command line, once a process; opened as a [`Face`] by layout for shapes and by a
//! renderer for outlines. Reading files and folders is the callers' business. No byte of a font is copied.

use std::sync::{Arc, OnceLock};

use harfrust::ShaperData;
use icu_properties::props::Script;
use skrifa::{
    FontRef, GlyphId, MetadataProvider as _,
    raw::{FileRef, TableProvider as _},
};

use super::{face::Face, script::Region};
use crate::error::Error;

/// More faces of a collection than this are not looked at: the largest there are have about forty.
const MOST_FACES: u32 = 64;

/// A face of a font file; a clone shares it, and so do the other faces of the file.
#[derive(Clone)]
pub struct Font(Arc<Loaded>);

/// For which characters a font is asked before others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// For none.
    Any,
    /// Those of a script.
    Of(Script),
    /// Han characters as a region writes them, and kana, hangul and bopomofo.
    EastAsian(Region),
    /// Emoji, which have colours of their own.
    Emoji,
}

/// A file's bytes.
#[derive(Clone)]
enum File {
    Shipped(&'static [u8]),
    Read(Arc<Vec<u8>>),
}

struct Loaded {
    file: File,
    /// Its place in a collection.
    face: u32,
    purpose: Purpose,
    /// What the shaper notes of its tables, made at first use.
    shaper_data: OnceLock<ShaperData>,
}

impl std::fmt::Debug for Font {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Font").field("bytes", &self.bytes().len()).field("face", &self.0.face).finish()
    }
}

impl Font {
    /// Takes a TTF or OTF file, or the first face of a collection. It costs microseconds whatever the file's size: only the
    /// directory of its tables is read, and glyphs up to the first with an outline.
    ///
    /// # Errors
    /// [`Error::BadFont`] when its tables can't be read, or none of its glyphs has an outline.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, Error> {
        Self::read(File::Read(Arc::new(bytes)), 0)
    }

    /// All faces of a collection (OpenType, "Font Collections"), each as [`Font::parse`] takes it; one of any other file. The faces
    /// share the file's bytes.
    #[must_use]
    pub fn faces(bytes: Vec<u8>) -> Vec<Result<Self, Error>> {
        let count = match FileRef::new(&bytes) {
            Ok(FileRef::Collection(collection)) => collection.len().clamp(1, MOST_FACES),
            _ => 1,
        };
        let file = File::Read(Arc::new(bytes));
        (0..count).map(|face| Self::read(file.clone(), face)).collect()
    }

    fn read(file: File, face: u32) -> Result<Self, Error> {
        let bad = |what: &str| Error::BadFont { what: what.to_owned() };
        let font = FontRef::from_index(file.bytes(), face).map_err(|_| bad("it is not a TrueType or OpenType file"))?;
        // What neither a shaper nor a layout can do without (OpenType, "Required tables").
        let (Ok(head), Ok(maxp), Ok(_)) = (font.head(), font.maxp(), font.hhea()) else {
            return Err(bad("it is not a TrueType or OpenType file"));
        };
        if maxp.num_glyphs() == 0 || head.units_per_em() < 16 {
            return Err(bad("it has no glyphs"));
        }
        // The first one that can be read ends the search: nearly always the very first.
        let outlines = font.outline_glyphs();
        let has_outline = |id: u16| outlines.get(GlyphId::from(id)).is_some();
        let has_ink = |id: u16| Face::ink_of(&font, GlyphId::from(id)).is_some();
        if !(0..maxp.num_glyphs()).any(|id| has_outline(id) && has_ink(id)) {
            return Err(bad("its outlines can't be read"));
        }
        Ok(Self(Arc::new(Loaded { file, face, purpose: Purpose::Any, shaper_data: OnceLock::new() })))
    }

    /// One that is known to be usable.
    pub(super) fn shipped(bytes: &'static [u8], purpose: Purpose) -> Self {
        Self(Arc::new(Loaded { file: File::Shipped(bytes), face: 0, purpose, shaper_data: OnceLock::new() }))
    }

    pub(super) fn purpose(&self) -> Purpose {
        self.0.purpose
    }

    /// Whether it is the font of emoji: its glyphs have colours of their own, and are no letters.
    #[must_use]
    pub fn is_emoji(&self) -> bool {
        self.purpose() == Purpose::Emoji
    }

    /// Opens it for shaping and drawing. Nothing is built but the shaper's notes, once a file.
    #[must_use]
    pub fn face(&self) -> Option<Face<'_>> {
        let tables = FontRef::from_index(self.bytes(), self.0.face).ok()?;
        let shaper_data = self.0.shaper_data.get_or_init(|| ShaperData::new(&tables));
        let face = Face::open(&tables, shaper_data);
        Some(if self.is_emoji() { face.in_colour(&tables) } else { face })
    }

    /// The whole file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.0.file.bytes()
    }

    /// Which face of the file it is: 0 of one that is no collection.
    #[must_use]
    pub fn face_index(&self) -> u32 {
        self.0.face
    }
}

impl File {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Shipped(bytes) => bytes,
            Self::Read(bytes) => bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_outlines_is_refused() {
        let code = |bytes: &[u8]| Font::parse(bytes.to_vec()).map(|_| ()).unwrap_err().code().as_str();
        assert_eq!(code(b"not a font"), "bad_font");
        let anton: &[u8] = include_bytes!("../../fonts/Anton-Regular.ttf");
        assert_eq!(code(&anton[..anton.len() / 50]), "bad_font", "cut off within its tables");
        let mut without = anton.to_vec();
        let tag = without.windows(4).position(|w| w == b"glyf").unwrap();
        without[tag..tag + 4].copy_from_slice(b"glyx");
        assert_eq!(code(&without), "bad_font");
        assert!(Font::parse(anton.to_vec()).is_ok());
    }

    /// A collection of fonts that share nothing.
    pub(crate) fn collection(fonts: &[&[u8]]) -> Vec<u8> {
        let count = u32::try_from(fonts.len()).unwrap();
        let mut out = [b"ttcf".as_slice(), &[0, 1, 0, 0], &count.to_be_bytes()].concat();
        let mut start = 12 + 4 * count;
        for font in fonts {
            out.extend(start.to_be_bytes());
            start += u32::try_from(font.len()).unwrap();
        }
        let mut start = 12 + 4 * count;
        for font in fonts {
            let mut moved = font.to_vec();
            for table in 0..usize::from(u16::from_be_bytes([font[4], font[5]])) {
                let at = 12 + 16 * table + 8;
                let offset = u32::from_be_bytes(font[at..at + 4].try_into().unwrap()) + start;
                moved[at..at + 4].copy_from_slice(&offset.to_be_bytes());
            }
            start += u32::try_from(font.len()).unwrap();
            out.extend(moved);
        }
        out
    }

    #[test]
    fn a_collection_gives_each_of_its_faces() {
        let [anton, sans] = ["anton", "sans"].map(|name| Font::builtin(name).unwrap());
        let mut broken = anton.bytes().to_vec();
        let tag = broken.windows(4).position(|w| w == b"maxp").unwrap();
        broken[tag..tag + 4].copy_from_slice(b"maxx");
        let faces = Font::faces(collection(&[anton.bytes(), &broken, sans.bytes()]));
        assert_eq!(faces.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
        let [first, last] = [0, 2].map(|i| faces[i].clone().unwrap());
        assert_eq!((first.face_index(), last.face_index()), (0, 2));
        assert!(!first.face().unwrap().has('Ж') && last.face().unwrap().has('Ж'));
        assert!(Font::parse(collection(&[anton.bytes()])).is_ok());
        // What is claimed and isn't there.
        let mut claimed = collection(&[anton.bytes()]);
        claimed[8..12].copy_from_slice(&u32::MAX.to_be_bytes());
        assert!(Font::faces(claimed).len() <= 64);
        assert!(matches!(Font::faces(b"ttcf".to_vec()).as_slice(), [Err(_)]));
    }
}
