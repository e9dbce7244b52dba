//! A text with all that its glyphs depend on.
//!
//! The arrangement makes it of a caption; layout, and `fonts` where an output is named, read it.

use caption_types::{Case, ImageName, Lang};

use super::font::Font;

/// A text, and what it is written in.
#[derive(Clone, Copy, Debug)]
pub struct Writing<'a> {
    /// The words.
    pub text: &'a str,
    /// The font that is asked first.
    pub font: &'a Font,
    /// Those that are asked for what it lacks.
    pub fallbacks: &'a [Font],
    /// The names of the images that the text may show.
    pub images: &'a [ImageName],
    /// Those that it shows, once they were found: until then none.
    pub shown: &'a [ShownImage],
    /// The language, if someone has said it.
    pub lang: Option<&'a Lang>,
    /// Which letters are written.
    pub case: Case,
}

/// An image that stands in a text as one character, U+FFFC (object replacement character).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShownImage {
    /// Where that character begins, in bytes.
    pub at: usize,
    /// The image's place among [`Writing::images`].
    pub image: u16,
}

impl<'a> Writing<'a> {
    /// A text in a font alone.
    #[must_use]
    pub fn new(text: &'a str, font: &'a Font) -> Self {
        Self { text, font, fallbacks: &[], images: &[], shown: &[], lang: None, case: Case::default() }
    }

    /// The same of another text.
    #[must_use]
    pub fn of<'b>(self, text: &'b str) -> Writing<'b>
    where
        'a: 'b,
    {
        Writing { text, ..self }
    }
}
