//! Where the segments of a stream are: code lengths alone tell, no index is decoded.
//!
//! Called by `frame` before anything else is done with a frame, and by `tables` to learn which entries of
//! a palette are in use. After a Clear the width of every code is known without reading it, so a scan is
//! a walk over codes that adds up the lengths of the strings they stand for.

use super::{MAX_CODE_BITS, TABLE_LEN, bits::Stream};
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
    /// By code: how long its string is.
    lengths: Box<[u16; TABLE_LEN]>,
}

impl Default for Scan {
    fn default() -> Self {
        Self { segments: Vec::new(), pixels: 0, seen: Box::new([false; TABLE_LEN]), clear: 0, lengths: Box::new([1; TABLE_LEN]) }
    }
}

/// Why the walk through one segment's codes ended.
enum Stop {
    Clear,
    End,
}

impl Scan {
    /// Scans the stream of a frame that holds `area` indices. `code_size` must be one of
    /// [`super::CODE_SIZES`].
    pub(in crate::gif) fn scan(&mut self, stream: &Stream, code_size: u8, area: usize) {
        self.segments.clear();
        self.pixels = 0;
        let clear = 1 << code_size;
        self.clear = clear;
        self.seen.fill(false);
        self.lengths[..clear].fill(1);
        let mut bit = 0;
        while self.pixels < area {
            let first_pixel = self.pixels;
            let start_bit = bit;
            let (stop, width) = self.segment(stream, code_size, area, &mut bit);
            if self.pixels > first_pixel {
                // The last string may reach beyond the frame.
                self.pixels = self.pixels.min(area);
                self.segments.push(Segment { start_bit, end_bit: bit, end_width: width, first_pixel, end_pixel: self.pixels });
            }
            match stop {
                Stop::Clear => bit += width as usize,
                Stop::End => break,
            }
        }
    }

    /// The indices that occur, of a frame that holds `area`. What a stream is short of, some decoders show
    /// as index 0.
    pub(in crate::gif) fn used(&self, area: usize) -> Indices {
        let met = (0..=u8::MAX).zip(&self.seen[..self.clear]).filter(|&(_, &seen)| seen).map(|(index, _)| index);
        met.chain((self.pixels < area).then_some(0)).collect()
    }

    /// Walks from `bit` to the next code that is no string, and answers what it is and its width.
    fn segment(&mut self, stream: &Stream, code_size: u8, area: usize, bit: &mut usize) -> (Stop, u32) {
        let code_size = u32::from(code_size);
        let clear = 1usize << code_size;
        let mut width = code_size + 1;
        let mut next = clear + 2;
        let mut pixels = self.pixels;
        let mut at = *bit;
        let len_bits = stream.len_bits();
        let (seen, lengths) = (&mut *self.seen, &mut *self.lengths);

        // The first code defines nothing.
        let mut length = 1;
        let first = code_at(stream, at, width);
        let stop = 'codes: {
            if at + width as usize > len_bits || first > clear {
                break 'codes Stop::End;
            }
            if first == clear {
                break 'codes Stop::Clear;
            }
            seen[first] = true;
            pixels += 1;
            at += width as usize;
            loop {
                // Codes of one width: until the table needs another bit, or for ever once it is full.
                let widens_at = (1usize << width).max(next);
                let is_full = next >= TABLE_LEN;
                let bits = if is_full || widens_at == next { len_bits } else { at + (widens_at - next) * width as usize };
                let last = bits.min(len_bits);
                while at + width as usize <= last {
                    if pixels >= area {
                        break 'codes Stop::End;
                    }
                    let code = code_at(stream, at, width);
                    if code == clear {
                        break 'codes Stop::Clear;
                    }
                    if next < TABLE_LEN {
                        lengths[next] = length + 1;
                    }
                    if code == clear + 1 || code > next.min(TABLE_LEN - 1) {
                        break 'codes Stop::End;
                    }
                    seen[code] = true;
                    length = lengths[code];
                    pixels += usize::from(length);
                    next += usize::from(next < TABLE_LEN);
                    at += width as usize;
                }
                if last == len_bits {
                    break 'codes Stop::End;
                }
                if width < MAX_CODE_BITS {
                    width += 1;
                }
            }
        };
        self.pixels = pixels;
        *bit = at;
        // The data ended, or the frame was full, where the table had come to need another bit.
        if next > clear + 2 && next == 1 << width && width < MAX_CODE_BITS {
            width += 1;
        }
        (stop, width)
    }
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "masked to at most 12 bits")]
pub(super) fn code_at(stream: &Stream, bit: usize, width: u32) -> usize {
    (stream.peek(bit) & ((1 << width) - 1)) as usize
}
