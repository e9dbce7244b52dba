//! Languages as a spec names them: a tag by RFC 5646 (BCP 47).
//!
//! Part of the caption spec. Whether a tag is well formed is decided here; what a language means for a text is for layout to say,
//! and no list of languages is known.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{ErrorCode, SpecError, bounds::MAX_LANG_CHARS, spec_error::shown};

/// A well-formed language tag, in the case that RFC 5646 recommends: `zh-Hant-HK`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Lang(String);

impl Lang {
    /// The tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its parts, the language first.
    pub fn subtags(&self) -> impl Iterator<Item = &str> {
        self.0.split('-')
    }
}

impl FromStr for Lang {
    type Err = SpecError;
    fn from_str(text: &str) -> Result<Self, SpecError> {
        if text.len() > MAX_LANG_CHARS || !is_well_formed(text) {
            let message = format!(
                "a language tag (BCP 47) of at most {MAX_LANG_CHARS} characters was expected, such as `ja`, got `{}`",
                shown(text)
            );
            let refused = SpecError::new(ErrorCode::BadSpec, "lang", message);
            return Err(if text.len() > MAX_LANG_CHARS { refused.limit(MAX_LANG_CHARS, text.len()) } else { refused });
        }
        Ok(Self(in_usual_case(text)))
    }
}

impl TryFrom<String> for Lang {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map_err(|e: SpecError| e.message)
    }
}

impl From<Lang> for String {
    fn from(lang: Lang) -> String {
        lang.0
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The grammar of RFC 5646, section 2.1, without its irregular tags (`i-klingon`): all of those have a regular form.
/// `openapi` has the same as a pattern.
fn is_well_formed(text: &str) -> bool {
    let mut left: &[&str] = &text.split('-').collect::<Vec<_>>();
    if let Some(language) = next_if(&mut left, |tag| alpha(tag, 2..=8)) {
        if language.len() < 4 {
            let mut extended = 0;
            while extended < 3 && next_if(&mut left, |tag| alpha(tag, 3..=3)).is_some() {
                extended += 1;
            }
        }
        next_if(&mut left, |tag| alpha(tag, 4..=4));
        next_if(&mut left, |tag| alpha(tag, 2..=2) || (tag.len() == 3 && tag.bytes().all(|b| b.is_ascii_digit())));
        while next_if(&mut left, is_variant).is_some() {}
        while next_if(&mut left, |tag| alphanumeric(tag, 1..=1) && !tag.eq_ignore_ascii_case("x")).is_some() {
            if next_if(&mut left, |tag| alphanumeric(tag, 2..=8)).is_none() {
                return false;
            }
            while next_if(&mut left, |tag| alphanumeric(tag, 2..=8)).is_some() {}
        }
        if left.is_empty() {
            return true;
        }
    }
    let is_private = next_if(&mut left, |tag| tag.eq_ignore_ascii_case("x")).is_some();
    is_private && !left.is_empty() && left.iter().all(|tag| alphanumeric(tag, 1..=8))
}

fn next_if<'t>(left: &mut &[&'t str], is_expected: impl Fn(&str) -> bool) -> Option<&'t str> {
    let (&first, rest) = left.split_first()?;
    is_expected(first).then(|| {
        *left = rest;
        first
    })
}

fn is_variant(tag: &str) -> bool {
    alphanumeric(tag, 5..=8) || (alphanumeric(tag, 4..=4) && tag.starts_with(|c: char| c.is_ascii_digit()))
}

fn alpha(tag: &str, lengths: std::ops::RangeInclusive<usize>) -> bool {
    lengths.contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphabetic())
}

fn alphanumeric(tag: &str, lengths: std::ops::RangeInclusive<usize>) -> bool {
    lengths.contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// RFC 5646, section 2.1.1: regions in capitals, scripts with one, all else small, and so is all that follows a single character.
fn in_usual_case(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut written = String::with_capacity(lower.len());
    let mut is_extension = false;
    for (i, tag) in lower.split('-').enumerate() {
        if i > 0 {
            written.push('-');
        }
        is_extension |= tag.len() == 1;
        let plain = i == 0 || is_extension;
        match tag.len() {
            2 if !plain => written.push_str(&tag.to_ascii_uppercase()),
            4 if !plain => {
                let (first, rest) = tag.split_at(1);
                written.push_str(&first.to_ascii_uppercase());
                written.push_str(rest);
            }
            _ => written.push_str(tag),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_tag_is_read_in_any_case_and_written_in_one() {
        for (text, written) in [
            ("JA", "ja"),
            ("zh-hant-hk", "zh-Hant-HK"),
            ("zh-cmn-HANS", "zh-cmn-Hans"),
            ("sr-latn-rs", "sr-Latn-RS"),
            ("de-CH-1996", "de-CH-1996"),
            ("es-419", "es-419"),
            ("sl-rozaj-BISKE", "sl-rozaj-biske"),
            ("en-u-CA-Gregory-x-AB", "en-u-ca-gregory-x-ab"),
            ("X-Ours", "x-ours"),
        ] {
            assert_eq!(text.parse::<Lang>().unwrap().as_str(), written);
        }
    }

    #[test]
    fn what_is_no_tag_is_refused_with_what_was_got() {
        for text in
            ["", "j", "-", "ja-", "japanese!", "日本", "zh_Hant", "ja--JP", "en-a", "x", "en-x", "toolongalanguage", "i-klingon"]
        {
            let refused = text.parse::<Lang>().unwrap_err();
            assert_eq!((refused.code, refused.field.as_str()), (ErrorCode::BadSpec, "lang"), "{text}");
            assert!(refused.message.ends_with(&format!("got `{text}`")), "{refused}");
        }
        assert!("en-x-abcdefgh-abcdefgh-abcdefgh-ab".parse::<Lang>().is_ok());
        assert!("en-x-abcdefgh-abcdefgh-abcdefgh-abc3".parse::<Lang>().is_err(), "too long");
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_reads_back(text in "[a-zA-Z0-9-]{0,12}|\\PC{0,12}") {
            if let Ok(lang) = text.parse::<Lang>() {
                prop_assert!(lang.as_str().eq_ignore_ascii_case(&text));
                prop_assert_eq!(&lang.as_str().parse::<Lang>().unwrap(), &lang);
            }
        }
    }
}
