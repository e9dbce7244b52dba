//! A text with all that its glyphs depend on.
//!
//! The arrangement makes it of a caption; layout, and `fonts` where an output is named, read it.

use std::borrow::Cow;

use caption_types::{Case, Lang};

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
    /// Which letters are written.
    pub case: Case,
}

impl<'a> Writing<'a> {
    /// A text in a font alone.
    #[must_use]
    pub fn new(text: &'a str, font: &'a Font) -> Self {
        Self { text, font, fallbacks: &[], lang: None, case: Case::default() }
    }

    /// The words as they are written.
    pub(crate) fn words(self) -> Cow<'a, str> {
        match self.case {
            Case::Same => self.text.into(),
            Case::Upper => self.text.to_uppercase().into(),
        }
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
