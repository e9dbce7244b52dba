//! What to write, with the fonts loaded that the spec names.
//!
//! worker and the command line make it of a [`caption_types::CaptionSpec`]; the engine only reads it.

use std::collections::BTreeSet;

use caption_types::{
    Caption, OutputFields, Position, Style,
    spec::images::{Piece, pieces},
};

use crate::{
    images::Images,
    text::{font::Font, writing::Writing},
};

/// Everything to be written on one picture.
#[derive(Clone, Debug)]
pub struct LoadedSpec {
    /// At least one. A later one lies above an earlier one.
    pub captions: Vec<LoadedCaption>,
    /// Fonts to ask, in order, for glyphs that a caption's own font lacks.
    pub fallbacks: Vec<Font>,
    /// Emoji of one's own: what `:name:` in a text shows.
    pub images: Images,
    /// Whether no pixel outside the captions may look different, whatever becomes of their colours.
    pub exact: bool,
    /// Whether a picture that differs from what was asked for is an error.
    pub strict: bool,
    /// What the file that comes out is to be.
    pub output: OutputFields,
}

impl LoadedSpec {
    /// The images that a text shows, by their places.
    #[must_use]
    pub fn shown_images(&self) -> BTreeSet<usize> {
        let names = self.images.names();
        let place = |name: &str| names.iter().position(|image| image.as_str() == name);
        let pieces = self.captions.iter().flat_map(|caption| pieces(&caption.spec.text, |name| place(name).is_some()));
        let shown = pieces.filter_map(|piece| match piece {
            Piece::Image(name) => place(name),
            Piece::Words(_) => None,
        });
        shown.collect()
    }

    /// Captions with the fallbacks that ship.
    #[must_use]
    pub fn new(captions: Vec<LoadedCaption>) -> Self {
        Self {
            captions,
            fallbacks: Font::fallbacks(),
            images: Images::default(),
            exact: false,
            strict: false,
            output: OutputFields::default(),
        }
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

    /// Its text, with the fallbacks and images of the spec that it is of.
    #[must_use]
    pub fn writing<'a>(&'a self, of: &'a LoadedSpec) -> Writing<'a> {
        Writing {
            fallbacks: &of.fallbacks,
            images: of.images.names(),
            lang: self.spec.lang.as_ref(),
            case: self.spec.case,
            ..Writing::new(&self.spec.text, &self.font)
        }
    }
}
