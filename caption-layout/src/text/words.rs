//! A text as it is shaped: in the letters that are asked for, without what can't be drawn, and with one character for each image.
//!
//! Layout begins with it, and `chosen`. What is an image is `caption_types`' to say. An image is U+FFFC: a line may break before and
//! behind it, and it goes where the words around it go (UAX 14, class CB; UAX 9, neutral).

use std::ops::Range;

use caption_types::{
    Case,
    spec::images::{Piece, pieces},
};

use super::writing::{ShownImage, Writing};

/// What stands for an image.
pub(super) const IMAGE: char = '\u{FFFC}';
/// What is drawn of that character in the words of someone who has images.
const REPLACEMENT: &str = "\u{FFFD}";

/// A text with its images found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Words {
    /// To be shaped.
    pub(crate) text: String,
    /// In the order of the text.
    pub(crate) shown: Vec<ShownImage>,
}

impl Words {
    /// The words of a text as they are written.
    pub(crate) fn of(writing: Writing<'_>) -> Self {
        let place = |name: &str| writing.images.iter().position(|image| image.as_str() == name);
        let mut words = Self::default();
        for piece in pieces(writing.text, |name| place(name).is_some()) {
            match piece {
                Piece::Image(name) => {
                    let image = place(name).and_then(|place| u16::try_from(place).ok()).unwrap_or(u16::MAX);
                    words.shown.push(ShownImage { at: words.text.len(), image });
                    words.text.push(IMAGE);
                }
                Piece::Words(part) => {
                    let part = match writing.case {
                        Case::Same => cleaned(part),
                        Case::Upper => cleaned(&part.to_uppercase()),
                    };
                    words.text.push_str(&if writing.images.is_empty() { part } else { part.replace(IMAGE, REPLACEMENT) });
                }
            }
        }
        words
    }

    /// The same writing of this text.
    pub(crate) fn written<'a>(&'a self, writing: Writing<'a>) -> Writing<'a> {
        Writing { text: &self.text, shown: &self.shown, ..writing }
    }
}

impl Writing<'_> {
    /// A part of the text as someone typed it: images by their names.
    pub(super) fn typed(self, range: Range<usize>) -> String {
        let mut typed = String::new();
        let mut from = range.start;
        let within = |shown: &&ShownImage| range.contains(&shown.at);
        for &ShownImage { at, image } in self.shown.iter().filter(within) {
            let name = self.images.get(usize::from(image)).map_or_else(String::new, |name| format!(":{name}:"));
            typed.extend([self.text.get(from..at).unwrap_or_default(), &name]);
            from = at + IMAGE.len_utf8();
        }
        typed + self.text.get(from..range.end).unwrap_or_default()
    }
}

/// The text without what can't be drawn: control characters other than line breaks.
fn cleaned(text: &str) -> String {
    let text =
        text.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}', '\u{0B}', '\u{0C}', '\u{85}'], "\n").replace('\t', " ");
    text.chars().filter(|&c| c == '\n' || !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use caption_types::ImageName;

    use super::*;
    use crate::text::font::Font;

    #[test]
    fn an_image_is_one_character_and_keeps_its_name_whatever_the_case() {
        let (font, images) = (Font::builtin("anton").unwrap(), ["a", "Party"].map(|name| ImageName::parse(name).unwrap()));
        let writing =
            Writing { images: &images, case: Case::Upper, ..Writing::new("ß\t\u{7}:Party:\r\n<:a:1>:b:\u{FFFC}", &font) };
        let words = Words::of(writing);
        assert_eq!(words.text, "SS \u{FFFC}\n\u{FFFC}:B:\u{FFFD}");
        assert_eq!(words.shown, [ShownImage { at: 3, image: 1 }, ShownImage { at: 7, image: 0 }]);
        assert_eq!(words.written(writing).typed(0..10), "SS :Party:\n:a:");
        assert_eq!(Words::of(Writing::new("<:a:1> \u{FFFC}", &font)).text, ":a: \u{FFFC}");
    }
}
