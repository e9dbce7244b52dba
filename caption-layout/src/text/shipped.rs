//! The fonts that ship: two that a spec may name, those that are asked for what the named one lacks, and that of emoji.
//!
//! They are part of the program's file: one that no character asks for is never read from the disk. The Noto ones are made by
//! `caption-layout/fonts/tools/subset.py`, bold where there is a bold cut. It must never hold a font that someone else chose.

use std::sync::LazyLock;

use icu_properties::props::Script;

use super::{
    font::{Font, Purpose},
    script::Region,
};

/// The names that [`Font::builtin`] knows, the default first.
pub const BUILTIN_FONT_NAMES: &[&str] = &["anton", "sans"];

static ANTON: LazyLock<Font> = LazyLock::new(|| Font::shipped(include_bytes!("../../fonts/Anton-Regular.ttf"), Purpose::Any));

macro_rules! noto {
    ($name:literal for $purpose:expr) => {
        Font::shipped(include_bytes!(concat!("../../fonts/noto/NotoSans", $name)), $purpose)
    };
}

/// In the order in which they are asked for a character of no script; one of a script asks the font of that script first.
static FALLBACKS: LazyLock<Vec<Font>> = LazyLock::new(|| {
    use Purpose::{Any, EastAsian, Of};
    vec![
        // Latin, Greek, Cyrillic and more, and most signs.
        Font::shipped(include_bytes!("../../fonts/DejaVuSans-Bold.ttf"), Any),
        noto!("Arabic-Bold.ttf" for Of(Script::Arabic)),
        noto!("Armenian-Bold.ttf" for Of(Script::Armenian)),
        noto!("Bengali-Bold.ttf" for Of(Script::Bengali)),
        noto!("Devanagari-Bold.ttf" for Of(Script::Devanagari)),
        noto!("Georgian-Bold.ttf" for Of(Script::Georgian)),
        noto!("Hebrew-Bold.ttf" for Of(Script::Hebrew)),
        noto!("Khmer-Bold.ttf" for Of(Script::Khmer)),
        noto!("Lao-Bold.ttf" for Of(Script::Lao)),
        noto!("Myanmar-Bold.ttf" for Of(Script::Myanmar)),
        noto!("Tamil-Bold.ttf" for Of(Script::Tamil)),
        noto!("Thai-Bold.ttf" for Of(Script::Thai)),
        noto!("Symbols-Bold.ttf" for Any),
        noto!("Symbols2-Regular.ttf" for Any),
        noto!("Math-Regular.ttf" for Any),
        noto!("SC-Bold.otf" for EastAsian(Region::Simplified)),
        noto!("TC-Bold.otf" for EastAsian(Region::Traditional)),
        noto!("JP-Bold.otf" for EastAsian(Region::Japanese)),
        noto!("KR-Bold.otf" for EastAsian(Region::Korean)),
    ]
});

static EMOJI: LazyLock<Font> =
    LazyLock::new(|| Font::shipped(include_bytes!("../../fonts/noto/NotoColorEmoji.ttf"), Purpose::Emoji));

impl Font {
    /// A font that ships under a name: `anton`, or `sans` (`DejaVu` Sans Bold), which has far more scripts.
    #[must_use]
    pub fn builtin(name: &str) -> Option<Self> {
        match name {
            "anton" => Some(ANTON.clone()),
            "sans" => FALLBACKS.first().cloned(),
            _ => None,
        }
    }

    /// The fonts that ship for characters that a caption's own lacks, and that of emoji.
    #[must_use]
    pub fn fallbacks() -> Vec<Self> {
        FALLBACKS.iter().chain([&*EMOJI]).cloned().collect()
    }

    /// The font of emoji (OpenType `COLR`, version 1).
    #[must_use]
    pub fn emoji() -> Self {
        EMOJI.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each national set must have: its first and last characters, and some of daily use.
    const SETS: [(Region, &str); 4] = [
        (Region::Simplified, "啊座亍齄的，。《》「」！？％￥"),
        (Region::Traditional, "一龘乂籲的，。《》「」！？％￥"),
        (Region::Japanese, "亜腕弌熙髙﨑剝𠮟塡頰のカー々〆、。「」！？％￥〜"),
        (Region::Korean, "가힝伽詰똠햏뷁ㅋㅎ、。「」！？％￦"),
    ];

    #[test]
    fn every_font_can_be_used_and_has_what_it_is_for() {
        for font in FALLBACKS.iter().chain([&*ANTON, &*EMOJI]) {
            assert!(Font::parse(font.bytes().to_vec()).is_ok());
        }
        for (region, characters) in SETS {
            let font = FALLBACKS.iter().find(|font| font.purpose() == Purpose::EastAsian(region)).unwrap();
            let face = font.face().unwrap();
            assert_eq!(characters.chars().filter(|&c| !face.has(c)).collect::<String>(), "", "{region:?}");
        }
    }

    #[test]
    fn all_together_have_at_most_18_megabytes() {
        let bytes: usize = FALLBACKS.iter().chain([&*ANTON, &*EMOJI]).map(|font| font.bytes().len()).sum();
        assert!(bytes < 18_000_000, "{bytes}");
    }
}
