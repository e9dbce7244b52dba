//! Codes to indices. An entry of the table is a place in the output: every string that a code stands
//! for has been written there before, so no prefix chain is ever followed.

use super::{MAX_CODE_BITS, TABLE_LEN};

/// A decoder; one serves any number of streams in turn.
pub(in crate::gif) struct Decoder {
    /// Where in the output each code's string was first written, and how long it is.
    strings: Box<[(u32, u32)]>,
    /// The stream without its sub-block lengths.
    stream: Vec<u8>,
}

impl Default for Decoder {
    fn default() -> Self {
        Self { strings: vec![(0, 0); TABLE_LEN].into_boxed_slice(), stream: Vec::new() }
    }
}

impl Decoder {
    /// Decodes the sub-blocks in `blocks` (with or without their terminator) into `out`, and answers
    /// how many indices came. Fewer than `out` holds: the stream ended or went wrong there; what it
    /// has beyond is ignored. `code_size` must be one of [`super::CODE_SIZES`].
    pub(in crate::gif) fn decode(&mut self, blocks: &[u8], code_size: u8, out: &mut [u8]) -> usize {
        self.gather(blocks);
        let code_size = u32::from(code_size);
        let clear = 1usize << code_size;
        let end = clear + 1;
        let mut bits = Bits { bytes: &self.stream, buffer: 0, count: 0 };
        let mut width = code_size + 1;
        let mut next = end + 1;
        let mut previous: Option<(usize, usize)> = None;
        let mut written = 0;

        while written < out.len() {
            let Some(code) = bits.take(width) else { break };
            if code == clear {
                width = code_size + 1;
                next = end + 1;
                previous = None;
                continue;
            }
            if code == end {
                break;
            }
            let len = if code < clear {
                #[expect(clippy::cast_possible_truncation, reason = "below clear, which is at most 256")]
                let index = code as u8;
                out[written] = index;
                1
            } else {
                // The code being defined right now stands for the previous string and its own first
                // index; reading one past the previous string finds just that.
                let known = match previous {
                    Some((start, len)) if code == next && next < TABLE_LEN => Some((start, len + 1)),
                    Some(_) if code < next => {
                        let (start, len) = self.strings[code];
                        Some((start as usize, len as usize))
                    }
                    _ => None,
                };
                let Some((start, len)) = known else { break };
                let len = len.min(out.len() - written);
                for i in 0..len {
                    out[written + i] = out[start + i];
                }
                len
            };
            if let Some((start, len)) = previous
                && next < TABLE_LEN
            {
                #[expect(clippy::cast_possible_truncation, reason = "a frame has fewer than 2^32 pixels")]
                let string = (start as u32, len as u32 + 1);
                self.strings[next] = string;
                next += 1;
                if next == 1 << width && width < MAX_CODE_BITS {
                    width += 1;
                }
            }
            previous = Some((written, len));
            written += len;
        }
        written
    }

    fn gather(&mut self, mut blocks: &[u8]) {
        self.stream.clear();
        while let [len @ 1..=255, rest @ ..] = blocks {
            let len = usize::from(*len).min(rest.len());
            self.stream.extend_from_slice(&rest[..len]);
            blocks = &rest[len..];
        }
    }
}

/// Codes from bytes, least significant bit first.
struct Bits<'a> {
    bytes: &'a [u8],
    buffer: u64,
    count: u32,
}

impl Bits<'_> {
    fn take(&mut self, width: u32) -> Option<usize> {
        if self.count < width {
            if let Some((chunk, rest)) = self.bytes.split_first_chunk::<4>() {
                self.buffer |= u64::from(u32::from_le_bytes(*chunk)) << self.count;
                self.count += 32;
                self.bytes = rest;
            } else {
                for &byte in self.bytes {
                    self.buffer |= u64::from(byte) << self.count;
                    self.count += 8;
                }
                self.bytes = &[];
                if self.count < width {
                    return None;
                }
            }
        }
        #[expect(clippy::cast_possible_truncation, reason = "masked to at most 12 bits")]
        let code = (self.buffer & ((1 << width) - 1)) as usize;
        self.buffer >>= width;
        self.count -= width;
        Some(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(codes: &[(u16, u32)], code_size: u8, want: usize) -> Vec<u8> {
        let (mut buffer, mut count, mut bytes) = (0u64, 0, Vec::new());
        for &(code, width) in codes {
            buffer |= u64::from(code) << count;
            count += width;
            while count >= 8 {
                bytes.push(buffer.to_le_bytes()[0]);
                buffer >>= 8;
                count -= 8;
            }
        }
        bytes.push(buffer.to_le_bytes()[0]);
        let mut blocks = vec![u8::try_from(bytes.len()).unwrap()];
        blocks.extend(bytes);
        let mut out = vec![99; want];
        let got = Decoder::default().decode(&blocks, code_size, &mut out);
        out.truncate(got);
        out
    }

    #[test]
    fn the_code_being_defined_may_be_used_at_once() {
        // clear, 1, 6 (= 1 1), 7 (= 1 1 1), end
        assert_eq!(decode(&[(4, 3), (1, 3), (6, 3), (7, 4), (5, 4)], 2, 10), [1; 6]);
    }

    #[test]
    fn a_stream_may_begin_without_clear_and_clear_twice() {
        assert_eq!(decode(&[(1, 3), (2, 3), (4, 3), (4, 3), (3, 3), (5, 3)], 2, 10), [1, 2, 3]);
    }

    #[test]
    fn a_code_that_stands_for_nothing_ends_the_stream() {
        assert_eq!(decode(&[(4, 3), (7, 3), (1, 3)], 2, 10), []);
        assert_eq!(decode(&[(4, 3), (1, 3), (7, 3), (1, 3)], 2, 10), [1]);
    }

    #[test]
    fn indices_beyond_the_frame_are_left() {
        assert_eq!(decode(&[(4, 3), (1, 3), (6, 3), (7, 4), (1, 4)], 2, 4), [1; 4]);
    }

    #[test]
    fn lying_lengths_read_what_is_there() {
        let mut out = [0; 4];
        assert_eq!(Decoder::default().decode(&[200, 0b0000_1100], 2, &mut out), 1);
    }
}
