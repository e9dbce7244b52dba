//! An encoder's code table, and the bits written so far.
//!
//! Called by [`super::Stream`] alone, which decides what is written. A string may get a second code. A decoder's table counts that code, so
//! this one must count it too.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

const MAX_CODE_BITS: u32 = 12;
const TABLE_LEN: u32 = 1 << MAX_CODE_BITS;

pub(super) struct Codes {
    min_code_size: u32,
    /// The code of a known string and one more index, by [`key`].
    longer: HashMap<u32, u32, BuildHasherDefault<Spread>>,
    /// The code that the next new string gets; `TABLE_LEN` when there is none left.
    next: u32,
    width: u32,
    since_clear: u32,
    since_full: u32,
    bits: Bits,
}

impl Codes {
    pub(super) fn new(min_code_size: u8) -> Self {
        let mut codes = Self {
            min_code_size: min_code_size.into(),
            longer: HashMap::default(),
            next: 0,
            width: 0,
            since_clear: 0,
            since_full: 0,
            bits: Bits::default(),
        };
        codes.forget();
        codes
    }

    /// Codes since the table became full, if it is.
    pub(super) fn since_full(&self) -> Option<u32> {
        (self.next == TABLE_LEN).then_some(self.since_full)
    }

    pub(super) fn since_clear(&self) -> u32 {
        self.since_clear
    }

    pub(super) fn clear(&mut self) {
        self.bits.put(self.clear_code(), self.width);
        self.forget();
    }

    pub(super) fn put_end(&mut self) {
        self.bits.put(self.clear_code() + 1, self.width);
    }

    /// Puts the code of the longest known string of at most `longest` indices that `indices` begin with, and answers what
    /// is left of them.
    pub(super) fn put_string<'a>(&mut self, indices: &'a [u8], longest: usize) -> &'a [u8] {
        let [first, rest @ ..] = indices else { return indices };
        let (mut code, mut rest, mut len) = (u32::from(*first), rest, 1);
        while let [index, behind @ ..] = rest
            && len < longest
            && let Some(&known) = self.longer.get(&key(code, *index))
        {
            (code, rest, len) = (known, behind, len + 1);
        }
        self.bits.put(code, self.width);
        self.since_clear += 1;
        if self.next == TABLE_LEN {
            self.since_full += 1;
            return rest;
        }
        // A decoder is one string behind: it learns this one from the next code, and widens after that.
        if self.next == 1 << self.width {
            self.width += 1;
        }
        if let [index, ..] = rest {
            self.longer.insert(key(code, *index), self.next);
        }
        self.next += 1;
        rest
    }

    /// Puts a code that stands for nothing, if there is one of this width. Says whether there was.
    pub(super) fn put_unknown(&mut self) -> bool {
        let unknown = (1 << self.width) - 1;
        let is_unknown = unknown >= self.next;
        if is_unknown {
            self.bits.put(unknown, self.width);
        }
        is_unknown
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bits.into_bytes()
    }

    fn clear_code(&self) -> u32 {
        1 << self.min_code_size
    }

    fn forget(&mut self) {
        self.longer.clear();
        self.next = self.clear_code() + 2;
        self.width = self.min_code_size + 1;
        self.since_clear = 0;
        self.since_full = 0;
    }
}

/// A known string and one more index as one number.
fn key(code: u32, index: u8) -> u32 {
    code << 8 | u32::from(index)
}

/// A hash of one number by one multiplication. The standard hash would take most of the time of writing a GIF.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u32(byte.into());
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0 ^ u64::from(number)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn finish(&self) -> u64 {
        self.0.rotate_left(32)
    }
}

/// Codes as bytes, least significant bit first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    buffer: u32,
    count: u32,
}

impl Bits {
    fn put(&mut self, code: u32, width: u32) {
        self.buffer |= code << self.count;
        self.count += width;
        while self.count >= 8 {
            self.bytes.push(self.buffer.to_le_bytes()[0]);
            self.buffer >>= 8;
            self.count -= 8;
        }
    }

    fn into_bytes(mut self) -> Vec<u8> {
        if self.count > 0 {
            self.bytes.push(self.buffer.to_le_bytes()[0]);
        }
        self.bytes
    }
}
