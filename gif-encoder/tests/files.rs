//! Whole files: what was encoded, as another decoder shows it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small numbers, or a wrap is as good a colour")]

mod support;

use gif_encoder::{Dither, EncodeError, Encoder, Fidelity, Frame, Palette, PaletteBuilder, Settings};
use proptest::prelude::*;

type Canvas = Vec<[u8; 4]>;

const EXACT: Settings = Settings { fidelity: Fidelity::Exact, keeps_frames: false };
const ORDERED: Dither = Dither::Ordered { strength: 255 };

fn near(lossiness: u16, tolerance: u16, dither: Dither) -> Settings {
    Settings { fidelity: Fidelity::Palette { lossiness, tolerance, dither }, keeps_frames: false }
}

fn builder(frames: &[Canvas]) -> PaletteBuilder {
    let mut builder = PaletteBuilder::new();
    for frame in frames {
        builder.add(frame);
    }
    builder
}

fn encode(
    sides_px: [u32; 2],
    frames: &[Canvas],
    delays: &[u16],
    kept: Option<&[u8]>,
    palette: Palette,
    settings: Settings,
) -> Result<Vec<u8>, EncodeError> {
    let mut encoder = Encoder::new(sides_px, Some(0), palette, settings)?;
    for (pixels, delay_cs) in frames.iter().zip(delays.iter().copied().cycle()) {
        encoder.add(Frame { pixels, delay_cs, kept })?;
    }
    encoder.finish()
}

/// What a viewer shows of a source: opaque or transparent.
fn shown(canvas: &Canvas) -> Canvas {
    canvas.iter().map(|[r, g, b, a]| if *a < 128 { [0; 4] } else { [*r, *g, *b, 255] }).collect()
}

/// Canvases by the time at which they are shown, equal ones that follow one another as one.
fn timeline(frames: impl IntoIterator<Item = (Canvas, u16)>) -> Vec<(Canvas, u32)> {
    let mut line: Vec<(Canvas, u32)> = Vec::new();
    for (canvas, delay) in frames {
        match line.last_mut() {
            Some((last, shown)) if *last == canvas => *shown += u32::from(delay),
            _ => line.push((canvas, u32::from(delay))),
        }
    }
    line
}

/// The first difference, in words.
fn assert_shows(file: &[u8], frames: &[Canvas], delays: &[u16]) {
    let played = support::play(file).unwrap();
    assert_eq!(played.sides_px.map(u64::from).iter().product::<u64>(), frames[0].len() as u64);
    let wanted = timeline(frames.iter().map(shown).zip(delays.iter().copied().cycle()));
    let got = timeline(played.frames.into_iter().map(|(canvas, delay)| (shown(&canvas), delay)));
    assert_eq!(got.len(), wanted.len(), "numbers of different pictures");
    for (at, (got, wanted)) in got.iter().zip(&wanted).enumerate() {
        assert_eq!(got.1, wanted.1, "delay of picture {at}");
        let off = got.0.iter().zip(&wanted.0).position(|(got, wanted)| got != wanted);
        assert_eq!(off, None, "pixel of picture {at}");
    }
}

/// Frames that change in part: (sides, frames). `colours` is how many there are in each, and `moves` shifts them from frame to frame.
fn animations() -> impl Strategy<Value = ([u32; 2], Vec<Canvas>)> {
    (1_u32..40, 1_u32..40, 1_usize..6, 1_u32..300, any::<u32>(), 0_u32..4, any::<bool>()).prop_map(
        |(width, height, count, colours, seed, moves, has_transparent)| {
            let mut random = seed;
            let mut next = move || {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                random >> 8
            };
            let mut canvas: Canvas = vec![[9, 9, 9, 255]; (width * height) as usize];
            let frames = (0..count as u32).map(|frame| {
                let area = [next() % width, next() % height, 1 + next() % width, 1 + next() % height];
                for y in area[1]..(area[1] + area[3]).min(height) {
                    for x in area[0]..(area[0] + area[2]).min(width) {
                        let colour = (next() % colours + frame * moves * 97).wrapping_mul(2_654_435_761).to_be_bytes();
                        let alpha =
                            if has_transparent && next() % 5 == 0 { (next() % 128) as u8 } else { 128 + (next() % 128) as u8 };
                        canvas[(y * width + x) as usize] = [colour[0], colour[1], colour[2], alpha];
                    }
                }
                canvas.clone()
            });
            ([width, height], frames.collect())
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn an_exact_file_shows_what_was_given((sides, frames) in animations(), delays in prop::collection::vec(0_u16..200, 1..5), keeps_frames: bool) {
        let palette = builder(&frames).build_most_frequent(256).unwrap();
        let exact = palette.is_exact();
        match encode(sides, &frames, &delays, None, palette, Settings { keeps_frames, ..EXACT }) {
            Ok(file) => {
                assert_shows(&file, &frames, &delays);
                let written = support::play(&file).unwrap().frames.len();
                let right = if keeps_frames { written == frames.len() } else { written <= frames.len() };
                prop_assert!(right, "{} frames written", written);
            }
            Err(EncodeError::TooManyColours { frame }) => {
                prop_assert!(!exact);
                let colours: std::collections::BTreeSet<_> = shown(&frames[frame]).into_iter().collect();
                prop_assert!(colours.len() > 200, "{} colours fit a table", colours.len());
            }
            Err(other) => prop_assert!(false, "{other}"),
        }
    }

    #[test]
    fn any_loss_keeps_times_transparency_and_kept_pixels(
        (sides, frames) in animations(), delays in prop::collection::vec(0_u16..200, 1..5),
        entries in 0_u16..300, lossiness in 0_u16..400, tolerance in 0_u16..400, dithers: bool, seed: u8,
    ) {
        let palette = builder(&frames).build(entries);
        let dither = if dithers { ORDERED } else { Dither::None };
        let kept: Vec<u8> = (0..frames[0].len()).map(|at| if at as u8 & 3 == seed & 3 { 255 } else { 0 }).collect();
        let settings = Settings { keeps_frames: true, ..near(lossiness, tolerance, dither) };
        let file = encode(sides, &frames, &delays, Some(&kept), palette.clone(), settings).unwrap();
        // What is kept is as it is without any loss or dithering.
        let all = vec![1; kept.len()];
        let plain = encode(sides, &frames, &delays, Some(&all), palette, Settings { keeps_frames: true, ..near(0, 0, Dither::None) }).unwrap();
        let (got, plain) = (support::play(&file).unwrap().frames, support::play(&plain).unwrap().frames);
        prop_assert_eq!(got.len(), frames.len());
        for (at, ((got, delay), (plain, _))) in got.iter().zip(&plain).enumerate() {
            prop_assert_eq!(*delay, delays[at % delays.len()]);
            for (place, ((got, plain), source)) in got.iter().zip(plain).zip(&frames[at]).enumerate() {
                prop_assert_eq!(got[3] == 0, source[3] < 128, "transparency at {}", place);
                if kept[place] != 0 && source[3] >= 128 {
                    prop_assert_eq!(got, plain, "a kept pixel at {}", place);
                }
            }
        }
    }

    #[test]
    fn no_number_of_pixels_panics(width in 0_u32..9, height in 0_u32..9, pixels in 0_usize..80, kept in 0_usize..80) {
        let frame = vec![[1, 2, 3, 4]; pixels];
        let kept = vec![0; kept];
        let wanted = (width * height) as usize;
        let result = encode([width, height], &[frame], &[1], Some(&kept), PaletteBuilder::new().build(2), near(0, 0, Dither::None));
        prop_assert_eq!(result.is_ok(), wanted > 0 && pixels == wanted && kept.len() == wanted);
    }
}

#[test]
fn sides_that_a_gif_cannot_have_are_refused() {
    for sides in [[0, 1], [1, 0], [65_536, 1], [1, u32::MAX]] {
        let result = Encoder::new(sides, None, PaletteBuilder::new().build(2), EXACT).err();
        assert_eq!(result, Some(EncodeError::Sides { width_px: sides[0], height_px: sides[1] }));
    }
    let encoder = Encoder::new([65_535, 1], None, PaletteBuilder::new().build(2), EXACT).unwrap();
    assert_eq!(encoder.finish().err(), Some(EncodeError::NoFrame));
}

#[test]
fn equal_frames_are_one_that_is_shown_longer_and_a_long_one_is_split() {
    let canvas = vec![[5, 6, 7, 255]; 12];
    let frames = vec![canvas; 4];
    let delays = [60_000, 5_000, 1_000, 10];
    let file = encode([4, 3], &frames, &delays, None, builder(&frames).build(256), EXACT).unwrap();
    let written: Vec<u16> = support::play(&file).unwrap().frames.iter().map(|(_, delay)| *delay).collect();
    assert_eq!(written, [65_535, 475]);
    assert_shows(&file, &frames, &delays);
}

#[test]
fn all_256_colours_of_a_table_are_used_without_a_transparent_one() {
    let first: Canvas = (0..=255).map(|level: u8| [level, level, level, 255]).collect();
    let mut second = first.clone();
    second[100] = [3, 3, 3, 255];
    second[140] = [7, 7, 7, 255];
    let frames = [first, second];
    let palette = builder(&frames).build(256);
    assert!(palette.is_exact() && !palette.has_transparent());
    assert_shows(&encode([16, 16], &frames, &[4], None, palette, EXACT).unwrap(), &frames, &[4]);
}

#[test]
fn a_palette_without_a_transparent_entry_refuses_transparent_pixels() {
    let opaque: Canvas = (0..=255).map(|level: u8| [level, level, level, 255]).collect();
    let palette = builder(std::slice::from_ref(&opaque)).build(256);
    let result = encode([16, 16], &[vec![[0; 4]; 256]], &[1], None, palette, near(0, 0, Dither::None));
    assert_eq!(result, Err(EncodeError::NoTransparentEntry { frame: 0 }));
}

#[test]
fn letters_keep_their_colours_in_the_smallest_palette() {
    let noise: Canvas = (0..4096_u32).map(|at| [(at % 64) as u8, (at / 64) as u8, 90, 255]).collect();
    let mut builder = builder(&[noise]);
    builder.add_kept(&[[255, 255, 255], [0, 0, 0], [255, 255, 255]]);
    for entries in [3, 4, 16, 256] {
        let palette = builder.build(entries);
        assert!(palette.colours().contains(&[255, 255, 255]) && palette.colours().contains(&[0, 0, 0]));
        assert!(palette.colours().len() < usize::from(entries));
    }
}

#[test]
fn noise_in_a_still_area_is_not_drawn_again_and_a_slow_fade_does_not_drift() {
    let frame = |level: u8, noise: u8| -> Canvas {
        (0..400_u32)
            .map(|at| {
                let l = level + (at as u8).wrapping_mul(37) % noise;
                [l, l, l, 255]
            })
            .collect()
    };
    let noisy = [frame(100, 1), frame(99, 3), frame(100, 2)];
    let palette = builder(&noisy).build(256);
    let still = encode([20, 20], &noisy, &[5], None, palette, near(0, 20, Dither::None)).unwrap();
    assert_eq!(support::play(&still).unwrap().frames.len(), 1);

    let fade: Vec<Canvas> = (0..100).map(|at| frame(50 + at, 1)).collect();
    let palette = builder(&fade).build(256);
    let faded =
        encode([20, 20], &fade, &[5], None, palette, Settings { keeps_frames: true, ..near(0, 5, Dither::None) }).unwrap();
    for ((got, _), wanted) in support::play(&faded).unwrap().frames.iter().zip(&fade) {
        assert!(got[0][0].abs_diff(wanted[0][0]) <= 4, "{} is not {}", got[0][0], wanted[0][0]);
    }
}

#[test]
fn loss_and_fewer_colours_take_fewer_bytes() {
    let mut random = 1_u32;
    let mut noise = || {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 28) as u8
    };
    let frames: Vec<Canvas> = (0..4)
        .map(|_| (0..10_000).map(|at| [(at / 100) as u8 + noise(), (at % 100) as u8 + noise(), 90, 255]).collect())
        .collect();
    let size = |entries, lossiness| {
        let settings = near(lossiness, 0, Dither::None);
        encode([100, 100], &frames, &[5], None, builder(&frames).build(entries), settings).unwrap().len()
    };
    assert!(size(256, 40) < size(256, 0));
    assert!(size(256, 200) < size(256, 40));
    assert!(size(32, 0) < size(256, 0));
}
