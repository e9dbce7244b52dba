//! A stream put together from stretches of the source's and from indices coded anew.
//!
//! Called by `frame` for every frame that comes out different. New codes are greedy; a full table is kept
//! as long as it serves the indices that come as well as a new one would (a deferred Clear).

use super::{
    MAX_CODE_BITS, TABLE_LEN,
    bits::{BitWriter, Stream},
    decode::{Decoder, Kept},
    scan::Segment,
    strings::Strings,
};

/// A table is judged whenever so many codes were written.
const JUDGED_CODES: u32 = 256;
/// The codes of a young table, whose strings are still short.
const YOUNG_CODES: u32 = 512;

/// An encoder; one serves any number of streams in turn.
pub(in crate::gif) struct Encoder {
    strings: Strings,
    bits: BitWriter,
    code_size: u32,
    /// The table as a decoder has it after the last code: its next entry, and the width of the next code.
    next: u32,
    width: u32,
    /// Whether a code came since the last Clear: the one behind it defines an entry.
    has_previous: bool,
    /// Whether the last codes are the source's and `strings` doesn't know their table.
    is_foreign: bool,
    /// The code of the string that the next index may still prolong.
    prefix: Option<u32>,
    ledger: Ledger,
}

impl Default for Encoder {
    fn default() -> Self {
        Self {
            strings: Strings::default(),
            bits: BitWriter::default(),
            code_size: 8,
            next: 0,
            width: 0,
            has_previous: false,
            is_foreign: false,
            prefix: None,
            ledger: Ledger::default(),
        }
    }
}

impl Encoder {
    /// Begins a stream. `code_size` must be 2 to 8 (or 1, which few decoders read).
    pub(in crate::gif) fn begin(&mut self, code_size: u8) {
        self.bits.clear();
        self.code_size = u32::from(code_size);
        self.width = self.code_size + 1;
        self.prefix = None;
        self.put_clear();
    }

    /// Appends a segment of `stream`, which has the same code size, bit for bit.
    pub(in crate::gif) fn copy(&mut self, stream: &Stream, segment: &Segment) {
        self.part();
        self.bits.copy(stream, segment.start_bit, segment.end_bit);
        self.width = segment.end_width;
        self.has_previous = true;
        self.is_foreign = true;
    }

    /// Appends the first codes of a segment of `stream` bit for bit, to go on with the table that they
    /// leave. `decoder` must have decoded it last; `indices` are its own, where not kept perhaps new ones.
    pub(in crate::gif) fn keep(&mut self, stream: &Stream, segment: &Segment, decoder: &Decoder, kept: Kept, indices: &[u8]) {
        self.part();
        self.strings.clear();
        for (prefix, last) in decoder.entries(kept.codes) {
            self.strings.insert(prefix.into(), indices[last], self.next);
            self.next += 1;
        }
        let (bits, width) = super::length_bits(self.code_size, kept.codes);
        self.bits.copy(stream, segment.start_bit, segment.start_bit + bits);
        self.width = width;
        self.has_previous = true;
        self.ledger.pixels += kept.pixels;
        // The string that the last of them begins is prolonged by the index behind it.
        if let (Some(&index), true) = (indices.get(kept.pixels), (self.next as usize) < TABLE_LEN) {
            self.strings.insert(decoder.code(kept.codes).into(), index, self.next);
        }
    }

    /// Appends indices, each of them below `1 << code_size`.
    pub(in crate::gif) fn encode(&mut self, indices: &[u8]) {
        if indices.is_empty() {
            return;
        }
        if self.is_foreign {
            self.put_clear();
        }
        if !self.has_previous && self.prefix.is_none() {
            self.strings.clear();
        }
        let mut rest = indices.iter();
        let Some(mut prefix) = self.prefix.or_else(|| rest.next().map(|&first| u32::from(first))) else { return };
        // Indices since the last Clear and those that are left, together.
        let mut since_clear = self.ledger.pixels + indices.len();
        while let Some(&index) = rest.next() {
            let slot = match self.strings.find(prefix, index) {
                Ok(code) => {
                    prefix = code;
                    continue;
                }
                Err(slot) => slot,
            };
            self.put_code(prefix);
            if (self.next as usize) < TABLE_LEN {
                self.strings.put(slot, prefix, index, self.next);
            }
            prefix = u32::from(index);
            self.ledger.codes += 1;
            if self.ledger.codes.is_multiple_of(JUDGED_CODES) {
                self.ledger.pixels = since_clear - rest.len();
                let is_full = self.next as usize == TABLE_LEN;
                if self.ledger.judge(self.bits.len_bits(), is_full, rest.len()) {
                    self.put_clear();
                    self.strings.clear();
                    since_clear = rest.len();
                }
            }
        }
        self.ledger.pixels = since_clear;
        self.prefix = Some(prefix);
    }

    /// Ends the stream and appends it to `out` as sub-blocks with their terminator.
    pub(in crate::gif) fn finish(&mut self, out: &mut Vec<u8>) {
        self.put_prefix();
        self.bits.put((1 << self.code_size) + 1, self.width);
        self.bits.finish(out);
    }

    /// A Clear, unless nothing came since the last.
    fn part(&mut self) {
        self.put_prefix();
        if self.has_previous {
            self.put_clear();
        }
    }

    fn put_prefix(&mut self) {
        if let Some(prefix) = self.prefix.take() {
            self.put_code(prefix);
        }
    }

    /// Writes a code and keeps count of what a decoder makes of it.
    #[inline]
    fn put_code(&mut self, code: u32) {
        self.bits.put(code, self.width);
        if self.has_previous && (self.next as usize) < TABLE_LEN {
            self.next += 1;
            if self.next == 1 << self.width && self.width < MAX_CODE_BITS {
                self.width += 1;
            }
        }
        self.has_previous = true;
    }

    fn put_clear(&mut self) {
        self.bits.put(1 << self.code_size, self.width);
        self.width = self.code_size + 1;
        self.next = (1 << self.code_size) + 2;
        self.has_previous = false;
        self.is_foreign = false;
        self.ledger = Ledger { bits_at_clear: self.bits.len_bits(), ..Ledger::default() };
    }
}

/// What the table has been good for since the last Clear.
#[derive(Clone, Copy, Debug, Default)]
struct Ledger {
    bits_at_clear: usize,
    codes: u32,
    pixels: usize,
    /// While the table was young, while it grew, and up to when it was judged last.
    young: Rate,
    grown: Rate,
    judged: Rate,
}

/// So many bits for so many indices.
#[derive(Clone, Copy, Debug, Default)]
struct Rate {
    bits: usize,
    pixels: usize,
}

impl Ledger {
    /// Whether a new table would do better for the `rest` of the indices.
    fn judge(&mut self, bits: usize, is_full: bool, rest: usize) -> bool {
        let so_far = Rate { bits: bits - self.bits_at_clear, pixels: self.pixels };
        let lately = Rate { bits: so_far.bits - self.judged.bits, pixels: so_far.pixels - self.judged.pixels };
        self.judged = so_far;
        if self.codes <= YOUNG_CODES {
            self.young = so_far;
        }
        if !is_full {
            self.grown = so_far;
            return false;
        }
        let anew = if rest < self.young.pixels { self.young } else { self.grown };
        // lately.bits / lately.pixels > anew.bits / anew.pixels
        lately.bits as u64 * anew.pixels as u64 > anew.bits as u64 * lately.pixels as u64
    }
}
