//! The encoder's table: strings by their prefix code and last index.
//!
//! Used by `encode` alone, once for every index: the walk from one string to the next is what encoding
//! costs, so that a step is one multiplication-free look-up in 64 KiB.

use super::codes::{MAX_CODE_BITS, TABLE_LEN, zeroed};

/// Four for each entry: the first that is looked at is mostly the right one or free.
const SLOTS: usize = TABLE_LEN << APART_BITS;
/// Indices that must be the same for a run to be looked for as one.
const RUN_LEN: usize = 8;
const APART_BITS: u32 = 2;
const CODE_MASK: u32 = (1 << MAX_CODE_BITS) - 1;

/// A string as a slot holds it: prefix code and last index in the high 20 bits, its own code in the low 12.
/// None has the code 0 but that of one index 0, which is in no slot, so 0 is a free slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known(u32);

impl Known {
    /// The string of a code.
    pub(super) fn new(code: u32) -> Self {
        Self(code)
    }

    /// The string of one index.
    #[inline]
    pub(super) fn single(index: u8) -> Self {
        Self::new(index.into())
    }

    #[inline]
    pub(super) fn code(self) -> u32 {
        self.0 & CODE_MASK
    }

    /// What a slot holds of its prolongation by an index, without that one's code.
    #[inline]
    fn with(self, index: u8) -> u32 {
        (self.code() << 8 | u32::from(index)) << MAX_CODE_BITS
    }
}

/// A free slot, where a string belongs.
#[derive(Clone, Copy)]
pub(super) struct Free(usize);

/// A hash table with open addressing.
pub(super) struct Strings {
    /// Their number is known, which saves a check an index.
    slots: Box<[u32; SLOTS]>,
    /// By index: what it adds to a prefix's place.
    spread: Box<[u32; 256]>,
    /// By index: the codes of two of it, three, four and so on, as far as they are known.
    runs: Box<[Vec<u16>; 256]>,
}

impl Default for Strings {
    fn default() -> Self {
        // Fibonacci hashing: neighbouring indices come to stand far apart.
        let shift = u32::BITS - SLOTS.trailing_zeros();
        let spread = std::array::from_fn(|index| u32::try_from(index).unwrap_or(0).wrapping_mul(0x9E37_79B1) >> shift);
        Self { slots: zeroed(), spread: Box::new(spread), runs: Box::new([const { Vec::new() }; 256]) }
    }
}

impl Strings {
    /// A string prolonged by an index, or the free slot where it belongs.
    #[inline]
    pub(super) fn find(&self, prefix: Known, index: u8) -> Result<Known, Free> {
        let wanted = prefix.with(index) >> MAX_CODE_BITS;
        // The code alone counts, as what else there is lies beyond the slots. Consecutive codes are spread over the
        // table. In flat pictures most strings extend by the same index, and would otherwise form one long probe chain.
        let mut slot = (prefix.0 << APART_BITS ^ self.spread[usize::from(index)]) as usize % SLOTS;
        loop {
            let entry = self.slots[slot];
            if entry >> MAX_CODE_BITS == wanted && entry != 0 {
                return Ok(Known(entry));
            }
            if entry == 0 {
                return Err(Free(slot));
            }
            slot = (slot + 1) % SLOTS;
        }
    }

    /// Defines a string at the slot that [`Self::find`] gave for it.
    #[inline]
    pub(super) fn put(&mut self, slot: Free, prefix: Known, index: u8, code: u32) -> Known {
        let string = prefix.with(index) | code;
        self.slots[slot.0 % SLOTS] = string;
        Known(string)
    }

    /// What a string begins with at place `at`, which is moved behind it: the longest known run of one index, or
    /// that index alone. Whether the next prolongs the longest known run.
    #[inline]
    pub(super) fn begin(&self, indices: &[u8], at: &mut usize) -> (Known, bool) {
        let rest = &indices[*at..];
        let Some(index) = rest.first().copied() else { return (Known::single(0), false) };
        let is_run = rest.first_chunk::<RUN_LEN>().is_some_and(|first| *first == [index; RUN_LEN]);
        if !is_run {
            *at += 1;
            return (Known::single(index), false);
        }
        let codes = &self.runs[usize::from(index)];
        // One more than is known: whether it grows is to be told.
        let wanted = (codes.len() + 2).min(rest.len());
        let run = run_len(&rest[..wanted]);
        let (len, grows) = if run > codes.len() + 1 { (codes.len() + 1, true) } else { (run, false) };
        *at += len;
        let known = if len == 1 { Known::single(index) } else { Known::new(codes[len - 2].into()) };
        (known, grows)
    }

    /// Tells the code of the longest known run of an index, with one more of it.
    #[cold]
    pub(super) fn put_run(&mut self, index: u8, longer: Known) {
        #[expect(clippy::cast_possible_truncation, reason = "a code has at most 12 bits")]
        self.runs[usize::from(index)].push(longer.code() as u16);
    }

    /// Defines a string, unless it is known: the shorter code serves as well.
    pub(super) fn insert(&mut self, prefix: Known, index: u8, code: u32) {
        if let Err(slot) = self.find(prefix, index) {
            self.put(slot, prefix, index, code);
        }
    }

    /// Forgets all strings.
    pub(super) fn clear(&mut self) {
        self.slots.fill(0);
        for codes in self.runs.iter_mut() {
            codes.clear();
        }
    }
}

/// How many of the first indices are the same.
#[inline]
fn run_len(indices: &[u8]) -> usize {
    let Some(&index) = indices.first() else { return 0 };
    let pattern = u64::from_le_bytes([index; 8]);
    let (words, _) = indices.as_chunks::<8>();
    for (i, word) in words.iter().enumerate() {
        let differing = u64::from_le_bytes(*word) ^ pattern;
        if differing != 0 {
            return i * 8 + differing.trailing_zeros() as usize / 8;
        }
    }
    let whole = words.len() * 8;
    whole + indices[whole..].iter().take_while(|&&other| other == index).count()
}
