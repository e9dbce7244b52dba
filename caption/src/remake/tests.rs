//! New files against their sources: other kinds without a lost pixel, other sizes, and files that fit.
//!
//! GIFs by chance are played by a decoder that shares no code with the engine; WebP and PNG files by the `image` crate.

use std::io::Cursor;

use caption_layout::{
    ByteSize, Error, Font, Format, Limits, LoadedCaption, LoadedSpec, MediaType, OutputFields, Position, Size, Style, probe,
};
use image::{
    AnimationDecoder as _, RgbaImage,
    codecs::{png::PngDecoder, webp::WebPDecoder},
};
use proptest::prelude::*;
use samples::{Sample, show::Player};

use crate::{
    animated::{
        tests::{Shown, assert_shows, rendered, spec},
        webp,
    },
    picture::{Rendered, render_with},
    watch::Watch,
};

/// A GIF as it is shown.
fn played(gif: &[u8]) -> Vec<RgbaImage> {
    let player = Player::open(gif).unwrap();
    let (width, height) = (u32::try_from(player.width_px).unwrap(), u32::try_from(player.height_px).unwrap());
    let picture = |shown: samples::show::Shown| {
        let pixels = shown.canvas.into_iter().flat_map(|pixel| pixel.map_or([0; 4], |[r, g, b]| [r, g, b, 255]));
        RgbaImage::from_raw(width, height, pixels.collect()).unwrap()
    };
    player.map(picture).collect()
}

/// A WebP or a PNG as it is shown.
fn decoded(file: &[u8], media: MediaType) -> Vec<RgbaImage> {
    let frames = |frames: image::Frames<'_>| frames.map(|frame| frame.unwrap().into_buffer()).collect::<Vec<_>>();
    match media {
        MediaType::Webp => {
            let decoder = WebPDecoder::new(Cursor::new(file)).unwrap();
            // The crate's own canvas is a level off where a frame is transparent.
            if decoder.has_animation() { webp::tests::played(file) } else { vec![still(file)] }
        }
        MediaType::Png => {
            let decoder = PngDecoder::new(Cursor::new(file)).unwrap();
            if decoder.is_apng().unwrap() { frames(decoder.apng().unwrap().into_frames()) } else { vec![still(file)] }
        }
        MediaType::Gif => played(file),
        MediaType::Jpeg => vec![still(file)],
        MediaType::Mp4 => unreachable!("nothing writes one"),
    }
}

fn still(file: &[u8]) -> RgbaImage {
    image::load_from_memory(file).unwrap().into_rgba8()
}

fn with(mut spec: LoadedSpec, output: OutputFields) -> LoadedSpec {
    spec.output = output;
    spec
}

fn gif(seed: u64) -> Vec<u8> {
    let mut sample = Sample::well_formed(seed, 60..=110);
    sample.frames.iter_mut().for_each(|frame| frame.delay_cs = 20);
    sample.bytes()
}

fn timeless(mut spec: LoadedSpec) -> LoadedSpec {
    for caption in &mut spec.captions {
        (caption.spec.from, caption.spec.to) = (None, None);
    }
    spec
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_gif_of_another_kind_shows_every_pixel_and_its_captions(seed: u64, is_webp: bool) {
        let source = gif(seed);
        let (format, media) = if is_webp { (Format::Webp, MediaType::Webp) } else { (Format::Apng, MediaType::Png) };
        let before = played(&source);
        let spec = with(if before.len() == 1 { timeless(spec(seed)) } else { spec(seed) }, OutputFields { format, ..OutputFields::default() });
        let made = rendered(&source, &spec);
        let after = decoded(&made.output.to_vec(&source), media);
        prop_assert_eq!(made.media, media);
        assert_shows(&Shown { before, after, spec: &spec, step_px: 1, most_off: 0 }, &made, seed);
        prop_assert!(made.fidelity.given_up.is_nothing());
        let facts = [&source, &made.output.to_vec(&source)].map(|file| probe(file, &Limits::default()).unwrap());
        prop_assert_eq!(facts[0].frames, facts[1].frames);
        let time = facts.map(|facts| (facts.duration_cs, facts.loop_count));
        prop_assert!(facts[0].frames == 1 || time[0] == time[1], "{:?}", time);
    }

    #[test]
    fn a_webp_that_was_a_gif_becomes_one_again_without_a_lost_pixel(seed: u64) {
        let source = gif(seed);
        let to = |file: &[u8], format, is_exact| {
            // A bar on a WebP is as high as its steps allow.
            let mut spec = with(caption("Wow", Style::Overlay), OutputFields { format, ..OutputFields::default() });
            spec.exact = is_exact;
            render_with(file, &spec, &Limits::default(), &Watch::none()).map(|made| (made.output.to_vec(file), made))
        };
        let (webp, _) = to(&source, Format::Webp, false).unwrap();
        let again = match to(&webp, Format::Gif, true) {
            // Frames of local tables may have more colours than one table, with the captions' own.
            Err(Error::NotAsAsked { what }) => { prop_assert!(what.contains("256 colours") || what.contains("translucent"), "{}", what); return Ok(()) }
            made => made.unwrap(),
        };
        let (wanted, got) = (to(&webp, Format::Webp, false).unwrap(), again);
        prop_assert!(decoded(&wanted.0, MediaType::Webp) == played(&got.0), "pixels differ");
    }

    #[test]
    fn what_has_to_fit_fits_or_says_how_small_it_can_be(seed: u64, part in 2_u64..110, format in 0_usize..3) {
        let source = gif(seed);
        let format = [Format::Gif, Format::Webp, Format::Apng][format];
        let most = (source.len() as u64 * part / 100).max(ByteSize::LEAST);
        let output = OutputFields { format, max_bytes: Some(ByteSize(most)), ..OutputFields::default() };
        match render_with(&source, &with(timeless(spec(seed)), output), &Limits::default(), &Watch::none()) {
            Ok(made) => {
                let file = made.output.to_vec(&source);
                prop_assert!(file.len() as u64 <= most);
                let shown = decoded(&file, made.media);
                let (source_frames, frames) = (played(&source).len(), shown.len());
                prop_assert_eq!(source_frames - frames, made.fidelity.given_up.frames_dropped as usize);
                prop_assert_eq!([shown[0].width(), shown[0].height()], [made.width_px, made.height_px]);
                let facts = [&source, &file].map(|file| probe(file, &Limits::default()).unwrap());
                prop_assert!(facts[0].frames == 1 || facts[0].duration_cs == facts[1].duration_cs);
            }
            Err(Error::FitNotPossible { smallest_bytes, limit_bytes, .. }) => {
                prop_assert!(smallest_bytes > most && limit_bytes == most);
            }
            Err(error) => prop_assert!(false, "{error}"),
        }
    }
}

fn caption(text: &str, style: Style) -> LoadedSpec {
    LoadedSpec::new(vec![LoadedCaption::new(text, Position::Top, style, Font::builtin("anton").unwrap())])
}

fn made(file: &[u8], spec: &LoadedSpec) -> Rendered {
    render_with(file, spec, &Limits::default(), &Watch::none()).unwrap()
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let byte = |value: u32| value.to_le_bytes()[0];
    let picture = RgbaImage::from_fn(width, height, |x, y| image::Rgba([byte(x), byte(y), byte(x * y), 255]));
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, image::ImageFormat::Png).unwrap();
    out.into_inner()
}

#[test]
fn a_picture_is_made_as_small_as_asked_bars_and_all() {
    let source = png(400, 200);
    for (output, sides) in [
        (OutputFields { max_width: Some(100), ..OutputFields::default() }, [Some(100), None]),
        (OutputFields { max_height: Some(120), ..OutputFields::default() }, [None, Some(120)]),
        (OutputFields { max_width: Some(1_000), ..OutputFields::default() }, [Some(400), None]),
    ] {
        let made = made(&source, &with(caption("a bar", Style::Bar), output));
        let got = still(&made.output.to_vec(&source));
        assert_eq!([got.width(), got.height()], [made.width_px, made.height_px]);
        for (side, (got, most)) in [made.width_px, made.height_px].into_iter().zip(sides).enumerate() {
            assert!(most.is_none_or(|most| got <= most && got + 2 >= most), "side {side}: {got} of {most:?}");
        }
        assert_eq!(made.media, MediaType::Png);
        assert!(made.fidelity.given_up.is_nothing(), "what was asked for is nothing given up");
    }
    // Letters in pixels go with the picture.
    let mut spec = with(caption("Wow", Style::Plain), OutputFields { max_width: Some(200), ..OutputFields::default() });
    spec.captions[0].spec.size = Size::Px(60);
    let letters_px: f64 = made(&source, &spec).fidelity.captions[0].letters_px.into();
    assert!((letters_px - 30.0).abs() < 1.0, "{letters_px}");
}

#[test]
fn a_still_becomes_each_kind() {
    let source = png(120, 80);
    for (format, media) in [(Format::Gif, MediaType::Gif), (Format::Webp, MediaType::Webp), (Format::Apng, MediaType::Png)] {
        let made = made(&source, &with(caption("hi", Style::Overlay), OutputFields { format, ..OutputFields::default() }));
        let file = made.output.to_vec(&source);
        let found = probe(&file, &Limits::default()).unwrap();
        assert_eq!((found.media, found.frames, [found.width_px, found.height_px]), (media, 1, [120, 80]));
        assert_eq!(made.fidelity.given_up.colours.is_some(), media == MediaType::Gif, "9,600 colours are too many for a GIF");
    }
    let exact = LoadedSpec {
        exact: true,
        ..with(caption("hi", Style::Overlay), OutputFields { format: Format::Gif, ..OutputFields::default() })
    };
    let refused = render_with(&source, &exact, &Limits::default(), &Watch::none()).err().unwrap();
    assert!(matches!(&refused, Error::NotAsAsked { what } if what.contains("holds 256 colours")), "{refused}");
}

#[test]
fn an_exact_spec_gives_up_nothing_to_fit() {
    let source = png(120, 80);
    let output = OutputFields { max_bytes: Some(ByteSize(100)), ..OutputFields::default() };
    let exact = LoadedSpec { exact: true, ..with(caption("hi", Style::Overlay), output) };
    let refused = render_with(&source, &exact, &Limits::default(), &Watch::none()).err().unwrap();
    assert!(matches!(refused, Error::FitNotPossible { is_exact: true, limit_bytes: 100, .. }), "{refused}");
    let strict = LoadedSpec {
        strict: true,
        ..with(caption("hi", Style::Overlay), OutputFields { max_bytes: Some(ByteSize(2_500)), ..OutputFields::default() })
    };
    let refused = render_with(&source, &strict, &Limits::default(), &Watch::none()).err().unwrap();
    assert!(matches!(&refused, Error::NotAsAsked { what } if what.contains("made smaller")), "{refused}");
}

#[test]
fn a_caption_with_a_time_keeps_it_where_frames_are_left_out() {
    let mut sample = Sample::well_formed(3, 90..=90);
    let frame = sample.frames[0].clone();
    sample.frames = vec![frame; 8];
    sample.frames.iter_mut().for_each(|frame| frame.delay_cs = 10);
    let source = sample.bytes();
    let mut spec = caption("Wow", Style::Plain);
    spec.captions[0].spec.frames = Some([4, 7]);
    let most = ByteSize(source.len() as u64 / 5);
    let made = made(&source, &with(spec, OutputFields { max_bytes: Some(most), ..OutputFields::default() }));
    let left_out = made.fidelity.given_up.frames_dropped as usize;
    let shown: Vec<bool> = made.masks().map(|mask| mask.contains(&255)).collect();
    let first = shown.iter().position(|shown| *shown).unwrap();
    assert_eq!(first, if left_out > 0 { 2 } else { 4 }, "{shown:?}");
    assert!(shown[first..].iter().all(|shown| *shown));
}
