//! The encoder's table: strings by their prefix code and last index.
//!
//! Used by `encode` alone, once for every index: the walk from one string to the next is what encoding
//! costs, so that a step is one multiplication-free look-up in 32 KiB.

use super::{MAX_CODE_BITS, TABLE_LEN};

/// Two for each entry.
const SLOTS: usize = TABLE_LEN * 2;
const CODE_MASK: u32 = (1 << MAX_CODE_BITS) - 1;

/// A hash table with open addressing.
pub(super) struct Strings {
    /// Prefix code and last index in the high 20 bits, the string's own code in the low 12. No string has
    /// the code 0, so 0 is a free slot.
    slots: Box<[u32; SLOTS]>,
    /// By index: what it adds to a prefix code's place.
    spread: Box<[u32; 256]>,
}

impl Default for Strings {
    #[expect(clippy::large_stack_arrays, reason = "32 KiB, once a thread; a length that is known saves a check an index")]
    fn default() -> Self {
        // Fibonacci hashing: neighbouring indices come to stand far apart.
        let spread = std::array::from_fn(|index| u32::try_from(index).unwrap_or(0).wrapping_mul(0x9E37_79B1) >> 19);
        Self { slots: Box::new([0; SLOTS]), spread: Box::new(spread) }
    }
}

impl Strings {
    /// The code of a string, or the free slot where it belongs.
    #[inline]
    pub(super) fn find(&self, prefix: u32, index: u8) -> Result<u32, usize> {
        let key = prefix << 8 | u32::from(index);
        let mut slot = (prefix << 1 ^ self.spread[usize::from(index)]) as usize % SLOTS;
        loop {
            let entry = self.slots[slot];
            if entry >> MAX_CODE_BITS == key && entry != 0 {
                return Ok(entry & CODE_MASK);
            }
            if entry == 0 {
                return Err(slot);
            }
            slot = (slot + 1) % SLOTS;
        }
    }

    /// Defines a string at the slot that [`Self::find`] gave for it.
    #[inline]
    pub(super) fn put(&mut self, slot: usize, prefix: u32, index: u8, code: u32) {
        self.slots[slot % SLOTS] = (prefix << 8 | u32::from(index)) << MAX_CODE_BITS | code;
    }

    /// Defines a string, unless it is known: the shorter code serves as well.
    pub(super) fn insert(&mut self, prefix: u32, index: u8, code: u32) {
        if let Err(slot) = self.find(prefix, index) {
            self.put(slot, prefix, index, code);
        }
    }

    /// Forgets all strings.
    pub(super) fn clear(&mut self) {
        self.slots.fill(0);
    }
}
