//! What to write, in the engine's own terms: fonts loaded, colours read.
//!
//! worker and the command line make it from the wire form; the engine only reads it.

use crate::text::font::Font;

/// Everything to be written on one picture.
#[derive(Clone, Debug)]
pub struct Spec {
    /// At least one; at most one for each place and style, or they would cover each other.
    pub captions: Vec<Caption>,
    /// Fonts to ask, in order, for glyphs that a caption's own font lacks.
    pub fallbacks: Vec<Font>,
}

impl Spec {
    /// Captions with the built-in fallback font.
    #[must_use]
    pub fn new(captions: Vec<Caption>) -> Self {
        Self { captions, fallbacks: vec![Font::fallback()] }
    }
}

/// One text at one place.
#[derive(Clone, Debug)]
pub struct Caption {
    /// The words; `\n` breaks a line.
    pub text: String,
    /// Which edge it stands at.
    pub at: At,
    /// How it meets the picture.
    pub style: Style,
    /// Its font.
    pub font: Font,
    /// Pixels per em to begin with, shrunk only if the text would not fit; chosen when absent.
    pub size_px: Option<u32>,
    /// The letters' colour, sRGB.
    pub fill: [u8; 3],
    /// The outline's colour, sRGB; a bar has no outline.
    pub stroke: [u8; 3],
}

/// An edge of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// The upper; for a bar, above the picture.
    Top,
    /// The lower; for a bar, below the picture.
    Bottom,
}

/// How a text meets the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Filled and outlined letters on the picture.
    Overlay,
    /// Letters on a white band outside it.
    Bar,
}
