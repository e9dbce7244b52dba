//! What is written reads back, in our decoder and in another.

use super::{
    bits::Stream,
    codes::length_bits,
    decode::{COPY_LEN, Decoder},
    encode::Encoder,
    naive,
    scan::Scan,
    whole::{decode, encode},
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
fn the_ten_codes_of_the_worked_example_are_read_and_written_as_it_says() {
    let codes = [4, 0, 1, 6, 8, 2, 10, 3, 3, 1, 5];
    let blocks = naive::write(&codes, 2, 255);
    let indices = [0, 1, 0, 1, 0, 1, 0, 2, 2, 2, 3, 3, 1];
    assert_eq!((decode(&blocks, 2, 13), encode(&indices, 2)), (indices.to_vec(), blocks.clone()));
    let widths: Vec<u32> = naive::read(&blocks, 2).codes.iter().map(|code| code.width).collect();
    assert_eq!(widths, [3, 3, 3, 4, 4, 4, 4, 4, 4]);
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

/// One code for each index, and a Clear before the table of such codes is full.
#[test]
fn code_sizes_beyond_a_byte_are_read_as_other_decoders_read_them() {
    for code_size in 9..=11u8 {
        let clear = 1usize << code_size;
        let indices = noise(5000, 256);
        let codes = indices.chunks(1000).flat_map(|chunk| [clear].into_iter().chain(chunk.iter().map(|&index| index.into())));
        let blocks = naive::write(&codes.chain([clear + 1]).collect::<Vec<_>>(), code_size, 255);
        assert_eq!(decode(&blocks, code_size, indices.len()), indices, "{code_size}");
        let (mut stream, mut scan) = (Stream::default(), Scan::default());
        stream.gather(&blocks);
        scan.scan_and::<true>(&stream, code_size, indices.len());
        let used = scan.used(&stream, code_size, indices.len());
        assert!((0..=255).all(|index| used.contains(index) == indices.contains(&index)));
        // What follows in the same tables is read as if nothing had been before.
        let plain = encode(&indices[..500], 8);
        stream.gather(&plain);
        scan.scan(&stream, 8, 500);
        assert_eq!(scan.pixels, 500);
    }
    // Of an index beyond a byte the low one is shown.
    let blocks = naive::write(&[512, 300, 7, 513], 9, 255);
    assert_eq!(decode(&blocks, 9, 2), [44, 7]);
}

proptest! {
    #[test]
    fn any_indices_read_back(indices in prop::collection::vec(0u8..16, 0..6000), code_size in 4u8..=8) {
        prop_assert_eq!(decode(&encode(&indices, code_size), code_size, indices.len()), indices);
    }

    #[test]
    fn any_bytes_decode_without_a_panic(blocks: Vec<u8>, code_size in 1u8..=11) {
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
