//! Which graphemes are emoji, as Unicode says it (UTS 51, "Unicode Emoji", section 1.4; UAX 29 keeps each sequence in one grapheme).
//!
//! The stack asks, to choose the font of emoji. There is no list of characters here, and no font: what no glyph shows is written in
//! letters all the same.

use icu_properties::{
    CodePointSetData,
    props::{Emoji, EmojiModifier, EmojiPresentation, RegionalIndicator},
};

/// Asks for text (VS15).
const AS_TEXT: char = '\u{FE0E}';
/// Asks for an emoji (VS16).
const AS_EMOJI: char = '\u{FE0F}';
const JOINER: char = '\u{200D}';
const KEYCAP: char = '\u{20E3}';

/// Whether a grapheme is to be shown as an emoji. What may be either, such as ©, ♥ and digits, is text unless something in the
/// grapheme says otherwise: VS16, a skin tone, a keycap, or an emoji that is joined to it.
pub(super) fn is_emoji(grapheme: &str) -> bool {
    let mut rest = grapheme.chars();
    let Some(first) = rest.next() else { return false };
    // The sign of copyright is the first that may be one, but for digits, # and *, of which none stands alone.
    if first.is_ascii() && rest.as_str().is_empty() || !has::<Emoji>(first) {
        return false;
    }
    let second = rest.next();
    match second {
        Some(AS_TEXT) => false,
        Some(AS_EMOJI) => !first.is_ascii() || rest.next() == Some(KEYCAP),
        Some(KEYCAP) => first.is_ascii(),
        Some(second) if has::<RegionalIndicator>(first) => has::<RegionalIndicator>(second),
        Some(second) if has::<EmojiModifier>(second) => true,
        Some(JOINER) if rest.next().is_some_and(has::<Emoji>) => true,
        _ => has::<EmojiPresentation>(first),
    }
}

fn has<P: icu_properties::props::BinaryProperty>(c: char) -> bool {
    CodePointSetData::new::<P>().contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presentation_is_as_the_characters_say() {
        for emoji in [
            "😀",
            "👍🏽",
            "👨‍👩‍👧",
            "🇨🇭",
            "🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}",
            "1\u{FE0F}\u{20E3}",
            "#\u{20E3}",
            "©\u{FE0F}",
            "♥\u{FE0F}",
            "☝🏿",
            "❤\u{200D}🔥",
            "🏽",
            "⌚",
        ] {
            assert!(is_emoji(emoji), "{emoji}");
        }
        for text in [
            "a",
            "1",
            "#",
            "*",
            "©",
            "®",
            "™",
            "♥",
            "☺",
            "☺\u{FE0E}",
            "😀\u{FE0E}",
            "1\u{FE0F}",
            "a\u{FE0F}",
            "a\u{20E3}",
            "中",
            "",
            "→",
        ] {
            assert!(!is_emoji(text), "{text}");
        }
    }
}
