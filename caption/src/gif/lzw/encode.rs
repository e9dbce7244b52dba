//! Indices to codes: greedy, with a Clear whenever the table is full.

use super::{MAX_CODE_BITS, TABLE_LEN};

/// Slots of the hash table: four for each entry keeps its chains short.
const SLOTS: usize = TABLE_LEN * 4;

/// An encoder; one serves any number of streams in turn.
pub(in crate::gif) struct Encoder {
    /// Keys are prefix code, index and generation; a slot of an older generation is free.
    keys: Box<[u64]>,
    codes: Box<[u16]>,
    generation: u64,
    stream: Vec<u8>,
}

impl Default for Encoder {
    fn default() -> Self {
        Self {
            keys: vec![0; SLOTS].into_boxed_slice(),
            codes: vec![0; SLOTS].into_boxed_slice(),
            generation: 0,
            stream: Vec::new(),
        }
    }
}

impl Encoder {
    /// Appends `indices` to `out` as sub-blocks with their terminator. Every index must be below
    /// `1 << code_size`, and `code_size` be 2 to 8 (or 1, which few decoders read).
    pub(in crate::gif) fn encode(&mut self, indices: &[u8], code_size: u8, out: &mut Vec<u8>) {
        let code_size = u32::from(code_size);
        let (clear, end) = (1u16 << code_size, (1u16 << code_size) + 1);
        self.stream.clear();
        let mut bits = Bits { bytes: &mut self.stream, buffer: 0, count: 0 };
        let mut width = code_size + 1;
        let mut next = end + 1;
        self.generation += 1;
        bits.put(clear, width);

        let mut rest = indices.iter();
        if let Some(&first) = rest.next() {
            let mut prefix = u16::from(first);
            for &index in rest {
                let key = self.generation << 20 | u64::from(prefix) << 8 | u64::from(index);
                let mut slot = (usize::from(prefix) << 2 ^ usize::from(index) << 6 ^ usize::from(index)) % SLOTS;
                while self.keys[slot] != key && self.keys[slot] >> 20 == self.generation {
                    slot = (slot + 1) % SLOTS;
                }
                if self.keys[slot] == key {
                    prefix = self.codes[slot];
                    continue;
                }
                bits.put(prefix, width);
                if usize::from(next) < TABLE_LEN {
                    self.keys[slot] = key;
                    self.codes[slot] = next;
                    if usize::from(next) == 1 << width && width < MAX_CODE_BITS {
                        width += 1;
                    }
                    next += 1;
                } else {
                    bits.put(clear, width);
                    self.generation += 1;
                    width = code_size + 1;
                    next = end + 1;
                }
                prefix = u16::from(index);
            }
            bits.put(prefix, width);
            // The decoder adds an entry for this code too, and may widen before it reads the end.
            if usize::from(next) == 1 << width && width < MAX_CODE_BITS {
                width += 1;
            }
        }
        bits.put(end, width);
        bits.finish();

        for block in self.stream.chunks(255) {
            #[expect(clippy::cast_possible_truncation, reason = "chunks of at most 255")]
            out.push(block.len() as u8);
            out.extend_from_slice(block);
        }
        out.push(0);
    }
}

/// Codes to bytes, least significant bit first.
struct Bits<'a> {
    bytes: &'a mut Vec<u8>,
    buffer: u64,
    count: u32,
}

impl Bits<'_> {
    fn put(&mut self, code: u16, width: u32) {
        self.buffer |= u64::from(code) << self.count;
        self.count += width;
        if self.count >= 32 {
            #[expect(clippy::cast_possible_truncation, reason = "the low half goes out, the high half stays")]
            self.bytes.extend_from_slice(&(self.buffer as u32).to_le_bytes());
            self.buffer >>= 32;
            self.count -= 32;
        }
    }

    fn finish(self) {
        let bytes = self.count.div_ceil(8) as usize;
        self.bytes.extend_from_slice(&self.buffer.to_le_bytes()[..bytes]);
    }
}
