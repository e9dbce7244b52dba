//! Variable-length-code LZW as GIF has it (`GIF89a`, appendix F), a segment at a time.
//!
//! Called by `frame` for the frames that a caption touches: `scan` finds the segments of a stream,
//! `decode` reads one, `encode` puts a stream together from old segments and new indices. It knows codes
//! and indices, not frames or palettes, and takes streams as browsers do: whatever comes before the first
//! error counts.

mod bits;
mod decode;
mod encode;
#[cfg(test)]
pub(super) mod naive;
mod scan;
mod strings;
mod walk;

pub(super) use bits::Stream;
pub(super) use decode::{COPY_LEN, Decoder};
pub(super) use encode::Encoder;
pub(super) use scan::{Scan, Segment};

/// The longest code, in bits.
const MAX_CODE_BITS: u32 = 12;
/// Entries of a full table.
const TABLE_LEN: usize = 1 << MAX_CODE_BITS;

/// Minimum code sizes that decoders agree on.
pub(super) const CODE_SIZES: std::ops::RangeInclusive<u8> = 1..=8;
/// Those at which the width of a code follows from its place alone. (With 1 the table begins one entry
/// too late to widen when it should, and few decoders agree.)
pub(super) const SPLICED_CODE_SIZES: std::ops::RangeInclusive<u8> = 2..=8;

/// A table of zeros that never stood on the stack, and whose memory the system gives only where it is written.
#[expect(clippy::unnecessary_box_returns, reason = "it is too large for the stack")]
fn zeroed<T: Clone + Default, const LEN: usize>() -> Box<[T; LEN]> {
    let table = vec![T::default(); LEN].into_boxed_slice();
    table.try_into().unwrap_or_else(|_| unreachable!("it has that length"))
}

/// How many bits the first `codes` codes after a Clear take, and the width of the next.
fn length_bits(code_size: u32, codes: usize) -> (usize, u32) {
    let mut width = code_size + 1;
    let mut bits = width as usize * codes.min(1);
    let mut left = codes.saturating_sub(1);
    // The first code defines nothing; each other one defines an entry, until the table is full.
    let mut next = (1usize << code_size) + 2;
    while left > 0 {
        let of_this_width = if next == TABLE_LEN { left } else { left.min((1 << width) - next) };
        bits += of_this_width * width as usize;
        left -= of_this_width;
        next = (next + of_this_width).min(TABLE_LEN);
        if next == 1 << width && width < MAX_CODE_BITS {
            width += 1;
        }
    }
    (bits, width)
}

/// Whole streams at once, for tests.
#[cfg(test)]
pub(super) mod whole {
    use super::*;

    pub(in crate::gif) fn encode(indices: &[u8], code_size: u8) -> Vec<u8> {
        let (mut encoder, mut blocks) = (Encoder::default(), Vec::new());
        encoder.begin(code_size);
        encoder.encode(indices);
        encoder.finish(&mut blocks);
        blocks
    }

    pub(in crate::gif) fn decode(blocks: &[u8], code_size: u8, area: usize) -> Vec<u8> {
        let (mut stream, mut scan, mut decoder) = (Stream::default(), Scan::default(), Decoder::default());
        stream.gather(blocks);
        scan.scan(&stream, code_size, area);
        let mut out = vec![0; scan.pixels + COPY_LEN];
        for segment in &scan.segments {
            decoder.decode(&stream, code_size, segment, &mut out[segment.first_pixel..]);
        }
        out.truncate(scan.pixels);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::{
        whole::{decode, encode},
        *,
    };
    use proptest::prelude::*;

    fn noise(len: usize, below: u32) -> Vec<u8> {
        let mut state = 1u32;
        (0..len)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                u8::try_from((state >> 16) % below).unwrap()
            })
            .collect()
    }

    #[test]
    fn long_runs_and_noise_fill_the_table_and_read_back() {
        let run = vec![7; 300_000];
        assert_eq!(decode(&encode(&run, 8), 8, run.len()), run);
        let noise = noise(100_000, 256);
        assert_eq!(decode(&encode(&noise, 8), 8, noise.len()), noise);
    }

    #[test]
    fn a_string_defined_by_itself_may_be_cut_off_by_the_end_of_its_frame() {
        // Clear, 0, 1, 6 (0 1), 8 (0 1 0).
        let blocks = [2, 0x44, 0x8C, 0];
        assert_eq!(decode(&blocks, 2, 7), [0, 1, 0, 1, 0, 1, 0]);
        assert_eq!(decode(&blocks, 2, 6), [0, 1, 0, 1, 0, 1]);
    }

    #[test]
    fn our_stream_reads_back_in_another_decoder() {
        let indices: Vec<u8> = (0..64 * 64u32).map(|i| (i * i / 7 % 61) as u8).collect();
        let mut file = b"GIF89a\x40\0\x40\0\xF5\0\0".to_vec();
        file.extend((0..64u8).flat_map(|i| [i, i, i]));
        file.extend(b"\x2C\0\0\0\0\x40\0\x40\0\0\x06");
        file.extend(encode(&indices, 6));
        file.push(0x3B);
        let mut options = gif::DecodeOptions::new();
        options.set_color_output(gif::ColorOutput::Indexed);
        let mut decoder = options.read_info(&*file).unwrap();
        assert_eq!(decoder.read_next_frame().unwrap().unwrap().buffer, indices);
    }

    #[test]
    fn the_length_of_codes_is_that_of_their_widths() {
        assert_eq!(length_bits(2, 0), (0, 3));
        assert_eq!(length_bits(2, 3), (9, 4));
        assert_eq!(length_bits(8, 255), (255 * 9, 10));
        assert_eq!(length_bits(8, 3839).1, 12);
        assert_eq!(length_bits(8, 5000).0 - length_bits(8, 4000).0, 12_000);
    }

    proptest! {
        #[test]
        fn any_indices_read_back(indices in prop::collection::vec(0u8..16, 0..6000), code_size in 4u8..=8) {
            prop_assert_eq!(decode(&encode(&indices, code_size), code_size, indices.len()), indices);
        }

        #[test]
        fn any_bytes_decode_without_a_panic(blocks: Vec<u8>, code_size in 1u8..=8) {
            prop_assert!(decode(&blocks, code_size, 500).len() <= 500);
        }

        #[test]
        fn a_segment_may_be_kept_up_to_any_index(
            len in 1usize..30_000, below in 2u32..=256, run in 1usize..40, place: prop::sample::Index, code_size in prop::sample::select(vec![8u8]),
        ) {
            let indices: Vec<u8> = noise(len, below).into_iter().flat_map(|i| std::iter::repeat_n(i, usize::from(i) % run + 1)).collect();
            let blocks = encode(&indices, code_size);
            let (mut stream, mut scan, mut decoder) = (Stream::default(), Scan::default(), Decoder::default());
            stream.gather(&blocks);
            scan.scan(&stream, code_size, indices.len());
            let changed = place.index(indices.len());
            let (mut encoder, mut out) = (Encoder::default(), Vec::new());
            encoder.begin(code_size);
            let mut wanted = indices.clone();
            for segment in &scan.segments {
                if !(segment.first_pixel..segment.end_pixel).contains(&changed) {
                    encoder.copy(&stream, segment);
                    continue;
                }
                let mut window = vec![0; segment.end_pixel - segment.first_pixel + COPY_LEN];
                decoder.decode(&stream, code_size, segment, &mut window);
                window.truncate(segment.end_pixel - segment.first_pixel);
                let place = changed - segment.first_pixel;
                window[place] ^= 1;
                wanted[changed] ^= 1;
                let kept = decoder.before(place);
                prop_assert!(kept.pixels <= place);
                if kept.codes > 0 {
                    encoder.keep(&stream, segment, &decoder, kept, &window);
                }
                encoder.encode(&window[kept.pixels..]);
            }
            encoder.finish(&mut out);
            prop_assert_eq!(decode(&out, code_size, indices.len()), wanted);
        }
    }
}
