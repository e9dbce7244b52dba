//! Streams written code by code, and read as the specification tells it: one vector a string, one bit after the other.
//!
//! Tests only: what the engine reads and writes is held against this. It shares no code with the engine and stops, as the
//! engine does, at the first code that is no string.

/// The least significant bits of `code` at `width`, appended.
fn put(bits: &mut Vec<bool>, code: usize, width: u32) {
    bits.extend((0..width).map(|bit| code >> bit & 1 == 1));
}

/// A stream of these codes in sub-blocks of at most `block_len` bytes; Clears are among the codes. Widths grow as a
/// decoder expects, whatever the codes are.
pub(crate) fn write(codes: &[usize], code_size: u8, block_len: usize) -> Vec<u8> {
    let (mut bits, mut table) = (Vec::new(), Table::new(code_size));
    for &code in codes {
        put(&mut bits, code, table.width());
        table.see(code);
    }
    let bytes: Vec<u8> = bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |byte, &bit| byte << 1 | u8::from(bit))).collect();
    let blocks = bytes.chunks(block_len).flat_map(|block| [&[u8::try_from(block.len()).unwrap()], block].concat());
    blocks.chain([0]).collect()
}

/// The bits that well-formed sub-blocks hold.
pub(crate) fn bits(mut blocks: &[u8]) -> Vec<bool> {
    let mut bits = Vec::new();
    while let [len @ 1..=255, rest @ ..] = blocks {
        let (block, behind) = rest.split_at(usize::from(*len));
        for &byte in block {
            put(&mut bits, byte.into(), 8);
        }
        blocks = behind;
    }
    bits
}

/// A code that stands for a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Code {
    pub value: usize,
    /// Where it stands.
    pub bit: usize,
    pub width: u32,
    /// How many indices come before its own, and how many are its own.
    pub first_pixel: usize,
    pub pixels: usize,
    /// Whether a Clear, or nothing, stands before it.
    pub is_first: bool,
}

/// What a stream says.
pub(crate) struct Read {
    pub codes: Vec<Code>,
    pub indices: Vec<u8>,
}

impl Read {
    /// The codes of each segment.
    pub(crate) fn segments(&self) -> Vec<&[Code]> {
        let starts: Vec<usize> = (0..self.codes.len()).filter(|&i| self.codes[i].is_first).collect();
        let ends = starts.iter().skip(1).copied().chain([self.codes.len()]);
        starts.iter().zip(ends).map(|(&start, end)| &self.codes[start..end]).collect()
    }
}

/// Reads well-formed sub-blocks up to the first code that is no string, without regard to a frame's size.
pub(crate) fn read(blocks: &[u8], code_size: u8) -> Read {
    let (bits, mut table, mut at) = (bits(blocks), Table::new(code_size), 0);
    let (mut codes, mut indices) = (Vec::new(), Vec::new());
    loop {
        let (bit, width, is_first) = (at, table.width(), table.previous.is_none());
        at += width as usize;
        let Some(bits) = bits.get(bit..at) else { break };
        let code = bits.iter().rev().fold(0, |code, &bit| code << 1 | usize::from(bit));
        match table.see(code) {
            Some(string) => {
                codes.push(Code { value: code, bit, width, first_pixel: indices.len(), pixels: string.len(), is_first });
                indices.extend(string);
            }
            None if code == table.clear => {}
            None => break,
        }
    }
    Read { codes, indices }
}

/// A decoder's table.
struct Table {
    clear: usize,
    /// By code; Clear and End stand for nothing.
    strings: Vec<Vec<u8>>,
    previous: Option<Vec<u8>>,
}

impl Table {
    fn new(code_size: u8) -> Self {
        let clear = 1usize << code_size;
        let strings = (0..clear).map(|index| vec![index.to_le_bytes()[0]]).chain([vec![], vec![]]).collect();
        Self { clear, strings, previous: None }
    }

    /// Of the next code: the table may be one string behind the encoder's, which widens when that is counted.
    fn width(&self) -> u32 {
        let entries = (self.strings.len() + usize::from(self.previous.is_some())).clamp(self.clear + 2, 4096);
        (usize::BITS - (entries - 1).leading_zeros()).max(self.clear.ilog2() + 1)
    }

    /// Takes a code: the string that it stands for. One that stands for none defines what it likes.
    fn see(&mut self, code: usize) -> Option<Vec<u8>> {
        if code == self.clear {
            self.strings.truncate(self.clear + 2);
            self.previous = None;
            return None;
        }
        let known = self.strings.get(code).cloned();
        let itself = self.previous.as_ref().filter(|_| code == self.strings.len() && code < 4096);
        let string = known
            .or_else(|| itself.map(|previous| [&previous[..], &previous[..previous.len().min(1)]].concat()))
            .unwrap_or_default();
        if let Some(previous) = self.previous.replace(string.clone())
            && self.strings.len() < 4096
        {
            self.strings.push([&previous[..], &string[..string.len().min(1)]].concat());
        }
        (!string.is_empty()).then_some(string)
    }
}
