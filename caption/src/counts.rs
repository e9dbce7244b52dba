//! How much of a picture was copied, and how much was coded again.
//!
//! Counted while a GIF is written, told with the result.

/// How frames, and the segments of their LZW streams, came through. A still is one frame, recoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Frames of the source.
    pub frames: u32,
    /// Copied byte for byte.
    pub frames_copied: u32,
    /// Of which only the touched segments were coded again.
    pub frames_spliced: u32,
    /// Coded again whole.
    pub frames_recoded: u32,
    /// Segments, from one Clear code to the next, of all frames.
    pub segments: u32,
    /// Copied bit for bit.
    pub segments_copied: u32,
    /// Of which the codes before the first touched pixel were copied and the rest coded again.
    pub segments_spliced: u32,
    /// Coded again whole.
    pub segments_recoded: u32,
}
