//! A stream put together from stretches of the source's and from indices coded anew.
//!
//! Called by painting for every frame that comes out different. New codes are greedy; a full table is kept
//! as long as it serves the indices that come as well as a new one would (a deferred Clear).

use super::{
    bits::{BitWriter, Stream},
    codes::{MAX_CODE_BITS, TABLE_LEN, length_bits},
    decode::{Decoder, Kept},
    segment::Segment,
    strings::{Known, Strings},
};

/// A table is judged whenever so many codes were written.
const JUDGED_CODES: u32 = 256;
/// The codes of a young table, whose strings are still short.
const YOUNG_CODES: u32 = 512;

/// An encoder; one serves any number of streams in turn.
#[derive(Default)]
pub struct Encoder {
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
    /// The string that the next index may still prolong.
    prefix: Option<Known>,
    ledger: Ledger,
}

impl Encoder {
    /// Begins a stream. `code_size` must be 2 to 8.
    pub fn begin(&mut self, code_size: u8) {
        self.bits.clear();
        self.code_size = u32::from(code_size);
        self.width = self.code_size + 1;
        self.prefix = None;
        self.put_clear();
    }

    /// Appends a segment of `stream`, which has the same code size, bit for bit.
    pub fn copy(&mut self, stream: &Stream, segment: &Segment) {
        self.part();
        self.bits.copy(stream, segment.start_bit, segment.end_bit);
        self.width = segment.end_width;
        self.has_previous = true;
        self.is_foreign = true;
    }

    /// Appends the first codes of a segment of `stream` bit for bit, to go on with the table that they
    /// leave. `decoder` must have decoded it last; `indices` are its own, where not kept perhaps new ones.
    pub fn keep(&mut self, stream: &Stream, segment: &Segment, decoder: &Decoder, kept: Kept, indices: &[u8]) {
        self.part();
        self.strings.clear();
        for (prefix, last) in decoder.entries(kept.codes) {
            self.strings.insert(Known::new(prefix.into()), indices[last], self.next);
            self.next += 1;
        }
        let (bits, width) = length_bits(self.code_size, kept.codes);
        self.bits.copy(stream, segment.start_bit, segment.start_bit + bits);
        self.width = width;
        self.has_previous = true;
        self.ledger.pixels += kept.pixels;
        // The string that the last of them begins is prolonged by the index behind it.
        if let (Some(&index), false) = (indices.get(kept.pixels), self.is_full()) {
            self.strings.insert(Known::new(decoder.code(kept.codes).into()), index, self.next);
        }
    }

    /// Appends indices, each of them below `1 << code_size`.
    pub fn encode(&mut self, indices: &[u8]) {
        if indices.is_empty() {
            return;
        }
        if self.is_foreign {
            self.put_clear();
        }
        if !self.has_previous && self.prefix.is_none() {
            self.strings.clear();
        }
        // Indices since the last Clear and those that are left, together.
        let mut since_clear = self.ledger.pixels + indices.len();
        let mut at = 0;
        while at < indices.len() {
            let until_judged = JUDGED_CODES - self.ledger.codes % JUDGED_CODES;
            at = if self.is_full() {
                self.put_strings::<false>(indices, at, until_judged)
            } else {
                // The first code defines no entry; and at the last of a width, the next is wider.
                let until_wider = if self.has_previous { (1 << self.width) - self.next } else { 1 };
                self.put_strings::<true>(indices, at, until_judged.min(until_wider))
            };
            if self.prefix.is_none() && self.ledger.codes.is_multiple_of(JUDGED_CODES) {
                let left = indices.len() - at;
                self.ledger.pixels = since_clear - left;
                if self.ledger.judge(self.bits.len_bits(), self.is_full(), left) {
                    self.put_clear();
                    self.strings.clear();
                    since_clear = left;
                }
            }
        }
        self.ledger.pixels = since_clear;
    }

    /// Ends the stream and appends it to `out` as sub-blocks with their terminator.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
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
            self.put_code(prefix.code());
        }
    }

    /// Puts the strings that the indices from place `at` on make, behind the one that is begun: `codes` of them,
    /// all of one width, or as many as there are. Answers the place where it stopped: there no string is begun,
    /// unless it is the end.
    ///
    /// `GROWS`: whether there is room for what they define.
    fn put_strings<const GROWS: bool>(&mut self, indices: &[u8], mut at: usize, codes: u32) -> usize {
        // In registers, all of it: nearly every index of a caption's surroundings comes by here.
        let (mut bits, width) = (std::mem::take(&mut self.bits), self.width);
        let mut next = self.next;
        let step = u32::from(self.has_previous);
        let mut left = codes;
        let (mut prefix, mut grows_run) = match self.prefix.take() {
            Some(prefix) => (prefix, false),
            None => self.strings.begin(indices, &mut at),
        };
        while let Some(&index) = indices.get(at) {
            let slot = match self.strings.find(prefix, index) {
                Ok(longer) => {
                    at += 1;
                    if grows_run {
                        self.strings.put_run(index, longer);
                        grows_run = indices.get(at) == Some(&index);
                    }
                    prefix = longer;
                    continue;
                }
                Err(slot) => slot,
            };
            bits.put(prefix.code(), width);
            left -= 1;
            if GROWS {
                next += step;
                if (next as usize) < TABLE_LEN {
                    let longer = self.strings.put(slot, prefix, index, next);
                    if grows_run {
                        self.strings.put_run(index, longer);
                    }
                }
            }
            if left == 0 {
                break;
            }
            (prefix, grows_run) = self.strings.begin(indices, &mut at);
        }
        self.bits = bits;
        let came = codes - left;
        self.ledger.codes += came;
        self.has_previous |= came > 0;
        self.next = next;
        self.prefix = (left > 0).then_some(prefix);
        self.widen();
        at
    }

    /// Writes a code and keeps count of what a decoder makes of it.
    fn put_code(&mut self, code: u32) {
        self.bits.put(code, self.width);
        if self.has_previous && !self.is_full() {
            self.next += 1;
            self.widen();
        }
        self.has_previous = true;
    }

    fn widen(&mut self) {
        if self.next == 1 << self.width && self.width < MAX_CODE_BITS {
            self.width += 1;
        }
    }

    fn is_full(&self) -> bool {
        self.next as usize == TABLE_LEN
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

#[cfg(test)]
mod tests;
