//! The entropy-coded data of a scan, bit by bit (T.81, section F.2.2.5 and annex C).
//!
//! `scan` reads by it. Behind the last byte, or at a marker, come zeros, and it is remembered that they did.

/// Reads bits up to a marker.
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    at: usize,
    held: u32,
    held_bits: u32,
    /// Whether more bits were asked for than there were.
    pub is_exhausted: bool,
}

impl<'a> BitReader<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, held: 0, held_bits: 0, is_exhausted: false }
    }

    /// Reads on from a place that [`Self::place`] gave.
    pub(super) fn at_place(bytes: &'a [u8], place: usize) -> Self {
        let mut reader = Self::new(bytes, place / 8);
        reader.bits(u32::try_from(place % 8).unwrap_or(0));
        reader
    }

    /// Where the next bit is, counted from the file's first. Not where more bits were asked for than there were.
    pub(super) fn place(&self) -> usize {
        let held_bytes = self.held_bits.div_ceil(8);
        let mut at = self.at;
        for _ in 0..held_bytes {
            // A byte of ones has a zero behind it, and no other zero has one before it.
            let is_stuffed = at >= 2 && self.bytes.get(at - 2..at) == Some(&[0xFF, 0]);
            at -= if is_stuffed { 2 } else { 1 };
        }
        8 * at + (8 * held_bytes - self.held_bits) as usize
    }

    /// The next byte, if it is not a marker's.
    fn next_byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        if byte != 0xFF {
            self.at += 1;
            return Some(byte);
        }
        (self.bytes.get(self.at + 1) == Some(&0)).then(|| {
            self.at += 2;
            0xFF
        })
    }

    /// Sees to it that so many bits are held, at most 16.
    fn fill(&mut self, bits: u32) {
        while self.held_bits < bits {
            let Some(byte) = self.next_byte() else {
                self.is_exhausted = true;
                self.held <<= 16;
                self.held_bits += 16;
                return;
            };
            self.held = self.held << 8 | u32::from(byte);
            self.held_bits += 8;
        }
    }

    /// At most 16 bits as a number.
    pub(super) fn bits(&mut self, bits: u32) -> i32 {
        if bits == 0 {
            return 0;
        }
        self.fill(bits);
        self.held_bits -= bits;
        (self.held >> self.held_bits & ((1 << bits) - 1)).cast_signed()
    }

    /// A number of so many bits with its sign (T.81, figure F.12).
    pub(super) fn signed(&mut self, bits: u32) -> i32 {
        let bits = bits.min(16);
        let value = self.bits(bits);
        if bits > 0 && value < 1 << (bits - 1) { value - (1 << bits) + 1 } else { value }
    }

    /// The next 16 bits, as far as they are there, left where they are. The codes of a sound file never need the zeros behind its end.
    pub(super) fn peek_16(&mut self) -> u32 {
        while self.held_bits < 16 {
            let Some(byte) = self.next_byte() else {
                return (self.held << (16 - self.held_bits)) & 0xFFFF;
            };
            self.held = self.held << 8 | u32::from(byte);
            self.held_bits += 8;
        }
        self.held >> (self.held_bits - 16) & 0xFFFF
    }

    /// Goes to the restart marker of this number, over what stands before it. Without one, the rest of the scan is missing.
    pub(super) fn restart(&mut self, number: usize) {
        (self.held, self.held_bits, self.is_exhausted) = (0, 0, false);
        let mut at = self.at;
        while let Some(pair) = self.bytes.get(at..at + 2) {
            match *pair {
                [0xFF, marker @ 0xD0..=0xD7] => {
                    let ahead = (usize::from(marker - 0xD0) + 8 - number % 8) % 8;
                    match ahead {
                        0 => {
                            self.at = at + 2;
                            return;
                        }
                        // This one was lost: what it began is missing.
                        1 | 2 => break,
                        _ => at += 2,
                    }
                }
                [0xFF, 0 | 0xFF] => at += 1,
                [0xFF, _] => break,
                _ => at += 1,
            }
        }
        self.at = at;
        self.is_exhausted = true;
    }

    /// Where the next marker is, or the end.
    pub(super) fn end(&self) -> usize {
        let mut at = self.at;
        loop {
            match self.bytes.get(at..) {
                Some([0xFF, 1..=0xCF | 0xD8..=0xFE, ..]) => return at,
                Some([_, ..]) => at += 1,
                _ => return self.bytes.len(),
            }
        }
    }
}

/// Writes bits, with a zero behind each byte of ones.
#[derive(Default)]
pub(super) struct BitWriter {
    pub out: Vec<u8>,
    held: u64,
    held_bits: u32,
}

impl BitWriter {
    /// Appends to what is there.
    pub(super) fn behind(out: Vec<u8>) -> Self {
        Self { out, held: 0, held_bits: 0 }
    }

    /// The lowest bits of a value, at most 32 of them.
    pub(super) fn put(&mut self, value: u32, bits: u32) {
        self.held = self.held << bits | u64::from(value) & ((1 << bits) - 1);
        self.held_bits += bits;
        while self.held_bits >= 8 {
            self.held_bits -= 8;
            #[expect(clippy::cast_possible_truncation, reason = "the next eight bits")]
            let byte = (self.held >> self.held_bits) as u8;
            self.out.push(byte);
            if byte == 0xFF {
                self.out.push(0);
            }
        }
    }

    /// Fills the last byte with ones.
    pub(super) fn align(&mut self) {
        if self.held_bits > 0 {
            self.put(0x7F, 8 - self.held_bits);
        }
    }
}
