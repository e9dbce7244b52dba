//! When a full table is given up, and what copied and kept stretches become: held against a naive decoder and the `gif` crate's.

use std::collections::HashSet;

use proptest::prelude::*;
use samples::{
    Noise,
    stream::{Clears, Stream as Written},
};

use super::{
    super::{decode::COPY_LEN, naive, scan::Scan, whole},
    *,
};

fn noise(len: usize, from: u8, below: u8, seed: u32) -> Vec<u8> {
    let mut noise = Noise::new(seed);
    (0..len).map(|_| from + u8::try_from(noise.below(u32::from(below - from))).unwrap()).collect()
}

/// The indices of a stream of `rows` of 100, as the `gif` crate decodes them.
fn decoded_elsewhere(blocks: &[u8], rows: u8) -> Vec<u8> {
    let mut file = b"GIF89a\x64\0\x64\0\xF7\0\0".to_vec();
    file.extend((0..=255u8).flat_map(|i| [i, i, i]));
    file.extend([0x2C, 0, 0, 0, 0, 100, 0, rows, 0, 0, 8]);
    file.extend(blocks);
    file.push(0x3B);
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::Indexed);
    let mut decoder = options.read_info(&*file).unwrap();
    decoder.read_next_frame().unwrap().unwrap().buffer.to_vec()
}

fn open(blocks: &[u8], code_size: u8) -> (Stream, Scan) {
    let (mut stream, mut scan) = (Stream::default(), Scan::default());
    stream.gather(blocks);
    scan.scan(&stream, code_size, 1 << 20);
    (stream, scan)
}

/// A stream of one segment, of which `changed` and all behind is encoded anew.
fn keep_before(changed: usize, blocks: &[u8], code_size: u8) -> Vec<u8> {
    keep_and_go_on(changed, blocks, code_size, &[])
}

fn keep_and_go_on(changed: usize, blocks: &[u8], code_size: u8, behind: &[u8]) -> Vec<u8> {
    let (stream, scan) = open(blocks, code_size);
    let [segment] = &scan.segments[..] else { panic!("one segment") };
    let (mut decoder, mut indices) = (Decoder::default(), vec![0; segment.end_pixel + COPY_LEN]);
    decoder.decode(&stream, code_size, segment, &mut indices);
    indices.truncate(segment.end_pixel);
    let (mut encoder, mut out) = (Encoder::default(), Vec::new());
    encoder.begin(code_size);
    let kept = decoder.before(changed);
    if kept.codes > 0 {
        encoder.keep(&stream, segment, &decoder, kept, &indices);
    }
    encoder.encode(&indices[kept.pixels..]);
    encoder.encode(behind);
    encoder.finish(&mut out);
    out
}

#[test]
fn a_full_table_that_stays_good_is_kept() {
    // The same kind of noise to the end.
    let blocks = whole::encode(&noise(25_500, 0, 16, 5), 8);
    let read = naive::read(&blocks, 8);
    assert_eq!(read.segments().len(), 1);
    assert!(read.codes.len() > 2 * TABLE_LEN);
    assert_eq!(read.indices, noise(25_500, 0, 16, 5));
    assert_eq!(decoded_elsewhere(&blocks, 255), read.indices);
}

#[test]
fn a_full_table_that_turns_bad_is_given_up_soon() {
    let (changes, len) = (14_000, 25_500);
    let indices = [noise(changes, 0, 16, 5), noise(len - changes, 16, 32, 6)].concat();
    let blocks = whole::encode(&indices, 8);
    let read = naive::read(&blocks, 8);
    assert_eq!(read.indices, indices);
    assert_eq!(decoded_elsewhere(&blocks, 255), indices);
    let segments = read.segments();
    assert_eq!(segments.len(), 2);
    let given_up = segments[1][0].first_pixel;
    assert!((changes..changes + 2 * JUDGED_CODES as usize).contains(&given_up), "given up at {given_up}");
}

#[test]
fn a_table_that_is_not_full_is_never_given_up() {
    // Ever other indices: each stretch is news to the table, which still has room.
    let indices: Vec<u8> = (0..12).flat_map(|i| noise(280, i * 20, i * 20 + 20, i.into())).collect();
    let read = naive::read(&whole::encode(&indices, 8), 8);
    assert!(read.codes.len() < TABLE_LEN - 258);
    assert_eq!((read.segments().len(), read.indices), (1, indices));
}

#[test]
fn little_that_is_left_is_not_worth_a_new_table() {
    let clears = |behind: usize| {
        let indices = [noise(20_000, 0, 16, 5), noise(behind, 0, 20, 6)].concat();
        naive::read(&whole::encode(&indices, 8), 8).segments().len()
    };
    // Somewhat worse than while the table grew, but better than a young table.
    assert_eq!((clears(700), clears(6000)), (1, 2));
}

#[test]
fn a_segment_is_copied_to_the_bit_from_any_bit_to_any_bit() {
    // Every segment of nine bits a code, so that each begins at another bit of its byte.
    let indices = noise(900, 0, 200, 8);
    let mut blocks = Vec::new();
    Written { clears: Clears::Every(10), ..Written::plain() }.write(&indices, 8, &mut blocks);
    let (blocks, mut met) = (&blocks[1..], [[false; 8]; 8]);
    let ((stream, scan), bits) = (open(blocks, 8), naive::bits(blocks));
    let mut encoder = Encoder::default();
    for (k, segment) in scan.segments.iter().enumerate().take(16) {
        for before in 0..=8usize {
            let mut out = Vec::new();
            encoder.begin(8);
            encoder.encode(&(0..8).take(before).collect::<Vec<u8>>());
            encoder.copy(&stream, segment);
            encoder.encode(&[7, 7, 7]);
            encoder.finish(&mut out);
            let read = naive::read(&out, 8);
            let copied = read.segments()[usize::from(before > 0)];
            let (from, len) = (copied[0].bit, segment.end_bit - segment.start_bit);
            assert_eq!(naive::bits(&out)[from..from + len], bits[segment.start_bit..segment.end_bit], "segment {k}, {before}");
            let own = &indices[segment.first_pixel..segment.end_pixel];
            assert_eq!(read.indices, [&(0..8).take(before).collect::<Vec<u8>>(), own, &[7, 7, 7]].concat());
            met[segment.start_bit % 8][from % 8] = true;
        }
    }
    assert_eq!(met, [[true; 8]; 8]);
}

#[test]
fn copied_segments_of_every_length_leave_the_width_of_their_last_code() {
    for codes in [1, 2, 254, 255, 256, 257, 766, 767, 768, 769, 3838, 3839, 3840, 4500] {
        let indices = noise(9000, 0, 255, codes);
        let mut blocks = Vec::new();
        Written { clears: Clears::Every(codes), ..Written::plain() }.write(&indices, 8, &mut blocks);
        let (stream, scan) = open(&blocks[1..], 8);
        let (mut encoder, mut out) = (Encoder::default(), Vec::new());
        encoder.begin(8);
        for segment in scan.segments.iter().take(3) {
            encoder.copy(&stream, segment);
        }
        encoder.finish(&mut out);
        let wanted = scan.segments.iter().take(3).next_back().unwrap().end_pixel;
        assert_eq!(naive::read(&out, 8).indices, indices[..wanted], "{codes} codes each");
        // Clears and all: nothing but the end is new.
        let bits = scan.segments.iter().take(3).next_back().unwrap().end_bit;
        assert_eq!(naive::bits(&out)[..bits], naive::bits(&blocks[1..])[..bits], "{codes} codes each");
    }
}

#[test]
fn a_beginning_that_is_kept_has_taught_the_encoder_its_whole_table() {
    // Greedy codes kept up to anywhere and gone on with from there come to the very same stream.
    for (indices, code_size) in [(noise(3000, 0, 4, 1), 2), (vec![1; 3000], 2), (noise(6000, 0, 9, 3), 8)] {
        let blocks = whole::encode(&indices, code_size);
        for changed in (0..indices.len()).step_by(37).chain([1, 2, 3, indices.len() - 1]) {
            assert!(keep_before(changed, &blocks, code_size) == blocks, "kept before pixel {changed}");
        }
    }
}

#[test]
fn a_full_table_that_was_kept_goes_on_being_used() {
    let indices = noise(25_500, 0, 16, 5);
    let blocks = whole::encode(&indices, 8);
    let again = keep_before(indices.len() - 1, &blocks, 8);
    assert_eq!(naive::read(&again, 8).indices, indices);
    assert_eq!(decoded_elsewhere(&again, 255), indices);
    assert!(again.len() <= blocks.len() + blocks.len() / 50, "{} bytes became {}", blocks.len(), again.len());
}

#[test]
fn a_table_that_was_kept_is_given_up_as_soon_as_one_of_our_own() {
    let blocks = whole::encode(&noise(14_000, 0, 16, 5), 8);
    let turned = noise(9000, 16, 32, 6);
    for changed in [1, 3000, 6000] {
        let read = naive::read(&keep_and_go_on(changed, &blocks, 8, &turned), 8);
        let segments = read.segments();
        assert_eq!(segments.len(), 2, "kept before pixel {changed}");
        assert!((14_000..14_000 + 2 * JUDGED_CODES as usize).contains(&segments[1][0].first_pixel));
    }
}

/// Indices in runs of up to `longest`, of which a few are much longer.
fn runs(len: usize, below: u8, longest: u32, seed: u32) -> Vec<u8> {
    let mut noise = Noise::new(seed);
    let run = || {
        let index = u8::try_from(noise.below(below.into())).unwrap();
        let longer = if noise.below(40) == 0 { 30 } else { 1 };
        std::iter::repeat_n(index, (noise.below(longest) + 1) as usize * longer)
    };
    std::iter::repeat_with(run).flatten().take(len).collect()
}

/// The first code that does not stand for the longest string that its table had, if any.
fn first_short_code(read: &naive::Read, code_size: u8) -> Option<naive::Code> {
    let string = |code: &naive::Code, more: usize| &read.indices[code.first_pixel..][..code.pixels + more];
    let is_short = |known: &mut HashSet<Vec<u8>>, code: &naive::Code| {
        let prolonged = (code.first_pixel + code.pixels < read.indices.len()).then(|| string(code, 1).to_vec())?;
        let is_short = known.contains(&prolonged);
        if known.len() < TABLE_LEN - (1 << code_size) - 2 {
            known.insert(prolonged);
        }
        is_short.then_some(*code)
    };
    read.segments().iter().find_map(|segment| {
        let mut known = HashSet::new();
        // The last is cut off by the Clear.
        segment[..segment.len() - 1].iter().find_map(|code| is_short(&mut known, code))
    })
}

#[test]
fn a_run_that_was_begun_goes_on_in_what_comes_next() {
    let run = vec![3; 5000];
    for first in [1, 7, 8, 9, 100, 4999] {
        let (mut encoder, mut blocks) = (Encoder::default(), Vec::new());
        encoder.begin(2);
        encoder.encode(&run[..first]);
        encoder.encode(&run[first..]);
        encoder.finish(&mut blocks);
        // Begun anew it may be known to be longer, but none of it may be lost.
        assert_eq!(naive::read(&blocks, 2).indices, run, "{first}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_code_stands_for_the_longest_string_there_is(
        len in 1usize..60_000, below in 1u8..=32, longest in 1u32..60, seed: u32,
    ) {
        let indices = runs(len, below, longest, seed);
        let read = naive::read(&whole::encode(&indices, 5), 5);
        prop_assert_eq!(first_short_code(&read, 5), None);
        prop_assert_eq!(read.indices, indices);
    }

    #[test]
    fn any_beginning_of_any_stream_may_be_kept(
        len in 1usize..9000, below in 2u8..=32, seed: u32, lazy in 1u32..6, changed: prop::sample::Index,
    ) {
        let indices = noise(len, 0, below, seed);
        let written = Written { clears: Clears::Never, parse: samples::stream::Parse::Lazy(lazy), seed, ..Written::plain() };
        let mut blocks = Vec::new();
        written.write(&indices, 5, &mut blocks);
        prop_assert_eq!(naive::read(&keep_before(changed.index(len), &blocks[1..], 5), 5).indices, indices);
    }
}
