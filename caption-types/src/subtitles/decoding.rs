//! The text of a file: UTF-8, or UTF-16 that says so.
//!
//! `subtitles` begins with it. An encoding is never guessed: words of a wrong one would be drawn as others without a word said.

use std::borrow::Cow;

use super::error::SubtitlesError;

/// The text without its byte order mark.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, SubtitlesError> {
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf_8(rest),
        [0xFF, 0xFE, rest @ ..] => utf_16(rest, 0xFF, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf_16(rest, 0xFE, u16::from_be_bytes),
        _ => utf_8(bytes),
    }
}

fn utf_8(bytes: &[u8]) -> Result<Cow<'_, str>, SubtitlesError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(error) => {
            let (before, rest) = bytes.split_at(error.valid_up_to());
            let line = before.split(|byte| *byte == b'\n').count();
            Err(SubtitlesError::Encoding { line, byte: rest.first().copied().unwrap_or_default() })
        }
    }
}

fn utf_16(bytes: &[u8], mark: u8, unit: fn([u8; 2]) -> u16) -> Result<Cow<'_, str>, SubtitlesError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let text = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect::<Result<String, _>>();
    match text {
        Ok(text) if rest.is_empty() => Ok(Cow::Owned(text)),
        _ => Err(SubtitlesError::Encoding { line: 1, byte: mark }),
    }
}
