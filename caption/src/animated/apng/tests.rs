//! Random animated PNGs, of all kinds of samples, captioned and played by a decoder that is not ours.

use std::io::Cursor;

use caption_layout::{Font, Limits, LoadedCaption, LoadedSpec, Position, Style};
use image::{AnimationDecoder as _, codecs::png::PngDecoder};
use proptest::{prelude::*, sample::Index};

use super::{
    super::tests::{Chance, Shown, assert_shows, assert_survives, rendered, spec},
    *,
};
use crate::still::png::{chunks, read::Colour, write::frame_data};

const KINDS: [(Colour, u8); 7] = [
    (Colour::Rgba, 8),
    (Colour::Rgba, 8),
    (Colour::Rgb, 8),
    (Colour::Indexed, 8),
    (Colour::GreyAlpha, 8),
    (Colour::Grey, 8),
    (Colour::Rgba, 16),
];

/// A file whose frames have places, blendings and ends by chance.
fn sample(seed: u64) -> Vec<u8> {
    let mut chance = Chance(seed);
    let (colour, depth) = KINDS[chance.below(7) as usize];
    let [width, height] = [0, 0].map(|_| 60 + chance.below(60));
    let frames = 1 + chance.below(6);
    let has_still = chance.below(4) == 0;
    let mut out = b"\x89PNG\r\n\x1A\n".to_vec();
    let sides = [width, height].map(u32::to_be_bytes).concat();
    chunks::add(&mut out, *b"IHDR", &[&sides[..], &[depth, colour.byte(), 0, 0, 0]].concat());
    chunks::add(&mut out, *b"acTL", &[frames.to_be_bytes(), 0_u32.to_be_bytes()].concat());
    if colour == Colour::Indexed {
        chunks::add(&mut out, *b"PLTE", &(0..8_u8).flat_map(|i| [i * 30, 255 - i * 20, i * 7]).collect::<Vec<_>>());
        if chance.below(2) == 0 {
            chunks::add(&mut out, *b"tRNS", &[255, 0]);
        }
    }
    let (mut number, mut dispose) = (0, 0);
    let whole = Rect::at(0, 0, width, height);
    if has_still {
        let data = content(&mut chance, whole, colour, depth);
        chunks::add(&mut out, *b"IDAT", &data);
    }
    for k in 0..frames {
        let is_whole = k == 0 && !has_still || chance.below(4) == 0;
        let rect = if is_whole {
            whole
        } else {
            let (left, top) = (chance.below(width), chance.below(height));
            Rect::at(left, top, 1 + chance.below(width - left), 1 + chance.below(height - top))
        };
        let words = [number, rect.width(), rect.height(), rect.left, rect.top].map(u32::to_be_bytes).concat();
        // The player takes the canvas before a frame for that before the frame's predecessor was cleared.
        dispose = if dispose == 1 { chance.byte(&[0, 0, 1]) } else { chance.byte(&[0, 0, 1, 2]) };
        let ops = [dispose, chance.byte(&[0, 1])];
        dispose = if k == 0 && dispose == 2 { 1 } else { dispose };
        chunks::add(&mut out, *b"fcTL", &[&words[..], &[0, 20, 0, 100], &ops].concat());
        number += 1;
        let data = content(&mut chance, rect, colour, depth);
        if k == 0 && !has_still {
            chunks::add(&mut out, *b"IDAT", &data);
            continue;
        }
        for piece in data.chunks(data.len().div_ceil(1 + chance.below(3) as usize)) {
            chunks::add(&mut out, *b"fdAT", &[&u32::to_be_bytes(number)[..], piece].concat());
            number += 1;
        }
    }
    chunks::add(&mut out, *b"tEXt", b"a\0b");
    chunks::add(&mut out, *b"IEND", &[]);
    out
}

/// Flat stretches, transparent ones among them. Alpha is none or whole as a rule, so that every decoder blends to the same pixels.
fn content(chance: &mut Chance, rect: Rect, colour: Colour, depth: u8) -> Vec<u8> {
    let pixel_bytes = colour.channels() * usize::from(depth / 8);
    let has_alpha = matches!(colour, Colour::Rgba | Colour::GreyAlpha);
    let mut pixel = Vec::new();
    let rows: Vec<Vec<u8>> = (0..rect.height())
        .map(|_| {
            (0..rect.width())
                .flat_map(|_| {
                    if pixel.is_empty() || chance.below(9) == 0 {
                        pixel = (0..pixel_bytes).map(|_| chance.byte(&[0, 1, 2, 3, 4, 5, 6, 7])).collect();
                        if colour != Colour::Indexed {
                            pixel = pixel.iter().map(|byte| byte * 36).collect();
                        }
                        if has_alpha {
                            let alpha = chance.byte(&[0, 255, 255]);
                            let samples = usize::from(depth / 8);
                            pixel[pixel_bytes - samples..].fill(alpha);
                            if alpha == 0 {
                                pixel.fill(0);
                            }
                        }
                    }
                    pixel.clone()
                })
                .collect()
        })
        .collect();
    frame_data(&rows, pixel_bytes, &[])
}

/// A file of 16 bits as one of 8, which the player needs.
fn of_8_bits(file: &[u8]) -> Vec<u8> {
    let (apng, header) = (
        Apng::walk(file, &Limits::default()).unwrap(),
        Header::read(Chunks::of(file).next(), Limits::default().max_side_px).unwrap(),
    );
    let mut out = b"\x89PNG\r\n\x1A\n".to_vec();
    chunks::add(&mut out, *b"IHDR", &[&file[16..24], &[8, header.colour.byte(), 0, 0, 0]].concat());
    chunks::add(&mut out, *b"acTL", &[u32::try_from(apng.frames.len()).unwrap().to_be_bytes(), [0; 4]].concat());
    let data = |ranges: &[std::ops::Range<usize>], rect: Rect| {
        let sides = [rect.width() as usize, rect.height() as usize];
        let pieces = ranges.iter().map(|range| &file[range.clone()]);
        let (raster, _) = read::frame(&Header { sides, ..header }, pieces).unwrap();
        let rows = raster.data.chunks_exact(raster.width * raster.pixel_bytes);
        let rows: Vec<Vec<u8>> = rows.map(|row| row.iter().copied().step_by(2).collect()).collect();
        frame_data(&rows, raster.pixel_bytes / 2, &[])
    };
    if !apng.still.is_empty() {
        chunks::add(&mut out, *b"IDAT", &data(&apng.still, Rect::at(0, 0, apng.sides_px[0], apng.sides_px[1])));
    }
    let mut number = 0_u32;
    for (k, frame) in apng.frames.iter().enumerate() {
        let control = &file[frame.control + 12..frame.control + 34];
        chunks::add(&mut out, *b"fcTL", &[&number.to_be_bytes(), control].concat());
        let data = data(&frame.data, frame.rect);
        if k == 0 && apng.still.is_empty() {
            chunks::add(&mut out, *b"IDAT", &data);
        } else {
            number += 1;
            chunks::add(&mut out, *b"fdAT", &[&number.to_be_bytes()[..], &data].concat());
        }
        number += 1;
    }
    chunks::add(&mut out, *b"IEND", &[]);
    out
}

/// What viewers show after each frame.
fn played(file: &[u8]) -> Vec<image::RgbaImage> {
    let narrowed = (file[24] == 16).then(|| of_8_bits(file));
    let file = narrowed.as_deref().unwrap_or(file);
    let frames = PngDecoder::new(Cursor::new(file)).unwrap().apng().unwrap().into_frames();
    frames.map(|frame| frame.unwrap().into_buffer()).collect()
}

fn assert_captioned(seed: u64) {
    let (file, spec) = (sample(seed), spec(seed));
    let rendered = rendered(&file, &spec);
    let output = rendered.output.to_vec(&file);
    assert_shows(&Shown { before: played(&file), after: played(&output), spec: &spec, step_px: 1, most_off: 2 }, &rendered, seed);
}

proptest! {
    #[test]
    fn each_frame_shows_the_source_and_its_captions(seed: u64) {
        assert_captioned(seed);
    }

    #[test]
    fn any_bytes_are_captioned_or_refused(seed: u64, changes in prop::collection::vec((any::<Index>(), 0_u8..), 1..6), cut: Index) {
        assert_survives(sample(seed), changes, cut, seed);
    }
}

#[test]
fn a_frame_that_is_cut_off_is_left_out_and_told() {
    let file = ::samples::apng::moving_square(5);
    let font = Font::builtin("anton").unwrap();
    let spec = LoadedSpec::new(vec![LoadedCaption::new("cut", Position::Top, Style::Overlay, font)]);
    assert_eq!(rendered(&file, &spec).fidelity.damage, None);
    let cut = &file[..file.len() - 40];
    let rendered = rendered(cut, &spec);
    assert_eq!(rendered.fidelity.damage.as_deref(), Some("4 frames are whole, and the file says that it has 5"));
    assert_eq!(played(&rendered.output.to_vec(cut)).len(), 4);
}

#[test]
fn frames_that_no_caption_meets_are_copied() {
    let font = Font::builtin("anton").unwrap();
    let mut caption = LoadedCaption::new("now", Position::Top, Style::Overlay, font);
    caption.spec.frames = Some([1, 1]);
    let spec = LoadedSpec::new(vec![caption]);
    let mut copied = 0;
    for seed in 0..200 {
        let file = sample(seed);
        let rendered = rendered(&file, &spec);
        let output = rendered.output.to_vec(&file);
        let (walked, source) = (Apng::walk(&output, &Limits::default()).unwrap(), Apng::walk(&file, &Limits::default()).unwrap());
        let data = |apng: &Apng, bytes: &[u8], k: usize| {
            apng.frames[k].data.iter().map(|range| bytes[range.clone()].to_vec()).collect::<Vec<_>>()
        };
        let same =
            (0..source.frames.len()).filter(|&k| data(&walked, &output, k).concat() == data(&source, &file, k).concat()).count();
        assert!(same >= rendered.stats.frames_copied as usize, "seed {seed}");
        copied += rendered.stats.frames_copied;
        assert_eq!(walked.plays, source.plays);
        assert!(
            walked.frames.iter().zip(&source.frames).all(|(one, other)| (one.delay, one.dispose) == (other.delay, other.dispose))
        );
    }
    assert!(copied > 100, "{copied}");
}
