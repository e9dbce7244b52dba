//! Which script a character is of, and whose forms the Han characters of a text have.
//!
//! The stack asks, to choose a font, and the shaper, to tell a font the language. The property is Unicode's (UAX 24); no list of
//! characters is kept here.

use caption_types::Lang;
use icu_properties::{CodePointMapData, props::Script};

/// The scripts that one font of a region draws together.
const EAST_ASIAN: [Script; 5] = [Script::Han, Script::Hiragana, Script::Katakana, Script::Hangul, Script::Bopomofo];

/// Whose forms Han characters have: one character is written in up to four ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Region {
    /// China, Singapore.
    Simplified,
    /// Taiwan, Hong Kong, Macau.
    Traditional,
    /// Japan.
    Japanese,
    /// Korea.
    Korean,
}

impl Region {
    /// What the language says, or else the text: kana are Japanese, hangul is Korean, and bopomofo stands beside traditional
    /// characters. A text of Han characters alone is taken for simplified Chinese.
    pub(super) fn of(lang: Option<&Lang>, text: &str) -> Self {
        lang.and_then(|lang| Self::of_lang(lang, text)).unwrap_or_else(|| Self::of_text(text))
    }

    fn of_lang(lang: &Lang, text: &str) -> Option<Self> {
        // Behind a single character stands what is of no concern here.
        let subtags: Vec<_> = lang.subtags().take_while(|tag| tag.len() > 1).collect();
        let has = |wanted: &[&str]| subtags.iter().any(|tag| wanted.contains(tag));
        Some(match *subtags.first()? {
            _ if has(&["Hant"]) => Self::Traditional,
            _ if has(&["Hans"]) => Self::Simplified,
            _ if has(&["Jpan", "Hira", "Kana", "Hrkt"]) => Self::Japanese,
            _ if has(&["Kore", "Hang"]) => Self::Korean,
            "ja" => Self::Japanese,
            "ko" => Self::Korean,
            // Cantonese is written in traditional characters unless something else is said.
            "yue" if !has(&["CN"]) => Self::Traditional,
            "zh" if has(&["TW", "HK", "MO", "yue"]) => Self::Traditional,
            "zh" if !has(&["CN", "SG", "MY"]) && Self::of_text(text) == Self::Traditional => Self::Traditional,
            "zh" | "yue" => Self::Simplified,
            _ => return None,
        })
    }

    fn of_text(text: &str) -> Self {
        let mut told = Self::Simplified;
        for script in text.chars().filter(|c| !c.is_ascii()).map(script_of) {
            match script {
                Script::Hiragana | Script::Katakana => return Self::Japanese,
                Script::Hangul => told = Self::Korean,
                Script::Bopomofo if told == Self::Simplified => told = Self::Traditional,
                _ => {}
            }
        }
        told
    }

    /// Whose font is asked when this one's lacks a character: those with the nearest forms first.
    pub(super) fn order(self) -> [Self; 4] {
        match self {
            Self::Simplified => [Self::Simplified, Self::Traditional, Self::Japanese, Self::Korean],
            Self::Traditional => [Self::Traditional, Self::Korean, Self::Japanese, Self::Simplified],
            Self::Japanese => [Self::Japanese, Self::Traditional, Self::Korean, Self::Simplified],
            Self::Korean => [Self::Korean, Self::Traditional, Self::Japanese, Self::Simplified],
        }
    }

    /// As a language tag, for fonts that have all forms.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::Simplified => "zh-Hans",
            Self::Traditional => "zh-Hant",
            Self::Japanese => "ja",
            Self::Korean => "ko",
        }
    }
}

/// The script of a grapheme's first character that has one; `None` of punctuation, digits, signs and lone marks, which are of the
/// script that they stand among.
pub(super) fn strong_script(grapheme: &str) -> Option<Script> {
    grapheme.chars().map(script_of).find(|script| !matches!(*script, Script::Common | Script::Inherited | Script::Unknown))
}

/// Whether a script is drawn by the font of a region.
pub(super) fn is_east_asian(script: Script) -> bool {
    EAST_ASIAN.contains(&script)
}

/// Whether marks and stacked letters of a script reach farther up or down than the lines of a Latin font allow for.
pub(super) fn is_tall(script: Script) -> bool {
    !is_east_asian(script)
        && !matches!(script, Script::Latin | Script::Greek | Script::Cyrillic | Script::Armenian | Script::Georgian)
}

fn script_of(character: char) -> Script {
    CodePointMapData::<Script>::new().get(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_comes_from_the_language_and_else_from_the_text() {
        let of = |lang: &str, text: &str| Region::of(Some(&lang.parse().unwrap()), text);
        for (text, region) in [
            ("骨", Region::Simplified),
            ("骨と", Region::Japanese),
            ("ホネ", Region::Japanese),
            ("骨 뼈", Region::Korean),
            ("骨 ㄍㄨˇ", Region::Traditional),
            ("plain", Region::Simplified),
        ] {
            assert_eq!(Region::of(None, text), region, "{text}");
            assert_eq!(of("en-GB", text), region, "a language without forms of its own: {text}");
        }
        for (lang, region) in [
            ("ja", Region::Japanese),
            ("ko-KR", Region::Korean),
            ("zh", Region::Simplified),
            ("zh-Hans-TW", Region::Simplified),
            ("zh-TW", Region::Traditional),
            ("zh-hk", Region::Traditional),
            ("zh-yue", Region::Traditional),
            ("yue", Region::Traditional),
            ("yue-Hans", Region::Simplified),
            ("en-Jpan", Region::Japanese),
            ("zh-x-hant", Region::Simplified),
        ] {
            assert_eq!(of(lang, "骨"), region, "{lang}");
        }
        assert_eq!((of("zh", "ㄍ"), of("zh-CN", "ㄍ")), (Region::Traditional, Region::Simplified));
        assert_eq!(of("zh-Hant", "骨と"), Region::Traditional, "what is said counts more than the text");
    }

    #[test]
    fn marks_and_signs_have_no_script_of_their_own() {
        use Script as S;

        for text in [" ", "1", "!", "،", "。", "「", "♥", "\u{301}", "ー", "।"] {
            assert_eq!(strong_script(text), None, "{text}");
        }
        let scripts = ["e\u{301}", "Ж", "เ", "नि", "字", "か", "한"].map(|text| strong_script(text).unwrap());
        assert_eq!(scripts, [S::Latin, S::Cyrillic, S::Thai, S::Devanagari, S::Han, S::Hiragana, S::Hangul]);
    }
}
