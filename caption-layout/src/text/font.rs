//! Fonts: the two that are built in, and any TTF or OTF from bytes.
//!
//! Made by worker and the command line, once a process; used by layout for shapes and by a
//! renderer for outlines. Reading files and folders is the callers' business.

use std::{
    any::Any,
    borrow::Cow,
    sync::{Arc, LazyLock, OnceLock},
};

use crate::error::Error;

/// The names that [`Font::builtin`] knows, the default first.
pub const BUILTIN_FONT_NAMES: &[&str] = &["anton", "sans"];

static ANTON: LazyLock<Font> = LazyLock::new(|| Font::of(include_bytes!("../../fonts/Anton-Regular.ttf").into()));
static SANS: LazyLock<Font> = LazyLock::new(|| Font::of(include_bytes!("../../fonts/DejaVuSans-Bold.ttf").into()));

/// A font face; a clone shares it.
#[derive(Clone)]
pub struct Font(Arc<Face>);

struct Face {
    bytes: Cow<'static, [u8]>,
    derived: OnceLock<Box<dyn Any + Send + Sync>>,
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

    /// Takes a TTF or OTF file, or the first face of a collection.
    ///
    /// # Errors
    /// [`Error::BadFont`] when its tables can't be read, or none of its glyphs has an outline.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, Error> {
        let bad = |what: &str| Error::BadFont { what: what.to_owned() };
        let face = rustybuzz::Face::from_slice(&bytes, 0).ok_or_else(|| bad("it is not a TrueType or OpenType file"))?;
        if face.number_of_glyphs() == 0 || face.units_per_em() < 16 {
            return Err(bad("it has no glyphs"));
        }
        // The first one that can be read ends the search: nearly always the very first.
        let mut ids = (0..face.number_of_glyphs()).map(rustybuzz::ttf_parser::GlyphId);
        if !ids.any(|id| face.glyph_bounding_box(id).is_some()) {
            return Err(bad("its outlines can't be read"));
        }
        Ok(Self::of(bytes.into()))
    }

    fn of(bytes: Cow<'static, [u8]>) -> Self {
        Self(Arc::new(Face { bytes, derived: OnceLock::new() }))
    }

    /// The tables that shaping reads; nothing is built.
    #[must_use]
    pub fn shaper(&self) -> Option<rustybuzz::Face<'_>> {
        rustybuzz::Face::from_slice(&self.0.bytes, 0)
    }

    /// The file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    /// What a renderer makes of the file, kept as long as the face: `make` is called once, for the first that asks.
    /// `None` for a `T` other than the first one's: there is one renderer.
    pub fn derived<T: Send + Sync + 'static>(&self, make: impl FnOnce(&[u8]) -> T) -> Option<&T> {
        self.0.derived.get_or_init(|| Box::new(make(self.bytes()))).downcast_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_outlines_is_refused() {
        let code = |bytes: &[u8]| Font::parse(bytes.to_vec()).map(|_| ()).unwrap_err().code();
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
