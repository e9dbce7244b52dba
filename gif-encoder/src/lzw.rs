//! Pixels to the LZW data of one frame (`GIF89a`, section 22 and appendix F).
//!
//! `encoder` calls it with what `plan` says of each pixel. `search` chooses the strings; this file tells them and decides when the
//! decoder's dictionary is cleared. It must never choose an index that a pixel does not allow.

use crate::{
    pixel::{MAY_STAY, Pixel},
    search::{Search, Table},
    trie::Trie,
};

/// Codes over which the gain of a full dictionary is measured.
const WINDOW: u32 = 512;

/// One frame's data.
pub(crate) struct Coded {
    pub(crate) min_code_bits: u8,
    /// Without the blocks around them.
    pub(crate) data: Vec<u8>,
    /// What a decoder reads: an index for each pixel.
    pub(crate) indices: Vec<u8>,
}

/// When the decoder's dictionary is cleared. Neither is shorter for all frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clearing {
    /// As soon as it is full.
    Full,
    /// Once it serves worse than a new one would.
    Falling,
}

/// Codes all pixels, at least one, and changes none. What takes fewest bytes of several ways is taken.
pub(crate) fn code_exactly(pixels: &[Pixel], table: &Table<'_>) -> Coded {
    let flexible = shorter(pass(pixels, table, 0, Clearing::Full), pass(pixels, table, 0, Clearing::Falling));
    let pixels: Vec<Pixel> = pixels.iter().map(|pixel| own(*pixel, table)).collect();
    shorter(flexible, pass(&pixels, table, 0, Clearing::Full))
}

/// A pixel that is drawn whether it may stay or not.
fn own(pixel: Pixel, table: &Table<'_>) -> Pixel {
    if Some(pixel.target) == table.transparent { pixel } else { Pixel { allows: pixel.allows & !MAY_STAY, ..pixel } }
}

fn shorter(a: Coded, b: Coded) -> Coded {
    if b.data.len() < a.data.len() { b } else { a }
}

/// Codes all pixels, at least one. A `limit` of 0 changes nothing.
pub(crate) fn code(pixels: &[Pixel], table: &Table<'_>, limit: u32) -> Coded {
    pass(pixels, table, limit, Clearing::Full)
}

fn pass(pixels: &[Pixel], table: &Table<'_>, limit: u32, clearing: Clearing) -> Coded {
    let staying = table.transparent.filter(|_| pixels.iter().any(|pixel| pixel.allows & MAY_STAY != 0));
    let highest = pixels.iter().map(|pixel| pixel.target).chain(staying).max().unwrap_or(0);
    // Two bits at least, for pictures in two colours too (appendix F).
    let min_code_bits = (u8::BITS - highest.leading_zeros()).max(2);
    let mut trie = Trie::new(min_code_bits);
    let mut bits = Bits::default();
    let mut indices = vec![0; pixels.len()];
    let mut search = Search::new(table, limit);
    let mut gain = Gain::default();

    bits.put(trie.clear_code(), trie.width());
    let mut rest = (pixels, indices.as_mut_slice());
    while !rest.0.is_empty() {
        let (code, length) = search.longest(&trie, rest.0);
        let (string, unwritten) = rest.1.split_at_mut(length);
        trie.spell(code, string);
        trie.close(string.first().copied().unwrap_or_default());
        bits.put(code, trie.width());
        gain.add(length, trie.width());
        trie.open(code);
        rest = (rest.0.get(length..).unwrap_or_default(), unwritten);
        let clears = match clearing {
            Clearing::Full => trie.is_nearly_full(),
            Clearing::Falling => trie.is_full() && gain.is_falling(),
        };
        if clears {
            bits.put(trie.clear_code(), trie.width());
            trie.clear();
            gain = Gain::default();
        }
    }
    bits.put(trie.clear_code() + 1, trie.width());
    #[expect(clippy::cast_possible_truncation, reason = "2 to 8")]
    Coded { min_code_bits: min_code_bits as u8, data: bits.finish(), indices }
}

/// Whether a full dictionary still serves: pixels a bit since it was full, against those while it was learnt.
#[derive(Default)]
struct Gain {
    learnt: (u64, u64),
    window: (u64, u64),
    codes: u32,
}

impl Gain {
    fn add(&mut self, pixels: usize, bits: u32) {
        self.window.0 += pixels as u64;
        self.window.1 += u64::from(bits);
        self.codes += 1;
    }

    /// To be asked after each code once the dictionary is full.
    fn is_falling(&mut self) -> bool {
        if self.learnt == (0, 0) {
            self.learnt = std::mem::take(&mut self.window);
            self.codes = 0;
            return false;
        }
        if self.codes < WINDOW {
            return false;
        }
        let ((learnt, learnt_bits), (pixels, bits)) = (self.learnt, std::mem::take(&mut self.window));
        self.codes = 0;
        pixels * learnt_bits < learnt * bits
    }
}

/// Codes packed from the lowest bit on.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    held: u32,
    count: u32,
}

impl Bits {
    fn put(&mut self, code: u16, width: u32) {
        self.held |= u32::from(code) << self.count;
        self.count += width;
        while self.count >= 8 {
            self.bytes.push(self.held.to_le_bytes()[0]);
            self.held >>= 8;
            self.count -= 8;
        }
    }

    fn finish(mut self) -> Vec<u8> {
        if self.count > 0 {
            self.bytes.push(self.held.to_le_bytes()[0]);
        }
        self.bytes
    }
}
