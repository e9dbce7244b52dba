//! Why a subtitle file can't be shown, with the line that is wrong.
//!
//! All of `subtitles` answers with it.

use crate::{ErrorCode, Seconds, SpecError, bounds::MAX_CAPTIONS};

/// Why a file's cues can't be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubtitlesError {
    /// It is in an encoding that can't be told from others.
    #[error(
        "line {line}: UTF-8, or UTF-16 with a byte order mark, was expected, got the byte {byte:#04X}; convert the file (of Latin-1: iconv -f latin1 -t utf-8)"
    )]
    Encoding {
        /// Where the first byte is that is not UTF-8; of UTF-16 it is 1.
        line: usize,
        /// It.
        byte: u8,
    },
    /// A line that is neither a cue's number nor its time.
    #[error("line {line}: a time such as `00:00:01,500 --> 00:00:03,000` was expected, got `{got}`")]
    NoTime {
        /// Which.
        line: usize,
        /// What it has.
        got: String,
    },
    /// A time that can't be read or is longer than a day.
    #[error("line {line}: a time such as `00:00:01,500`, of at most 24 hours, was expected, got `{got}`")]
    BadTime {
        /// Where.
        line: usize,
        /// What it has.
        got: String,
    },
    /// A cue that ends before it begins.
    #[error("line {line}: an end after the beginning at {from} s was expected, got {to} s")]
    Backwards {
        /// Where.
        line: usize,
        /// When it begins.
        from: Seconds,
        /// When it ends.
        to: Seconds,
    },
    /// Two cues that would be drawn above each other.
    #[error(
        "line {line}: a beginning when the cue of line {other}, at the same place, has ended was expected ({to} s), got {from} s"
    )]
    Overlap {
        /// Where the later one is.
        line: usize,
        /// Where the earlier one is.
        other: usize,
        /// When the later one begins.
        from: Seconds,
        /// When the earlier one ends.
        to: Seconds,
    },
    /// More cues than a spec has captions.
    #[error("at most {MAX_CAPTIONS} cues are allowed, got {got}")]
    TooMany {
        /// How many.
        got: usize,
    },
    /// Nothing is said.
    #[error("a cue with words was expected, got none")]
    Empty,
}

impl SubtitlesError {
    /// The code, which is one for all.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        ErrorCode::BadSubtitles
    }
}

impl From<SubtitlesError> for SpecError {
    fn from(error: SubtitlesError) -> Self {
        Self::new(error.code(), "subtitles", error.to_string())
    }
}
