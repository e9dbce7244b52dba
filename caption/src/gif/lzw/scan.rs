//! Where the segments of a stream are: code lengths alone tell, no index is decoded.
//!
//! Called by `frame` before anything else is done with a frame, and by `tables` to learn which entries of
//! a palette are in use. After a Clear the width of every code is known without reading it, so a scan is
//! a walk over codes that adds up the lengths of the strings they stand for.

use super::{
    TABLE_LEN,
    bits::Stream,
    walk::{PLACES, walk},
};
use crate::gif::indices::Indices;

/// Codes between two Clears (or the stream's start or end): they stand alone, whatever surrounds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::gif) struct Segment {
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

/// What a scan found; one serves any number of streams in turn.
pub(in crate::gif) struct Scan {
    /// Those that hold any index, in order, with no index left out between them.
    pub segments: Vec<Segment>,
    /// How many indices came. Fewer than the frame holds: the stream ended or went wrong there, what it
    /// has beyond is ignored.
    pub pixels: usize,
    /// By code: whether it was met. Every index of a segment is met as a code of its own before it is part
    /// of a longer string.
    seen: Box<[bool; TABLE_LEN]>,
    /// Indices are the codes below it.
    clear: usize,
    /// By code: how long its string is; 0 for Clear, for End, and for what isn't defined.
    lengths: Box<[u16; PLACES]>,
}

impl Default for Scan {
    fn default() -> Self {
        let (seen, lengths) = (Box::new([false; TABLE_LEN]), Box::new([0; PLACES]));
        Self { segments: Vec::new(), pixels: 0, seen, clear: 0, lengths }
    }
}

impl Scan {
    /// Scans the stream of a frame that holds `area` indices. `code_size` must be one of
    /// [`super::CODE_SIZES`].
    pub(in crate::gif) fn scan(&mut self, stream: &Stream, code_size: u8, area: usize) {
        self.clear = 1 << code_size;
        self.segments.clear();
        self.pixels = 0;
        self.seen.fill(false);
        self.lengths[..self.clear].fill(1);
        self.lengths[self.clear..].fill(0);
        let mut bit = 0;
        while self.pixels < area {
            let (first_pixel, start_bit) = (self.pixels, bit);
            let mut defined = self.clear;
            let mut length = 0;
            let mut pixels = first_pixel;
            let mut end_code = None;
            let (seen, lengths) = (&mut *self.seen, &mut *self.lengths);
            let (end_bit, end_width) = walk(stream, u32::from(code_size), bit, stream.len_bits(), |code, entry| {
                // The entry is this code's prefix with one index more; the code may be the entry itself.
                lengths[entry % PLACES] = length + 1;
                defined = entry;
                length = lengths[code % PLACES];
                if length == 0 || pixels >= area {
                    end_code = Some(code);
                    return false;
                }
                seen[code % TABLE_LEN] = true;
                pixels += usize::from(length);
                true
            });
            self.lengths[self.clear..=defined].fill(0);
            if pixels > first_pixel {
                // The last string may reach beyond the frame.
                self.pixels = pixels.min(area);
                self.segments.push(Segment { start_bit, end_bit, end_width, first_pixel, end_pixel: self.pixels });
            }
            if end_code != Some(self.clear) {
                break;
            }
            bit = end_bit + end_width as usize;
        }
    }

    /// The indices that occur, of a frame that holds `area`. What a stream is short of, some decoders show
    /// as index 0.
    pub(in crate::gif) fn used(&self, area: usize) -> Indices {
        let met = (0..=u8::MAX).zip(&self.seen[..self.clear]).filter(|&(_, &seen)| seen).map(|(index, _)| index);
        met.chain((self.pixels < area).then_some(0)).collect()
    }
}
