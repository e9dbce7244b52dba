//! The fonts that ship: those that a spec may name, those that are asked for what the named one lacks, and that of emoji.
//!
//! They are part of the program's file: one that no character asks for is never read from the disk. All but two are made by
//! `caption-layout/fonts/tools/subset.py`, bold where there is a bold cut. It must never hold a font that someone else chose.

use std::sync::LazyLock;

use caption_types::bounds::default_font;
use icu_properties::props::Script;

use super::{
    font::{Font, Purpose},
    script::Region,
};

/// Declares the fonts that a spec may name: each name with its file.
macro_rules! named {
    ($($name:literal: $file:literal,)+) => {
        /// The names that [`Font::builtin`] knows, the default first.
        pub const BUILTIN_FONT_NAMES: &[&str] = &[$($name),+];

        static NAMED: [(&str, LazyLock<Font>); BUILTIN_FONT_NAMES.len()] = [
            $(($name, LazyLock::new(|| Font::shipped(include_bytes!(concat!("../../fonts/", $file)), Purpose::Any)))),+
        ];
    };
}

named! {
    "anton": "Anton-Regular.ttf",
    // Latin, Greek, Cyrillic and more, and most signs.
    "sans": "DejaVuSans-Bold.ttf",
    "bangers": "chosen/Bangers-Regular.ttf",
    "bebas-neue": "chosen/BebasNeue-Regular.ttf",
    "comic-neue": "chosen/ComicNeue-Bold.ttf",
    "inter": "chosen/Inter-ExtraBold.ttf",
    "jetbrains-mono": "chosen/JetBrainsMono-ExtraBold.ttf",
    "league-gothic": "chosen/LeagueGothic-Regular.ttf",
    "oswald": "chosen/Oswald-Bold.ttf",
    "permanent-marker": "chosen/PermanentMarker-Regular.ttf",
    "roboto-slab": "chosen/RobotoSlab-ExtraBold.ttf",
}

macro_rules! noto {
    ($name:literal for $purpose:expr) => {
        Font::shipped(include_bytes!(concat!("../../fonts/noto/NotoSans", $name)), $purpose)
    };
}

/// In the order in which they are asked for a character of no script; one of a script asks the font of that script first.
static FALLBACKS: LazyLock<Vec<Font>> = LazyLock::new(|| {
    use Purpose::{Any, EastAsian, Of};
    let others = [
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
    ];
    Font::builtin("sans").into_iter().chain(others).collect()
});

static EMOJI: LazyLock<Font> =
    LazyLock::new(|| Font::shipped(include_bytes!("../../fonts/noto/NotoColorEmoji.ttf"), Purpose::Emoji));

impl Font {
    /// A font that ships under a name, one of [`BUILTIN_FONT_NAMES`].
    #[must_use]
    pub fn builtin(name: &str) -> Option<Self> {
        let (_, font) = NAMED.iter().find(|(known, _)| *known == name)?;
        Some(LazyLock::force(font).clone())
    }

    /// Whether it is the very font that is used when none is named.
    #[must_use]
    pub fn is_default(&self) -> bool {
        Self::builtin(&default_font()).is_some_and(|font| std::ptr::eq(font.bytes(), self.bytes()))
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
        for font in all() {
            assert!(Font::parse(font.bytes().to_vec()).is_ok());
        }
        for name in BUILTIN_FONT_NAMES {
            let font = Font::builtin(name).unwrap();
            let face = font.face().unwrap();
            assert_eq!((' '..='~').filter(|&c| !face.has(c)).collect::<String>(), "", "{name}");
        }
        assert!(Font::builtin("impact").is_none());
        for (region, characters) in SETS {
            let font = FALLBACKS.iter().find(|font| font.purpose() == Purpose::EastAsian(region)).unwrap();
            let face = font.face().unwrap();
            assert_eq!(characters.chars().filter(|&c| !face.has(c)).collect::<String>(), "", "{region:?}");
        }
    }

    #[test]
    fn all_together_have_at_most_18_megabytes() {
        let bytes: usize = all().map(|font| font.bytes().len()).sum();
        assert!(bytes < 18_000_000, "{bytes}");
    }

    #[test]
    fn a_font_that_draws_another_letter_leaves_that_one_to_the_others() {
        // Comic Neue's small t with cedilla is a capital one with a comma.
        let font = Font::builtin("comic-neue").unwrap();
        let face = font.face().unwrap();
        assert!(!face.has('ţ') && face.has('ț') && face.has('Ț'));
    }

    /// Each once: `sans` is a fallback too.
    fn all() -> impl Iterator<Item = Font> {
        let named = BUILTIN_FONT_NAMES.iter().filter(|name| **name != "sans").map(|name| Font::builtin(name).unwrap());
        named.chain(Font::fallbacks())
    }
}
