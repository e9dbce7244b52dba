//! Codes to indices, a segment at a time. An entry of the table is a place in the output: every string
//! that a code stands for has been written there before, so no prefix chain is ever followed.
//!
//! Called for touched segments only. What was decoded last stays known, so that an encoder can go on from
//! any code of it.

use super::{
    bits::Stream,
    codes::{TABLE_LEN, zeroed},
    segment::Segment,
    walk::{PLACES, Visit, walk_segment},
};

/// Indices are copied in pieces of this many: what is written too much is written over by the next code.
pub const COPY_LEN: usize = 16;

/// A string of the table: where it stands, how long it is, and which code it prolongs by one index.
#[derive(Clone, Copy, Default)]
struct Entry {
    start: u32,
    len: u16,
    prefix: u16,
}

/// A decoder; one serves any number of segments in turn.
#[derive(Default)]
pub struct Decoder {
    /// None before the first segment: frames that are copied or grown alone need none.
    entries: Option<Box<[Entry; PLACES]>>,
    /// The first code that is defined by the segment decoded last, and one more than its last.
    first: usize,
    next: usize,
}

/// The codes of a segment before one of them: what may be copied when only later indices change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// How many.
    pub codes: usize,
    /// Indices of the segment that they stand for.
    pub pixels: usize,
}

impl Decoder {
    /// Decodes `segment` into the start of `out`, which must hold [`COPY_LEN`] indices more than the
    /// segment has.
    pub fn decode(&mut self, stream: &Stream, code_size: u8, segment: &Segment, out: &mut [u8]) {
        self.first = (1 << code_size) + 2;
        let mut writing = Writing {
            entries: self.entries.get_or_insert_with(zeroed),
            first: self.first,
            out,
            wanted: segment.end_pixel - segment.first_pixel,
            start: 0,
            written: 0,
            previous: 0,
            codes: 0,
        };
        walk_segment(stream, code_size, segment, &mut writing);
        // The first code defined none, and those for which the table had no room neither.
        let next = (self.first + writing.codes).saturating_sub(1).clamp(self.first, TABLE_LEN);
        // Of a joined segment the last table is left, which says nothing of its beginning.
        self.next = if segment.is_joined { self.first } else { next };
    }

    /// The codes that stand before the one which holds the segment's index number `pixel`. Codes that came
    /// when the table was full are not remembered, and count as behind.
    pub fn before(&self, pixel: usize) -> Kept {
        // Entry n was defined by the code behind code n - first, and starts where that one does.
        let starts = self.defined();
        let codes = starts.partition_point(|entry| entry.start as usize <= pixel).saturating_sub(1);
        Kept { codes, pixels: starts.get(codes).map_or(0, |entry| entry.start as usize) }
    }

    /// The strings that are known after the first `codes` codes, in the order of their definition: the code
    /// that each prolongs, and the place in the segment of the index by which it does.
    pub(super) fn entries(&self, codes: usize) -> impl Iterator<Item = (u16, usize)> {
        let entries = &self.defined()[..codes.saturating_sub(1)];
        entries.iter().map(|entry| (entry.prefix, entry.start as usize + usize::from(entry.len) - 1))
    }

    /// The last of the first `codes` codes; there must be one more.
    pub(super) fn code(&self, codes: usize) -> u16 {
        self.defined()[codes - 1].prefix
    }

    /// The entries that the segment defined.
    fn defined(&self) -> &[Entry] {
        self.entries.as_deref().map_or(&[], |entries| &entries[self.first..self.next])
    }
}

/// Writes the strings that codes stand for.
struct Writing<'a> {
    entries: &'a mut [Entry; PLACES],
    first: usize,
    out: &'a mut [u8],
    wanted: usize,
    /// Where the string before begins and ends.
    start: usize,
    written: usize,
    previous: u16,
    codes: usize,
}

impl Visit for Writing<'_> {
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a frame has fewer than 2^32 pixels, a table 2^12 codes; decoders show the low byte of an index"
    )]
    fn visit(&mut self, code: usize, entry: usize) -> bool {
        let Self { start, written, .. } = *self;
        if written >= self.wanted {
            return false;
        }
        // Its last index is the one written now.
        let len = (written - start) as u16 + 1;
        self.entries[entry % PLACES] = Entry { start: start as u32, len, prefix: self.previous };
        self.start = written;
        self.previous = code as u16;
        self.codes += 1;
        if code < self.first {
            self.out[written] = code as u8;
            self.written = written + 1;
            return true;
        }
        let string = self.entries[code % PLACES];
        let len = usize::from(string.len).min(self.wanted - written);
        copy(self.out, string.start as usize, written, len);
        if code == entry && len == usize::from(string.len) {
            // It is defined by itself: its last index, unless the frame ends before it, is its first.
            self.out[written + len - 1] = self.out[start];
        }
        self.written = written + len;
        true
    }
}

/// Copies `len` indices from `from` to `to`. Behind them up to [`COPY_LEN`] more may change; where both
/// overlap, by one, the last is wrong.
#[inline]
fn copy(out: &mut [u8], mut from: usize, mut to: usize, len: usize) {
    let end = to + len;
    while to < end {
        let Some(&piece) = out[from..].first_chunk::<COPY_LEN>() else { return };
        let Some(place) = out[to..].first_chunk_mut::<COPY_LEN>() else { return };
        *place = piece;
        from += COPY_LEN;
        to += COPY_LEN;
    }
}

#[cfg(test)]
mod tests;
