//! Streams made by hand, right and wrong, and any stream, held against a decoder that is written as the specification is.

use proptest::prelude::*;
use samples::{
    Noise,
    stream::{Clears, Parse, Stream as Written},
};

use super::{
    super::{codes::length_bits, naive, scan::Scan, whole},
    *,
};

const CLEAR: usize = 4;
const END: usize = 5;

/// What codes of size 2 stand for in a frame that has room.
fn decoded(codes: &[usize]) -> Vec<u8> {
    whole::decode(&naive::write(codes, 2, 255), 2, 1000)
}

fn noise(len: usize, below: u32, seed: u32) -> Vec<u8> {
    let mut noise = Noise::new(seed);
    (0..len).map(|_| u8::try_from(noise.below(below)).unwrap()).collect()
}

#[test]
fn a_code_may_stand_for_the_very_string_that_it_defines() {
    assert_eq!(decoded(&[CLEAR, 1, 6, 7, END]), [1; 6]);
    assert_eq!(decoded(&[CLEAR, 1, 2, 6, 8, 3, END]), [1, 2, 1, 2, 1, 2, 1, 3]);
    // Up to the last entry, with strings of every length; the table is full then.
    let run: Vec<usize> = [CLEAR, 1].into_iter().chain(6..4096).chain([4095, 2, 6]).collect();
    let len: usize = 1 + (2..=4091).sum::<usize>() + 4091;
    let blocks = naive::write(&run, 2, 255);
    let found = whole::decode(&blocks, 2, usize::MAX >> 1);
    assert_eq!((found.len(), &found[len..]), (len + 3, &[2, 1, 1][..]));
    assert!(found[..len].iter().all(|&index| index == 1));
}

#[test]
fn a_stream_may_lack_its_first_clear_and_have_others_twice() {
    let shown = [1, 1, 1, 3, 2, 2, 2];
    assert_eq!(decoded(&[CLEAR, 1, 6, 3, CLEAR, 2, 6, END]), shown);
    assert_eq!(decoded(&[1, 6, 3, CLEAR, 2, 6, END]), shown);
    assert_eq!(decoded(&[CLEAR, CLEAR, CLEAR, 1, 6, 3, CLEAR, CLEAR, 2, 6, CLEAR, CLEAR, END]), shown);
}

#[test]
fn nothing_counts_behind_an_end_or_a_code_that_is_not_defined() {
    assert_eq!(decoded(&[CLEAR, 1, 7, 2, 2]), [1]);
    assert_eq!(decoded(&[CLEAR, 6, 2, 2]), [0; 0]);
    assert_eq!(decoded(&[CLEAR, 1, 6, CLEAR, 7, 2, 2]), [1, 1, 1]);
    assert_eq!(decoded(&[CLEAR, 1, 2, END, 2, 2]), [1, 2]);
    assert_eq!(decoded(&[CLEAR, 1, CLEAR, END, CLEAR, 2]), [1]);
    assert_eq!(decoded(&[CLEAR, 1, 2, 3, 15, 2]), [1, 2, 3]);
}

#[test]
fn sub_blocks_that_lie_about_their_length_give_the_codes_that_are_there() {
    let codes: Vec<usize> = [CLEAR].into_iter().chain((0..300).map(|i| i / 7 % 4)).chain([END]).collect();
    let wanted: Vec<u8> = (0..300).map(|i| [0, 1, 2, 3][i / 7 % 4]).collect();
    for block_len in [1, 3, 100, 255] {
        let mut blocks = naive::write(&codes, 2, block_len);
        assert_eq!(whole::decode(&blocks, 2, 300), wanted, "blocks of {block_len} bytes");
        // The last block claims more than the file has, and there is no terminator.
        blocks.pop();
        let last = (blocks.len() - 1) / (block_len + 1) * (block_len + 1);
        blocks[last] = 255;
        assert_eq!(whole::decode(&blocks, 2, 300), wanted, "the last of {block_len} bytes");
    }
}

#[test]
fn a_frame_takes_as_many_indices_as_it_holds() {
    // 1, 11, 111, 2, 1112: the frame may end in any string and between any two.
    let blocks = naive::write(&[CLEAR, 1, 6, 7, 2, 8, END], 2, 255);
    assert_eq!(naive::read(&blocks, 2).indices, [1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 2]);
    // Strings much longer than the room behind the frame.
    let run: Vec<usize> = [CLEAR, 1].into_iter().chain(6..60).chain([END]).collect();
    // 1, 2, 12, 121: the last, cut by its last index, doesn't end with its first.
    let cut = naive::write(&[CLEAR, 1, 2, 6, 8, END], 2, 255);
    for blocks in [blocks, naive::write(&run, 2, 255), cut] {
        let all = naive::read(&blocks, 2).indices;
        for area in 0..=all.len() + 1 {
            assert_eq!(whole::decode(&blocks, 2, area), all[..area.min(all.len())], "a frame of {area}");
        }
    }
}

#[test]
fn what_is_kept_ends_with_a_code_that_begins_at_a_known_bit() {
    // 1, 11, 2, 112, 2, 3
    let blocks = naive::write(&[CLEAR, 1, 6, 2, 7, 2, 3, END], 2, 255);
    let opened = Opened::first_segment(&blocks, 2, 100);
    let kept = |pixel| (opened.decoder.before(pixel).codes, opened.decoder.before(pixel).pixels);
    let wanted = [(0, 0), (1, 1), (1, 1), (2, 3), (3, 4), (3, 4), (3, 4), (4, 7), (4, 7)];
    assert_eq!((0..9).map(kept).collect::<Vec<_>>(), wanted);
    opened.knows_its_codes();
    // 6 is 11, 7 is 112, 8 is 21, 9 is 1122.
    assert_eq!(opened.decoder.entries(5).collect::<Vec<_>>(), [(1, 1), (6, 3), (2, 4), (7, 7)]);
}

#[test]
fn codes_of_a_full_table_are_read_but_not_kept() {
    let indices = noise(30_000, 16, 3);
    for clears in [Clears::AtFull, Clears::AfterFull(0), Clears::AfterFull(1), Clears::AfterFull(700), Clears::Never] {
        let mut blocks = Vec::new();
        Written { clears, ..Written::plain() }.write(&indices, 4, &mut blocks);
        assert_eq!(whole::decode(&blocks[1..], 4, indices.len()), indices, "{clears:?}");
        let opened = Opened::first_segment(&blocks[1..], 4, indices.len());
        assert!(opened.codes.len() >= TABLE_LEN - 18);
        assert!(opened.decoder.before(indices.len()).codes < TABLE_LEN - 18, "{clears:?}");
        opened.knows_its_codes();
    }
}

#[test]
fn a_decoder_forgets_the_segment_before() {
    let (long, short) = (naive::write(&[CLEAR, 1, 6, 7, 8, END], 2, 255), naive::write(&[CLEAR, 3, END], 2, 255));
    let mut opened = Opened::first_segment(&long, 2, 100);
    opened.take(&short, 2, 100);
    assert_eq!(opened.decoder.before(0), Kept { codes: 0, pixels: 0 });
    assert_eq!(opened.decoder.before(9).codes, 0);
    assert_eq!(opened.decoder.entries(0).count(), 0);
}

/// A segment that was decoded last, and how it reads.
struct Opened {
    decoder: Decoder,
    code_size: u8,
    codes: Vec<naive::Code>,
    indices: Vec<u8>,
}

impl Opened {
    fn first_segment(blocks: &[u8], code_size: u8, area: usize) -> Self {
        let mut opened = Self { decoder: Decoder::default(), code_size, codes: Vec::new(), indices: Vec::new() };
        opened.take(blocks, code_size, area);
        opened
    }

    fn take(&mut self, blocks: &[u8], code_size: u8, area: usize) {
        let (mut stream, mut scan) = (Stream::default(), Scan::default());
        stream.gather(blocks);
        scan.scan(&stream, code_size, area);
        let mut out = vec![0xEE; scan.segments[0].end_pixel + COPY_LEN];
        self.decoder.decode(&stream, code_size, &scan.segments[0], &mut out);
        out.truncate(scan.segments[0].end_pixel);
        self.codes = naive::read(blocks, code_size).segments()[0].to_vec();
        self.indices = out;
    }

    /// Whatever pixel changes: the codes kept end before it, no code less than can be remembered, at the bit where
    /// a naive decoder reads the next, with the strings that it knows there.
    fn knows_its_codes(&self) {
        let first_code = (1 << self.code_size) + 2;
        // No string begins with the last code, nor with one that comes when the table is full.
        let remembered = (self.codes.len() - 1).min(TABLE_LEN - first_code);
        for pixel in 0..self.indices.len() {
            let kept = self.decoder.before(pixel);
            let ends_before = |code: &naive::Code| code.first_pixel + code.pixels <= pixel;
            let whole = self.codes[..remembered.saturating_sub(1)].partition_point(ends_before);
            assert_eq!(kept.codes, whole, "pixel {pixel}");
            let next = self.codes[kept.codes];
            assert_eq!(kept.pixels, next.first_pixel, "pixel {pixel}");
            let (bits, width) = length_bits(self.code_size.into(), kept.codes);
            assert_eq!((bits, width), (next.bit - self.codes[0].bit, next.width), "pixel {pixel}");
        }
        for codes in 0..remembered {
            let known = self.codes[..codes].windows(2);
            // Each code but the first defines the string before it with its own first index.
            assert!(
                self.decoder
                    .entries(codes)
                    .map(|(prefix, last)| (usize::from(prefix), last))
                    .eq(known.map(|pair| (pair[0].value, pair[1].first_pixel)))
            );
            if codes > 0 {
                assert_eq!(usize::from(self.decoder.code(codes)), self.codes[codes - 1].value);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_stream_reads_as_the_specification_tells(
        len in 1usize..6000, below in 2u32..=16, seed: u32, every in 1u32..5000, lazy in 1u32..5, starts_with_clear: bool, repeats_clears: bool, area in 1usize..7000,
    ) {
        let written = Written {
            starts_with_clear, repeats_clears, seed, clears: Clears::Every(every), parse: Parse::Lazy(lazy), ..Written::plain()
        };
        let mut blocks = Vec::new();
        written.write(&noise(len, below, seed), 4, &mut blocks);
        let indices = naive::read(&blocks[1..], 4).indices;
        prop_assert_eq!(whole::decode(&blocks[1..], 4, area), &indices[..area.min(indices.len())]);
    }

    #[test]
    fn any_codes_read_as_the_specification_tells(codes in prop::collection::vec(0usize..16, 0..60), area in 0usize..100) {
        let blocks = naive::write(&codes, 2, 5);
        let indices = naive::read(&blocks, 2).indices;
        prop_assert_eq!(whole::decode(&blocks, 2, area), &indices[..area.min(indices.len())]);
    }
}
