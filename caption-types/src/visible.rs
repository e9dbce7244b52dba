//! Which characters leave a mark, as Unicode says it (`Default_Ignorable_Code_Point`, Unicode Standard 5.21).
//!
//! The spec's reader asks, to refuse a text that nobody would see, and the shaper, which gives the others no glyph. There is no
//! list of ours.

use icu_properties::{CodePointSetData, props::DefaultIgnorableCodePoint};

/// Whether a character needs a glyph: spaces, control characters, joiners, fillers, variation selectors and marks of direction
/// do not.
#[must_use]
pub fn is_visible(character: char) -> bool {
    !character.is_whitespace() && !character.is_control() && !is_ignorable(character)
}

/// Whether a character leaves no mark even where a font has a glyph for it.
#[must_use]
pub fn is_ignorable(character: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_unicode_calls_ignorable_is_not_seen() {
        let ignorable =
            "\u{AD}\u{34F}\u{61C}\u{115F}\u{1160}\u{17B4}\u{17B5}\u{180B}\u{180E}\u{200B}\u{200D}\u{202E}\u{2060}\u{2069}";
        for character in ignorable.chars().chain("\u{3164}\u{FE0F}\u{FEFF}\u{FFA0}\u{1D173}\u{E0001}\u{E01EF}".chars()) {
            assert!(is_ignorable(character) && !is_visible(character), "U+{:04X}", u32::from(character));
        }
        for character in "a!\u{301}\u{2800}中🎉\u{FFFD}".chars() {
            assert!(is_visible(character), "U+{:04X}", u32::from(character));
        }
        assert!(!is_visible(' ') && !is_visible('\u{7}') && !is_ignorable(' '));
    }
}
