//! Which fonts a text is drawn with: its own, and of the fallbacks only those that its characters need.
//!
//! `fonts` asks, to name an output by what it is made of. The choice is the shaper's own, and no line is laid out for it. A font
//! that is not chosen for a text never had a part in it: without it, or with another in its place that has none of the
//! characters, the same fonts would be chosen.

use std::collections::BTreeSet;

use super::{stack::FontStack, words::Words, writing::Writing};

/// The places of the fonts that a text is drawn with: 0 is its own, which is always one as it sets the distance of lines, and 1 is
/// the first of the fallbacks.
#[must_use]
pub fn chosen_fonts(writing: Writing<'_>) -> BTreeSet<usize> {
    let words = Words::of(writing);
    let runs = FontStack::new(words.written(writing)).cut(&words.text);
    let of_letters = runs.all.iter().filter(|run| run.image.is_none());
    of_letters.map(|run| run.font).chain([0]).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::{
        font::Font,
        layout::{Room, layout},
    };

    /// The chosen font, then two that can stand in: one without most letters, and one with them.
    fn stack() -> (Font, [Font; 2]) {
        let [anton, sans] = ["anton", "sans"].map(|name| Font::builtin(name).unwrap());
        (anton.clone(), [anton, sans])
    }

    fn chosen(text: &str, font: &Font, fallbacks: &[Font]) -> BTreeSet<usize> {
        chosen_fonts(Writing { fallbacks, ..Writing::new(text, font) })
    }

    #[test]
    fn only_what_the_characters_need_is_chosen() {
        let (font, fallbacks) = stack();
        for (text, expected) in [("plain", [0].as_slice()), ("при", &[0, 2]), ("a\n\u{0}\tb", &[0]), ("", &[0])] {
            assert_eq!(chosen(text, &font, &fallbacks), expected.iter().copied().collect(), "{text:?}");
        }
        // No font has it: its replacement is drawn, which is a choice too.
        let replacement = chosen("\u{FFFD}", &font, &fallbacks);
        assert_eq!(chosen("中", &font, &fallbacks), replacement);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]
        #[test]
        fn every_glyph_of_a_layout_is_of_a_chosen_font(
            text in "[a-zа-яא-ב0-9 ()\u{300}\u{301}中のกक\u{93F},「」\n\u{FFFD}]{1,60}", width in 20f32..600.0, shipped: bool
        ) {
            let (font, few) = stack();
            let fallbacks = if shipped { Font::fallbacks() } else { few.to_vec() };
            let chosen = chosen(&text, &font, &fallbacks);
            let room = Room { width_px: width, heights_px: [400.0, 600.0], size_px: 40.0, stroke_em: 0.06, ..Room::default() };
            if let Ok(found) = layout(Writing { fallbacks: &fallbacks, ..Writing::new(&text, &font) }, room) {
                for glyph in found.lines.iter().flat_map(|line| &line.glyphs) {
                    prop_assert!(chosen.contains(&glyph.font), "{} is not in {chosen:?}", glyph.font);
                }
            }
        }
    }
}
