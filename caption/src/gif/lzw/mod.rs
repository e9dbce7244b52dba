//! Variable-length-code LZW as GIF has it (`GIF89a`, appendix F): indices from codes and back.
//!
//! Called by `frame` for the frames that a caption touches. It knows codes and indices, not frames
//! or palettes, and takes streams as browsers do: whatever decodes before the first error counts.

mod decode;
mod encode;

pub(super) use decode::Decoder;
pub(super) use encode::Encoder;

/// The longest code, in bits.
const MAX_CODE_BITS: u32 = 12;
/// Entries of a full table.
const TABLE_LEN: usize = 1 << MAX_CODE_BITS;

/// Minimum code sizes that decoders agree on.
pub(super) const CODE_SIZES: std::ops::RangeInclusive<u8> = 1..=8;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round_trip(indices: &[u8], code_size: u8) -> Vec<u8> {
        let mut blocks = Vec::new();
        Encoder::default().encode(indices, code_size, &mut blocks);
        let mut back = vec![0; indices.len()];
        let decoded = Decoder::default().decode(&blocks, code_size, &mut back);
        assert_eq!(decoded, indices.len());
        back
    }

    #[test]
    fn long_runs_and_noise_fill_the_table_and_read_back() {
        let run = vec![7; 300_000];
        assert_eq!(round_trip(&run, 8), run);
        let mut state = 1u32;
        let noise: Vec<u8> = (0..100_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect();
        assert_eq!(round_trip(&noise, 8), noise);
    }

    #[test]
    fn our_stream_reads_back_in_another_decoder() {
        let indices: Vec<u8> = (0..64 * 64u32).map(|i| (i * i / 7 % 61) as u8).collect();
        let mut file = b"GIF89a\x40\0\x40\0\xF5\0\0".to_vec();
        file.extend((0..64u8).flat_map(|i| [i, i, i]));
        file.extend(b"\x2C\0\0\0\0\x40\0\x40\0\0\x06");
        Encoder::default().encode(&indices, 6, &mut file);
        file.push(0x3B);
        let mut options = gif::DecodeOptions::new();
        options.set_color_output(gif::ColorOutput::Indexed);
        let mut decoder = options.read_info(&*file).unwrap();
        assert_eq!(decoder.read_next_frame().unwrap().unwrap().buffer, indices);
    }

    proptest! {
        #[test]
        fn any_indices_read_back(indices in prop::collection::vec(0u8..16, 0..6000), code_size in 4u8..=8) {
            prop_assert_eq!(round_trip(&indices, code_size), indices);
        }

        #[test]
        fn any_bytes_decode_without_a_panic(blocks: Vec<u8>, code_size in 1u8..=8) {
            let mut out = vec![0; 500];
            prop_assert!(Decoder::default().decode(&blocks, code_size, &mut out) <= 500);
        }
    }
}
