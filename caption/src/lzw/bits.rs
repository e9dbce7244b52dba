//! Codes and stretches of bits, least significant bit first (`GIF89a`, appendix F), and the sub-blocks
//! that a stream is cut into (section 15).
//!
//! Used by everything that reads or writes a stream. It knows no code's meaning.

/// Zero bytes behind a gathered stream, so that a read of eight bytes at any of its bits stays inside.
const SLACK_BYTES: usize = 8;

/// A frame's LZW stream without its sub-block lengths; one serves any number of frames in turn.
#[derive(Default)]
pub struct Stream {
    bytes: Vec<u8>,
    len_bits: usize,
}

impl Stream {
    /// Takes the stream of `blocks`, with or without a terminator. A last block that is cut short counts
    /// as far as it goes.
    pub fn gather(&mut self, mut blocks: &[u8]) {
        self.bytes.clear();
        self.bytes.reserve(blocks.len() + SLACK_BYTES);
        while let [len @ 1..=255, rest @ ..] = blocks {
            let len = usize::from(*len).min(rest.len());
            self.bytes.extend_from_slice(&rest[..len]);
            blocks = &rest[len..];
        }
        self.len_bits = self.bytes.len() * 8;
        self.bytes.resize(self.bytes.len() + SLACK_BYTES, 0);
    }

    pub(super) fn len_bits(&self) -> usize {
        self.len_bits
    }

    /// At least 57 bits from `bit` on; zeros beyond the end.
    #[inline]
    pub(super) fn peek(&self, bit: usize) -> u64 {
        let word = self.bytes.get(bit / 8..).and_then(<[u8]>::first_chunk::<8>);
        word.map_or(0, |word| u64::from_le_bytes(*word)) >> (bit % 8)
    }

    /// The whole bytes from that of `bit` on.
    fn bytes_from(&self, bit: usize) -> &[u8] {
        self.bytes.get(bit / 8..).unwrap_or_default()
    }
}

/// A stream being written.
#[derive(Default)]
pub(super) struct BitWriter {
    /// What is written, and room for what follows.
    bytes: Vec<u8>,
    /// How many of `bytes` are written.
    len: usize,
    /// Bits that fill no byte yet, and how many: fewer than 8 between calls.
    buffer: u64,
    count: u32,
}

/// Room is made in steps of so many bytes.
const ROOM_BYTES: usize = 4096;

impl BitWriter {
    pub(super) fn clear(&mut self) {
        (self.len, self.buffer, self.count) = (0, 0, 0);
    }

    pub(super) fn len_bits(&self) -> usize {
        self.len * 8 + self.count as usize
    }

    /// Appends a code; `width` is at most 32.
    #[inline]
    pub(super) fn put(&mut self, code: u32, width: u32) {
        self.buffer |= u64::from(code) << self.count;
        self.count += width;
        // Always eight bytes, of which the next code writes most again: whether one is full is no question then.
        match self.bytes.get_mut(self.len..).and_then(<[u8]>::first_chunk_mut::<8>) {
            Some(place) => *place = self.buffer.to_le_bytes(),
            None => self.put_in_new_room(),
        }
        self.len += (self.count / 8) as usize;
        self.buffer >>= self.count & !7;
        self.count %= 8;
    }

    #[cold]
    fn put_in_new_room(&mut self) {
        self.bytes.resize(self.len + ROOM_BYTES, 0);
        self.bytes[self.len..][..8].copy_from_slice(&self.buffer.to_le_bytes());
    }

    /// Appends the bits of `stream` from `start` up to `end`, shifted to where they come to stand.
    pub(super) fn copy(&mut self, stream: &Stream, start: usize, end: usize) {
        let mut at = start;
        if at % 8 == (self.count % 8) as usize {
            // Where both sides can be brought to the start of a byte, bytes are copied as they are.
            let to_byte = ((8 - at % 8) % 8).min(end - at);
            self.put_bits(stream.peek(at), to_byte);
            at += to_byte;
            if at.is_multiple_of(8) {
                let whole = (end - at) / 8;
                let source = &stream.bytes_from(at)[..whole];
                self.room(whole)[..whole].copy_from_slice(source);
                self.len += whole;
                at += whole * 8;
            }
        } else {
            // Words of eight bytes, put together from two of the source's.
            let whole = (end - at) / 64;
            let (shift, count, mut carry) = (at % 8, self.count, self.buffer);
            let (words, _) = stream.bytes_from(at).as_chunks::<8>();
            let mut word = words.first().map_or(0, |word| u64::from_le_bytes(*word));
            let places = self.room(whole * 8).as_chunks_mut::<8>().0;
            for (place, next) in places.iter_mut().zip(words.iter().skip(1)).take(whole) {
                let next = u64::from_le_bytes(*next);
                let bits = word >> shift | next << 1 << (63 - shift);
                *place = (carry | bits << count).to_le_bytes();
                carry = bits >> 1 >> (63 - count);
                word = next;
            }
            self.buffer = carry;
            self.len += whole * 8;
            at += whole * 64;
        }
        while at < end {
            let bits = (end - at).min(32);
            self.put_bits(stream.peek(at), bits);
            at += bits;
        }
    }

    /// Fills the last byte up and appends all as sub-blocks with their terminator.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        if self.count > 0 {
            let end = 8 - self.count;
            self.put(0, end);
        }
        let bytes = &self.bytes[..self.len];
        out.reserve(bytes.len() + bytes.len() / 255 + 2);
        let (blocks, last) = bytes.as_chunks::<255>();
        for block in blocks {
            out.push(255);
            out.extend_from_slice(block);
        }
        if !last.is_empty() {
            #[expect(clippy::cast_possible_truncation, reason = "a remainder below 255")]
            out.push(last.len() as u8);
            out.extend_from_slice(last);
        }
        out.push(0);
    }

    /// Where so many bytes may be written, and more.
    fn room(&mut self, bytes: usize) -> &mut [u8] {
        if self.bytes.len() < self.len + bytes {
            self.bytes.resize(self.len + bytes + ROOM_BYTES, 0);
        }
        &mut self.bytes[self.len..]
    }

    #[expect(clippy::cast_possible_truncation, reason = "masked to at most 32 bits")]
    fn put_bits(&mut self, bits: u64, width: usize) {
        self.put((bits & ((1 << width) - 1)) as u32, width as u32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stream(bytes: &[u8]) -> Stream {
        let mut stream = Stream::default();
        let blocks: Vec<u8> = bytes
            .chunks(200)
            .flat_map(|block| std::iter::once(u8::try_from(block.len()).unwrap()).chain(block.iter().copied()))
            .collect();
        stream.gather(&blocks);
        stream
    }

    fn bit_of(bytes: &[u8], bit: usize) -> u8 {
        bytes[bit / 8] >> (bit % 8) & 1
    }

    proptest! {
        #[test]
        fn any_stretch_of_bits_arrives_at_any_place(
            bytes in prop::collection::vec(any::<u8>(), 1..700), from: prop::sample::Index, to: prop::sample::Index, before in 0u32..70,
        ) {
            let (a, b) = (from.index(bytes.len() * 8 + 1), to.index(bytes.len() * 8 + 1));
            let (start, end) = (a.min(b), a.max(b));
            let mut writer = BitWriter::default();
            for _ in 0..before {
                writer.put(1, 1);
            }
            writer.copy(&stream(&bytes), start, end);
            writer.put(0b101, 3);
            let mut blocks = Vec::new();
            writer.finish(&mut blocks);
            let mut out = Stream::default();
            out.gather(&blocks);
            let before = before as usize;
            prop_assert_eq!(out.len_bits(), (before + end - start + 3).next_multiple_of(8));
            for i in 0..end - start {
                prop_assert_eq!(bit_of(&out.bytes, before + i), bit_of(&bytes, start + i), "bit {}", i);
            }
            prop_assert_eq!(out.peek(before + end - start) & 7, 0b101);
        }
    }

    #[test]
    fn lying_sub_blocks_give_what_is_there() {
        let mut stream = Stream::default();
        stream.gather(&[3, 1, 2, 3, 200, 4, 5]);
        assert_eq!((stream.len_bits(), stream.peek(0)), (40, 0x05_04_03_02_01));
        stream.gather(&[0, 9, 9]);
        assert_eq!((stream.len_bits(), stream.peek(1000)), (0, 0));
    }
}
