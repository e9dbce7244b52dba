//! The player against hand-made files, against what samples were written from, and against another decoder.

use proptest::prelude::*;

use super::*;
use crate::{
    Content, Frame, Palette, Sample,
    stream::{Clears, End, Fault, Stream, SubBlocks},
};

const R: Pixel = Some([255, 0, 0]);
const G: Pixel = Some([0, 255, 0]);
const B: Pixel = Some([0, 0, 255]);

/// A screen with the palette red, green, blue, black and these blocks.
fn file(width: u8, height: u8, blocks: &[&[u8]]) -> Vec<u8> {
    let head = [&b"GIF89a"[..], &[width, 0, height, 0, 0x81, 0, 0], &[255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0]];
    [head.concat(), blocks.concat()].concat()
}

fn control(disposal: u8, transparent: Option<u8>, delay_cs: u8) -> Vec<u8> {
    let flags = disposal << 2 | u8::from(transparent.is_some());
    vec![0x21, 0xF9, 4, flags, delay_cs, 0, transparent.unwrap_or(0), 0]
}

fn image(rect: [u8; 4], flags: u8, indices: &[u8]) -> Vec<u8> {
    let [left, top, width, height] = rect;
    let mut out = vec![0x2C, left, 0, top, 0, width, 0, height, 0, flags];
    Stream::plain().write(indices, 2, &mut out);
    out
}

fn canvases(bytes: &[u8]) -> Vec<Vec<Pixel>> {
    Player::open(bytes).unwrap().map(|shown| shown.canvas).collect()
}

#[test]
fn each_disposal_leaves_what_the_specification_says() {
    let then = |disposal| {
        let blocks = [
            &image([0, 0, 3, 1], 0, &[0, 0, 0])[..],
            &control(disposal, Some(3), 7),
            &image([1, 0, 9, 1], 0, &[1, 3, 1, 1, 1, 1, 1, 1, 1]),
            &image([2, 0, 1, 1], 0, &[2]),
        ];
        let all = canvases(&file(3, 1, &blocks));
        assert_eq!(all[1], [R, G, R]);
        all[2].clone()
    };
    assert_eq!(then(0), [R, G, B]);
    assert_eq!(then(1), [R, G, B]);
    assert_eq!(then(2), [R, None, B]);
    assert_eq!(then(3), [R, R, B]);
}

#[test]
fn rows_come_in_four_passes() {
    let all = canvases(&file(1, 9, &[&image([0, 0, 1, 9], 0x40, &[0, 1, 2, 0, 1, 2, 0, 1, 2])]));
    // The rows' places in the stream, from the first row on.
    let wanted = [0, 5, 3, 6, 2, 7, 4, 8, 1].map(|place: usize| [R, G, B][place % 3]);
    assert_eq!(all[0], wanted);
}

#[test]
fn the_control_counts_for_one_frame_and_the_last_loop_count_for_all() {
    let loops = |n: u8| [&b"\x21\xFF\x0BNETSCAPE2.0\x03\x01"[..], &[n, 0, 0]].concat();
    let frame = image([0, 0, 1, 1], 0, &[0]);
    let bytes = file(1, 1, &[&loops(4), &control(2, None, 9), b"\x21\xFE\x02hi\0", &frame, &frame, &loops(6), b"\x3B", &frame]);
    let player = Player::open(&bytes).unwrap();
    assert_eq!(player.loop_count(), Some(6));
    let said: Vec<_> = player.map(|shown| (shown.delay_cs, shown.disposal)).collect();
    assert_eq!(said, [(9, 2), (0, 0)]);
}

#[test]
fn the_canvas_reaches_as_far_as_the_first_frame() {
    let bytes = file(2, 2, &[&image([1, 0, 2, 1], 0, &[1, 1]), &image([0, 1, 9, 9], 0, &[2; 81])]);
    let player = Player::open(&bytes).unwrap();
    assert_eq!((player.width_px, player.height_px), (3, 2));
    let last = player.last().unwrap();
    assert_eq!(last.canvas, [None, G, G, B, B, B]);
    let of_no_height = file(2, 2, &[&image([9, 0, 1, 0], 0, &[])]);
    assert_eq!(Player::open(&of_no_height).unwrap().width_px, 2, "what has no pixel reaches nowhere");
}

#[test]
fn what_is_wrong_or_missing_leaves_the_canvas_alone() {
    let ground = image([0, 0, 4, 1], 0, &[0; 4]);
    // Clear, 1, 7: only 6 could follow.
    let bad_code = [0x2C, 0, 0, 0, 0, 4, 0, 1, 0, 0, 2, 2, 4 | 1 << 3 | 0xC0, 1, 0];
    let cut = image([0, 0, 4, 1], 0, &[2, 2]);
    let all = canvases(&file(4, 1, &[&ground, &bad_code, &cut[..cut.len() - 2]]));
    assert_eq!(all[1], [G, R, R, R]);
    assert_eq!(all[2][0], B);
    let mut wrong_size = image([0, 0, 4, 1], 0, &[2; 4]);
    wrong_size[10] = 9;
    assert_eq!(canvases(&file(4, 1, &[&ground, &wrong_size]))[1], [R; 4]);
    assert_eq!(canvases(&file(4, 1, &[&ground, b"junk", &ground])).len(), 1);
}

#[test]
fn a_file_that_shows_nothing_says_why() {
    let why = |bytes: &[u8]| Player::open(bytes).err().map(NotShown::code);
    assert_eq!(why(b"PNG"), Some("not_gif"));
    assert_eq!(why(&file(1, 1, &[b"junk", &image([0, 0, 1, 1], 0, &[1])])), Some("no_frames"));
    assert_eq!(why(&file(0, 0, &[&image([0, 0, 0, 0], 0, &[])])), Some("zero_sized"));
    let mut large = file(1, 1, &[&image([0, 0, 1, 1], 0, &[1])]);
    large[6..10].fill(255);
    assert_eq!(why(&large), Some("too_large"));
}

/// Decodes a lone frame and gives its canvas back as the indices that its palette of distinct greys makes them.
fn read_back(stream: &Stream, min_code_size: u8, indices: &[u8]) -> Vec<Option<u8>> {
    let width = u8::try_from(indices.len() / 50).unwrap();
    let mut bytes = b"GIF89a".to_vec();
    bytes.extend([width, 0, 50, 0, 0x87, 0, 0]);
    bytes.extend((0..=u8::MAX).flat_map(|i| [i; 3]));
    bytes.extend([0x2C, 0, 0, 0, 0, width, 0, 50, 0, 0]);
    stream.write(indices, min_code_size, &mut bytes);
    bytes.push(0x3B);
    canvases(&bytes)[0].iter().map(|pixel| pixel.map(|[grey, ..]| grey)).collect()
}

fn noisy(count: usize, colours: u32) -> Vec<u8> {
    let mut noise = crate::Noise::new(11);
    let mut indices = Vec::new();
    while indices.len() < count {
        let index = noise.below(colours).to_le_bytes()[0];
        indices.extend(vec![index; 1 + noise.below(5) as usize]);
    }
    indices.truncate(count);
    indices
}

#[test]
fn every_way_to_write_reads_back() {
    for (size, colours) in [(2, 4), (5, 20), (8, 256), (10, 256)] {
        let indices = noisy(9000, colours);
        let wanted: Vec<_> = indices.iter().copied().map(Some).collect();
        let clears =
            [Clears::AtFull, Clears::AfterFull(300), Clears::Never, Clears::Every(1), Clears::Every(77), Clears::OneIn(50)];
        for clears in clears {
            for parse in [crate::stream::Parse::Greedy, crate::stream::Parse::Lazy(1), crate::stream::Parse::Lazy(9)] {
                for end in [End::Eoi, End::Missing, End::Beyond(900)] {
                    let stream = Stream {
                        clears,
                        parse,
                        end,
                        starts_with_clear: end != End::Missing,
                        repeats_clears: true,
                        sub_blocks: SubBlocks::UpTo(200),
                        junk_bytes: if end == End::Missing { 0 } else { 300 },
                        ..Stream::plain()
                    };
                    assert!(read_back(&stream, size, &indices) == wanted, "{stream:?}");
                }
            }
        }
    }
}

#[test]
fn streams_that_end_early_give_what_they_have() {
    let indices = noisy(5000, 16);
    for end in [End::Early(30), End::Cut(30)] {
        let got = read_back(&Stream { end, ..Stream::plain() }, 4, &indices);
        assert!(got[..1500].iter().zip(&indices).all(|(got, wanted)| *got == Some(*wanted)));
        assert!(got[1500..].iter().all(Option::is_none));
    }
    let got = read_back(&Stream { fault: Some(Fault::PastTable(500)), ..Stream::plain() }, 4, &indices);
    let decoded = got.iter().take_while(|pixel| pixel.is_some()).count();
    assert!((500..4900).contains(&decoded) && got[decoded..].iter().all(Option::is_none), "{decoded}");
}

/// Every frame that the `gif` crate decodes, as indices. It loses the end of an interlaced frame whose last code spans
/// rows: samples must not be interlaced.
fn decoded_elsewhere(bytes: &[u8]) -> Vec<gif::Frame<'static>> {
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::Indexed);
    let mut decoder = options.read_info(bytes).unwrap();
    std::iter::from_fn(|| decoder.read_next_frame().unwrap().cloned()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn another_decoder_reads_the_same_from_well_formed_samples(seed: u64) {
        let mut sample = Sample::from_seed(seed);
        for frame in &mut sample.frames {
            // Each frame alone decides the canvas: composing is tested by hand-made files.
            (frame.left, frame.top, frame.width, frame.height) = (0, 0, sample.width, sample.height);
            (frame.interlaced, frame.transparent) = (false, None);
            (frame.stream.fault, frame.stream.end, frame.stream.starts_with_clear) = (None, End::Eoi, true);
        }
        let bytes = sample.bytes();
        let global = gif::Decoder::new(&*bytes).unwrap().global_palette().map(<[u8]>::to_vec);
        let theirs = decoded_elsewhere(&bytes);
        let ours: Vec<Shown> = Player::open(&bytes).unwrap().collect();
        prop_assert_eq!(ours.len(), theirs.len());
        prop_assert_eq!(crate::strict::count_frames(&bytes).unwrap(), theirs.len());
        for (ours, theirs) in ours.iter().zip(&theirs) {
            let palette = theirs.palette.as_ref().or(global.as_ref()).unwrap().as_chunks::<3>().0;
            let same = ours.canvas.iter().zip(&*theirs.buffer).all(|(pixel, &index)| *pixel == Some(palette[usize::from(index)]));
            prop_assert!(same);
            prop_assert_eq!(ours.delay_cs, theirs.delay);
            prop_assert_eq!(ours.decoded_pixels, theirs.buffer.len());
        }
    }

    #[test]
    fn any_bytes_are_played_without_a_panic(mut bytes: Vec<u8>, seed: u64, spoil: (prop::sample::Index, u8)) {
        let mut sample = Sample::small(&mut crate::Choices::from_seed(seed)).bytes();
        let at = spoil.0.index(sample.len());
        sample[at] = spoil.1;
        bytes.splice(0..0, b"GIF89a\x09\0\x09\0\0\0\0".iter().copied());
        for bytes in [bytes, sample] {
            if let Ok(player) = Player::open(&bytes) {
                player.for_each(drop);
            }
        }
    }
}

#[test]
fn interlaced_or_not_a_sample_shows_the_same() {
    let frame = Frame::plain(61, 47, Content::Dithered, 5);
    let palette = Some(Palette { log2_len: 6, seed: 1, has_black_and_white: false });
    let of = |interlaced| {
        let frames = vec![Frame { interlaced, ..frame.clone() }];
        canvases(&Sample { width: 61, height: 47, palette, loop_count: None, frames }.bytes())
    };
    assert_eq!(of(true), of(false));
}
