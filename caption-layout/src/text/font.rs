//! Fonts: the two that are built in, and any TTF or OTF from bytes.
//!
//! Made by worker and the command line, once a process; opened as a [`Face`] by layout for shapes and by a
//! renderer for outlines. Reading files and folders is the callers' business. No byte of a font is copied.

use std::{
    borrow::Cow,
    sync::{Arc, LazyLock, OnceLock},
};

use harfrust::ShaperData;
use skrifa::{FontRef, GlyphId, MetadataProvider as _, raw::TableProvider as _};

use super::face::Face;
use crate::error::Error;

/// The names that [`Font::builtin`] knows, the default first.
pub const BUILTIN_FONT_NAMES: &[&str] = &["anton", "sans"];

static ANTON: LazyLock<Font> = LazyLock::new(|| Font::of(include_bytes!("../../fonts/Anton-Regular.ttf").into()));
static SANS: LazyLock<Font> = LazyLock::new(|| Font::of(include_bytes!("../../fonts/DejaVuSans-Bold.ttf").into()));

/// A font file; a clone shares it.
#[derive(Clone)]
pub struct Font(Arc<File>);

struct File {
    bytes: Cow<'static, [u8]>,
    /// What the shaper notes of its tables, made at first use.
    shaper_data: OnceLock<ShaperData>,
}

impl std::fmt::Debug for Font {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Font").field("bytes", &self.0.bytes.len()).finish()
    }
}

impl Font {
    /// A built-in font: `anton`, or `sans` (`DejaVu` Sans Bold), which has far more scripts.
    #[must_use]
    pub fn builtin(name: &str) -> Option<Self> {
        match name {
            "anton" => Some(ANTON.clone()),
            "sans" => Some(SANS.clone()),
            _ => None,
        }
    }

    /// The font for glyphs that the chosen one lacks.
    #[must_use]
    pub fn fallback() -> Self {
        SANS.clone()
    }

    /// Takes a TTF or OTF file, or the first face of a collection. It costs microseconds whatever the file's size: only the
    /// directory of its tables is read, and glyphs up to the first with an outline.
    ///
    /// # Errors
    /// [`Error::BadFont`] when its tables can't be read, or none of its glyphs has an outline.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, Error> {
        let bad = |what: &str| Error::BadFont { what: what.to_owned() };
        let font = FontRef::from_index(&bytes, 0).map_err(|_| bad("it is not a TrueType or OpenType file"))?;
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
        Ok(Self::of(bytes.into()))
    }

    fn of(bytes: Cow<'static, [u8]>) -> Self {
        Self(Arc::new(File { bytes, shaper_data: OnceLock::new() }))
    }

    /// Opens it for shaping and drawing. Nothing is built but the shaper's notes, once a file.
    #[must_use]
    pub fn face(&self) -> Option<Face<'_>> {
        let tables = FontRef::from_index(&self.0.bytes, 0).ok()?;
        let shaper_data = self.0.shaper_data.get_or_init(|| ShaperData::new(&tables));
        Some(Face::open(&tables, shaper_data))
    }

    /// The file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0.bytes
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
}
