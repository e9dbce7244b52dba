//! A stretch of a stream that can be read without what comes before it.
//!
//! Found by `scan`; read, copied or coded again as one by everyone else.

/// Codes between two Clears (or the stream's start or end): they stand alone, whatever surrounds them. Or several
/// such stretches in a row, with the Clears between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Whether there are Clears in it.
    pub is_joined: bool,
    /// The bit of the first code after the Clear.
    pub start_bit: usize,
    /// The bit behind the last code.
    pub end_bit: usize,
    /// The width of whatever code comes next.
    pub end_width: u32,
    /// How many indices stand before its own.
    pub first_pixel: usize,
    /// One more than the place of its last index, at most what the frame holds.
    pub end_pixel: usize,
}
