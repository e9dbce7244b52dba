//! LZW streams (`GIF89a`, appendix F), with every freedom that the format leaves to an encoder, and some that it does not.
//!
//! Called by [`crate::Frame`]. [`Stream`] has all choices; where one says "now and then", its seed decides. The code that is tested must
//! never call it.

mod codes;

use codes::Codes;

use crate::Noise;

/// How indices are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Whether a Clear comes first, as it should.
    pub starts_with_clear: bool,
    /// When else a Clear comes.
    pub clears: Clears,
    /// Whether a Clear is now and then followed by one or two more.
    pub repeats_clears: bool,
    /// Which code is taken where several would do.
    pub parse: Parse,
    /// Where the codes stop.
    pub end: End,
    /// Bytes after the last code, in its sub-block and, if they are many, in further ones.
    pub junk_bytes: u16,
    /// How the bytes are cut up.
    pub sub_blocks: SubBlocks,
    /// What is wrong with the stream.
    pub fault: Option<Fault>,
    /// Decides what happens now and then.
    pub seed: u32,
}

/// When a Clear comes, but for the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clears {
    /// As soon as the table is full.
    AtFull,
    /// When the table has been full for so many codes, all of 12 bits.
    AfterFull(u32),
    /// Never: once the table is full it stays as it is.
    Never,
    /// After so many codes, in the middle of a run or not.
    Every(u32),
    /// After one code in so many.
    OneIn(u32),
}

/// Which code is taken where several would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parse {
    /// That of the longest string.
    Greedy,
    /// That of a short string, one time in so many. It makes the table hold a string twice.
    Lazy(u32),
}

/// Where the codes stop. Percents are of the frame's pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// End of Information after the last pixel.
    Eoi,
    /// After the last pixel, without End of Information.
    Missing,
    /// End of Information at a part of the pixels.
    Early(u8),
    /// At a part of the pixels, without End of Information.
    Cut(u8),
    /// End of Information after so many pixels more than the frame has.
    Beyond(u16),
}

/// How the bytes are cut into sub-blocks. None is empty but the terminator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubBlocks {
    /// 255 bytes each.
    Full,
    /// From one byte up to so many.
    UpTo(u8),
}

/// What is wrong with a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A code that stands for nothing yet, at the first chance after so many codes. What follows it is well-formed.
    PastTable(u32),
    /// The last sub-block claims one byte more than it has, and so takes in the terminator.
    SwallowedTerminator,
}

impl Stream {
    /// As most encoders write.
    #[must_use]
    pub fn plain() -> Self {
        Self {
            starts_with_clear: true,
            clears: Clears::AtFull,
            repeats_clears: false,
            parse: Parse::Greedy,
            end: End::Eoi,
            junk_bytes: 0,
            sub_blocks: SubBlocks::Full,
            fault: None,
            seed: 0,
        }
    }

    /// Appends the minimum code size, the sub-blocks and their terminator. The indices must fit the code size.
    pub fn write(&self, indices: &[u8], min_code_size: u8, out: &mut Vec<u8>) {
        let mut noise = Noise::new(self.seed);
        let mut bytes = self.codes(indices, min_code_size, &mut noise);
        bytes.extend((0..self.junk_bytes).map(|_| noise.byte()));
        out.push(min_code_size);
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let size = match self.sub_blocks {
                SubBlocks::Full => 255,
                SubBlocks::UpTo(most) => 1 + noise.below(u32::from(most)).to_le_bytes()[0],
            };
            let (block, behind) = rest.split_at(rest.len().min(size.into()));
            let lies = behind.is_empty() && self.fault == Some(Fault::SwallowedTerminator);
            out.push(u8::try_from(block.len()).unwrap_or(255).saturating_add(u8::from(lies)));
            out.extend_from_slice(block);
            rest = behind;
        }
        out.push(0);
    }

    fn codes(&self, indices: &[u8], min_code_size: u8, noise: &mut Noise) -> Vec<u8> {
        let part = |percent: u8| indices[..indices.len() * usize::from(percent.min(100)) / 100].to_vec();
        let indices = match self.end {
            End::Eoi | End::Missing => indices.to_vec(),
            End::Early(percent) | End::Cut(percent) => part(percent),
            End::Beyond(pixels) => [indices, &vec![indices.last().copied().unwrap_or(0); pixels.into()]].concat(),
        };
        let mut codes = Codes::new(min_code_size);
        if self.starts_with_clear {
            self.clear(&mut codes, noise);
        }
        let (mut rest, mut written, mut is_sound) = (&indices[..], 0, true);
        while !rest.is_empty() {
            if let Some(Fault::PastTable(after)) = self.fault
                && is_sound
                && written >= after
            {
                is_sound = !codes.put_unknown();
            }
            let longest = match self.parse {
                Parse::Lazy(n) if noise.one_in(n) => 1 + noise.below(3) as usize,
                _ => usize::MAX,
            };
            rest = codes.put_string(rest, longest);
            written += 1;
            let is_due = match self.clears {
                Clears::AtFull => codes.since_full() == Some(0),
                Clears::AfterFull(n) => codes.since_full().is_some_and(|codes| codes >= n),
                Clears::Never => false,
                Clears::Every(n) => codes.since_clear() >= n,
                Clears::OneIn(n) => noise.one_in(n),
            };
            if is_due {
                self.clear(&mut codes, noise);
            }
        }
        if !matches!(self.end, End::Missing | End::Cut(_)) {
            codes.put_end();
        }
        codes.into_bytes()
    }

    fn clear(&self, codes: &mut Codes, noise: &mut Noise) {
        codes.clear();
        if self.repeats_clears && noise.one_in(2) {
            (0..=noise.below(2)).for_each(|_| codes.clear());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(stream: &Stream, indices: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        stream.write(indices, 2, &mut out);
        out
    }

    #[test]
    fn the_specification_s_own_way_is_written_to_the_bit() {
        // Clear, 1, 6 (1 1), 6, 2, end: widths 3 3 3 3 4 4.
        let bits: u32 = 4 | 1 << 3 | 6 << 6 | 6 << 9 | 2 << 12 | 5 << 16;
        assert_eq!(written(&Stream::plain(), &[1, 1, 1, 1, 1, 2]), [&[2, 3], &bits.to_le_bytes()[..3], &[0]].concat());
    }

    #[test]
    fn without_clear_and_end_only_the_strings_are_left() {
        let stream = Stream { starts_with_clear: false, end: End::Missing, ..Stream::plain() };
        assert_eq!(written(&stream, &[1, 1, 1]), [2, 1, 1 | 6 << 3, 0]);
    }

    #[test]
    fn junk_and_small_blocks_lose_no_byte() {
        let stream = Stream { junk_bytes: 40, sub_blocks: SubBlocks::UpTo(3), ..Stream::plain() };
        let blocks = written(&stream, &[1, 2, 3]);
        let (mut at, mut bytes) = (1, 0);
        while blocks[at] != 0 {
            assert!(blocks[at] <= 3);
            bytes += usize::from(blocks[at]);
            at += 1 + usize::from(blocks[at]);
        }
        assert_eq!((at + 1, bytes), (blocks.len(), 42));
    }
}
