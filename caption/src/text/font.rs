//! Fonts: the two that are built in, and any TTF or OTF from bytes.
//!
//! Made by worker and the command line, once a process; used by layout for shapes and by the
//! rasteriser for outlines. Reading files and folders is the callers' business.

use std::sync::{Arc, LazyLock};

use crate::Error;

/// The names that [`Font::builtin`] knows, the default first.
pub const BUILTIN_FONT_NAMES: &[&str] = &["anton", "sans"];

static ANTON: LazyLock<Font> = LazyLock::new(|| Font::of_static(include_bytes!("../../fonts/Anton-Regular.ttf")));
static SANS: LazyLock<Font> = LazyLock::new(|| Font::of_static(include_bytes!("../../fonts/DejaVuSans-Bold.ttf")));

/// A font face; a clone shares it.
#[derive(Clone)]
pub struct Font(Arc<Face>);

struct Face {
    bytes: std::borrow::Cow<'static, [u8]>,
    #[cfg(feature = "render")]
    outlines: std::sync::OnceLock<Option<fontdue::Font>>,
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
    /// [`Error::BadFont`] when its tables can't be read.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, Error> {
        let bad = |what: &str| Error::BadFont { what: what.to_owned() };
        let face = rustybuzz::Face::from_slice(&bytes, 0).ok_or_else(|| bad("it is not a TrueType or OpenType file"))?;
        if face.number_of_glyphs() == 0 || face.units_per_em() < 16 {
            return Err(bad("it has no glyphs"));
        }
        let font = Self::of(bytes.into());
        #[cfg(feature = "render")]
        if font.outlines().is_none() {
            return Err(bad("its outlines can't be read"));
        }
        Ok(font)
    }

    fn of_static(bytes: &'static [u8]) -> Self {
        Self::of(bytes.into())
    }

    fn of(bytes: std::borrow::Cow<'static, [u8]>) -> Self {
        Self(Arc::new(Face {
            bytes,
            #[cfg(feature = "render")]
            outlines: std::sync::OnceLock::new(),
        }))
    }

    /// The tables that shaping reads; cheap, nothing is built.
    pub(crate) fn shaper(&self) -> Option<rustybuzz::Face<'_>> {
        rustybuzz::Face::from_slice(&self.0.bytes, 0)
    }

    /// The outlines, built at first use: fontdue reads every glyph when it loads a face.
    #[cfg(feature = "render")]
    pub(crate) fn outlines(&self) -> Option<&fontdue::Font> {
        self.0
            .outlines
            .get_or_init(|| {
                let settings = fontdue::FontSettings { scale: 64.0, ..fontdue::FontSettings::default() };
                fontdue::Font::from_bytes(&*self.0.bytes, settings).ok()
            })
            .as_ref()
    }
}
