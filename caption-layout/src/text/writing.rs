//! A text with all that its glyphs depend on.
//!
//! The arrangement makes it of a caption; layout, and `fonts` where an output is named, read it.

use caption_types::Lang;

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
    /// The language, if someone has said it.
    pub lang: Option<&'a Lang>,
}

impl<'a> Writing<'a> {
    /// The same of another text.
    #[must_use]
    pub fn of<'b>(self, text: &'b str) -> Writing<'b>
    where
        'a: 'b,
    {
        Writing { text, ..self }
    }
}
