//! What is wrong with a still that was captioned all the same.
//!
//! Each reader names what it met; the result tells it. Nothing here decides whether a picture is shown.

/// A fault of a file of which something is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub(super) enum Damage {
    /// The picture's data end before its last pixel. What is missing is grey in a JPEG, and transparent or black in a PNG.
    #[error("the file is cut off behind {percent_shown} % of the picture's data")]
    CutOff {
        /// How much of the picture there is, rounded down.
        percent_shown: u8,
    },
    /// Some of the picture's data can't be what was written. What decodes is shown.
    #[error("the picture's data are damaged, and {percent_shown} % of them could be read")]
    Corrupt {
        /// How much of the picture could be read, rounded down.
        percent_shown: u8,
    },
    /// All pixels are there, and the mark that ends the file is missing.
    #[error("the file ends without its end mark")]
    NoEnd,
    /// All pixels are there, and a checksum over them is not theirs.
    #[error("a checksum in the file does not fit the picture's data")]
    Checksum,
}

/// How many hundredths `part` is of `whole`, at most 99: nothing that is damaged is whole.
pub(super) fn percent(part: usize, whole: usize) -> u8 {
    u8::try_from(part.saturating_mul(100) / whole.max(1)).unwrap_or(99).min(99)
}
