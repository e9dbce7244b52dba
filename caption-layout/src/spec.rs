//! What to write, with the fonts loaded that the spec names.
//!
//! worker and the command line make it of a [`caption_types::CaptionSpec`]; the engine only reads it.

use caption_types::{Caption, Position, Style};

use crate::text::{font::Font, writing::Writing};

/// Everything to be written on one picture.
#[derive(Clone, Debug)]
pub struct LoadedSpec {
    /// At least one. A later one lies above an earlier one.
    pub captions: Vec<LoadedCaption>,
    /// Fonts to ask, in order, for glyphs that a caption's own font lacks.
    pub fallbacks: Vec<Font>,
    /// Whether no pixel outside the captions may look different, whatever becomes of their colours.
    pub exact: bool,
    /// Whether a picture that differs from what was asked for is an error.
    pub strict: bool,
}

impl LoadedSpec {
    /// Captions with the fallbacks that ship.
    #[must_use]
    pub fn new(captions: Vec<LoadedCaption>) -> Self {
        Self { captions, fallbacks: Font::fallbacks(), exact: false, strict: false }
    }
}

/// A caption with its font.
#[derive(Clone, Debug)]
pub struct LoadedCaption {
    /// What was asked for.
    pub spec: Caption,
    /// The font that it names.
    pub font: Font,
}

impl LoadedCaption {
    /// A caption with the defaults of everything else.
    #[must_use]
    pub fn new(text: impl Into<String>, at: Position, style: Style, font: Font) -> Self {
        Self { spec: Caption::new(text, at, style), font }
    }

    /// Its text, with these fallbacks.
    #[must_use]
    pub fn writing<'a>(&'a self, fallbacks: &'a [Font]) -> Writing<'a> {
        Writing { text: &self.spec.text, font: &self.font, fallbacks, lang: self.spec.lang.as_ref(), case: self.spec.case }
    }
}
