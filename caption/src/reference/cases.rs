//! Single GIFs that show one thing each, and those that a random run found first. Tests only.

use samples::{
    Content, Frame, Palette, Sample,
    compare::{Allowed, compare},
    stream::{End, Stream},
};

use super::{EMOJI, LOW, check::check, play, spec};
use crate::{picture, watch::Watch};
use caption_layout::{Error, Limits, Position, Size, Style, reading::blocks::Gif};

const WHITE: [u8; 3] = [255; 3];

/// A GIF of one frame with 256 greys, all in use.
pub(super) fn all_greys() -> Vec<u8> {
    let greys: Vec<u8> = (0..=255).flat_map(|level: u8| [level; 3]).collect();
    let mut source = b"GIF89a\x80\0\x60\0\xF7\0\0".to_vec();
    source.extend(&greys);
    source.extend(b"\x2C\0\0\0\0\x80\0\x60\0\0");
    let indices: Vec<u8> = (0..128 * 96_u32).map(|at| at.to_le_bytes()[0]).collect();
    source.push(8);
    source.extend(crate::lzw::whole::encode(&indices, 8));
    source.push(0x3B);
    source
}

#[test]
fn entries_that_decoders_show_where_nothing_is_drawn_keep_their_colours() {
    // The first frame is smaller than the screen. Pillow shows the first entry around it, other decoders that of the background: 2.
    let colours = [[200, 10, 10], [0, 90, 160], [10, 160, 90], [250, 230, 20]].as_flattened().to_vec();
    let mut source = b"GIF89a\xA0\0\x78\0\x91\x02\0".to_vec();
    source.extend(&colours);
    for (place, width, height) in [([20_u8, 30], 90_u8, 50_u8), ([0, 0], 160, 120), ([20, 30], 90, 50)] {
        source.extend([0x2C, place[0], 0, place[1], 0, width, 0, height, 0, 0, 2]);
        let indices: Vec<u8> = (0..u32::from(width) * u32::from(height)).map(|at| if at % 7 == 0 { 3 } else { 1 }).collect();
        source.extend(crate::lzw::whole::encode(&indices, 2));
    }
    source.push(0x3B);
    for captions in [EMOJI, &[("a plate 🐸", Position::Middle, Style::Box)], &[("shade", Position::Bottom, Style::Shadow)]] {
        let output = picture::render(&source, &spec(captions), &Limits::default()).unwrap();
        let gif = Gif::walk(&output, &Limits::default()).unwrap();
        for frame in &gif.frames {
            let table = frame.local_palette.clone().or_else(|| gif.global_palette.clone()).unwrap();
            for entry in [0..3, 6..9] {
                assert_eq!(output[table.clone()][entry.clone()], colours[entry], "{captions:?}");
            }
        }
    }
}

#[test]
fn letters_smaller_than_the_size_that_was_asked_for_are_told() {
    let told = |size| {
        let mut spec = spec(LOW);
        spec.captions[0].spec.size = size;
        picture::render_with(&all_greys(), &spec, &Limits::default(), &Watch::none()).unwrap().fidelity
    };
    let [large, small, auto] = [Size::Px(500), Size::Px(12), Size::Auto].map(told);
    assert_eq!(large.captions[0].asked_px, Some(500.0_f64.into()));
    assert!(large.differences()[0].contains("px in place of 500: the text does not fit"), "{:?}", large.differences());
    assert_eq!((small.captions[0].asked_px, auto.captions[0].asked_px), (None, None));
}

#[test]
fn a_plate_in_colours_that_a_palette_lacks_is_told() {
    let off = |source: &[u8], background: &str| {
        let mut spec = spec(&[("a plate", Position::Bottom, Style::Box)]);
        spec.exact = true;
        spec.captions[0].spec.background = Some(background.parse().unwrap());
        let rendered = picture::render_with(source, &spec, &Limits::default(), &Watch::none()).unwrap();
        let said = rendered.fidelity.differences().iter().any(|said| said.contains("the plate or shadow of the caption"));
        (f64::from(rendered.fidelity.captions[0].background_delta_e.unwrap()), said)
    };
    let greys = all_greys();
    let [dark, tinted] = ["#000000b3", "#ff000080"].map(|background| off(&greys, background));
    assert!(dark.0 < 3.0 && !dark.1, "{dark:?}");
    assert!(tinted.0 > 30.0 && tinted.1, "{tinted:?}");
    // A colour that hides what is beneath gets an entry, where there is room for one.
    let opaque = off(&sample_of_two().bytes(), "#ff0000");
    assert!(opaque.0 < 1.0 && !opaque.1, "{opaque:?}");
}

fn colours(log2_len: u8) -> Palette {
    Palette { log2_len, seed: 9, has_black_and_white: false }
}

fn thirty_frames() -> Vec<u8> {
    let frame = |k| Frame { transparent: Some(0), interlaced: k % 5 == 0, ..Frame::plain(90, 70, Content::Runs, k) };
    let frames = (0..30).map(frame).collect();
    Sample { width: 90, height: 70, palette: Some(colours(5)), loop_count: Some(0), frames }.bytes()
}

fn sample_of_two() -> Sample {
    let frame = |seed| Frame { palette: Some(colours(2)), ..Frame::plain(40, 40, Content::Runs, seed) };
    Sample { width: 40, height: 40, palette: Some(colours(2)), loop_count: Some(0), frames: vec![frame(1), frame(2)] }
}

#[test]
fn a_frame_far_off_the_canvas_is_not_grown_to_where_the_caption_stands() {
    let mut sample = sample_of_two();
    // Neither shows the caption's place, and the second not one pixel.
    (sample.frames[0].height, sample.frames[0].transparent) = (20, Some(0));
    let far_off = Frame { left: 60_000, top: 60_000, transparent: Some(0), ..sample.frames[1].clone() };
    sample.frames.insert(1, far_off);
    let source = sample.bytes();
    check(&sample, LOW);
    let output = picture::render(&source, &spec(LOW), &Limits::default()).unwrap();
    assert!(output.len() < source.len() + 4000, "{} bytes", output.len());
}

#[test]
fn frames_grown_beyond_all_limits_are_refused_before_any_is_drawn() {
    // Each clears the caption by being one pixel small, and would have to draw it again.
    let clearing = Frame { disposal: 2, transparent: Some(0), width: 1, height: 1, ..sample_of_two().frames[0].clone() };
    let sample = Sample { frames: vec![clearing; 300], ..sample_of_two() };
    let limits = Limits { max_total_pixels: 20_000, ..Limits::default() };
    let error = picture::render(&sample.bytes(), &spec(LOW), &limits).unwrap_err();
    assert_eq!(error.code().as_str(), "too_many_pixels");
}

#[test]
fn a_picture_keeps_no_more_threads_busy_than_it_has_touched_frames_or_work_for() {
    let busy = |sample: &Sample, captions| {
        picture::prepare(&sample.bytes(), &spec(captions), &Limits::default()).unwrap().busy_threads()
    };
    let large = |seed| Frame::plain(600, 400, Content::Dithered, seed);
    let palette = Some(Palette { has_black_and_white: true, ..colours(8) });
    let three = Sample { width: 600, height: 400, palette, loop_count: None, frames: [1, 2, 3].map(large).into() };
    assert_eq!(busy(&three, LOW), 3);
    assert_eq!(busy(&three, &[("bar", Position::Top, Style::Bar)]), 1, "the first frame alone is opened");
    assert_eq!(busy(&sample_of_two(), LOW), 1, "a thread costs more than it would save");
}

#[test]
fn the_bytes_are_the_same_at_any_number_of_threads() {
    let (source, spec) = (thirty_frames(), spec(&[("threads", Position::Bottom, Style::Overlay)]));
    let at = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| picture::render(&source, &spec, &Limits::default()).unwrap())
    };
    assert_eq!(at(1), at(4));
}

#[test]
fn a_file_cut_at_every_byte_is_an_error_or_a_gif() {
    let source = Sample { frames: vec![], ..sample_of_two() }.bytes();
    assert!(caption_layout::probe(&source, &Limits::default()).is_err());
    let source = sample_of_two().bytes();
    let spec = spec(&[("cut", Position::Bottom, Style::Overlay)]);
    for len in 0..source.len() {
        match picture::render(&source[..len], &spec, &Limits::default()) {
            Ok(output) => {
                let [before, after] = [&source[..len], &output].map(|bytes| Gif::walk(bytes, &Limits::default()).unwrap());
                assert_eq!(before.frames.len(), after.frames.len(), "cut at {len}");
                assert!(before.damage.is_some() || output.last() == Some(&0x3B), "cut at {len}");
            }
            Err(e) => assert!(["truncated", "unsupported_media"].contains(&e.code().as_str()), "cut at {len}: {e}"),
        }
    }
}

#[test]
fn frames_that_the_caption_does_not_touch_are_copied_to_the_byte() {
    let mut sample = sample_of_two();
    sample.frames[1].height = 8;
    let source = sample.bytes();
    let rendered =
        picture::render_with(&source, &spec(&[("low", Position::Bottom, Style::Overlay)]), &Limits::default(), &Watch::none())
            .unwrap();
    assert_eq!((rendered.stats.frames_copied, rendered.stats.frames_recoded), (1, 1));
    let gif = Gif::walk(&source, &Limits::default()).unwrap();
    let second = &source[gif.frames[1].lead.start..];
    assert!(rendered.output.to_vec(&source).ends_with(second));
}

#[test]
fn a_cancelled_render_says_so() {
    let cancelled = std::sync::atomic::AtomicBool::new(true);
    let watch = Watch { progress: &|_, _| {}, cancelled: &cancelled };
    let answer =
        picture::render_with(&thirty_frames(), &spec(&[("x", Position::Top, Style::Overlay)]), &Limits::default(), &watch);
    assert_eq!(answer.err(), Some(Error::Cancelled));
}

#[test]
fn a_stream_that_is_short_stays_short_unless_the_caption_must_be_drawn_there() {
    let stream = Stream { end: End::Early(40), ..Stream::plain() };
    let frames = vec![Frame { stream, ..Frame::plain(40, 40, Content::Flat, 3) }];
    let sample = Sample { width: 40, height: 40, palette: Some(colours(1)), loop_count: None, frames };
    let decoded = |at| {
        let output = picture::render(&sample.bytes(), &spec(&[("Hi", at, Style::Overlay)]), &Limits::default()).unwrap();
        let gif = Gif::walk(&output, &Limits::default()).unwrap();
        (play(&output)[0].decoded_pixels, gif.frames[0].transparent.is_some())
    };
    assert_eq!(decoded(Position::Top), (640, false));
    // The caption at the bottom lies where the stream never reached: the rest shows nothing beneath.
    assert_eq!(decoded(Position::Bottom), (1600, true));
}

#[test]
fn a_frame_that_is_cut_off_shows_what_was_before_where_it_ends() {
    let source = sample_of_two().bytes();
    let last = Gif::walk(&source, &Limits::default()).unwrap().frames[1].data.clone();
    let cut = &source[..last.start + last.len() / 2];
    let rendered = picture::render_with(cut, &spec(LOW), &Limits::default(), &Watch::none()).unwrap();
    assert!(rendered.fidelity.damage.as_ref().is_some_and(|damage| damage.contains("ends at byte")), "{:?}", rendered.fidelity);
    let output = rendered.output.to_vec(cut);
    let (before, after) = (play(&output)[0].canvas.clone(), &play(&output)[1]);
    assert_eq!((after.decoded_pixels, output.last()), (before.len(), Some(&0x3B)));
    assert_eq!(after.canvas.last(), before.last(), "its last pixel is of the frame before");
}

#[test]
fn extensions_pass_through_in_order() {
    let mut source = sample_of_two().bytes();
    let trailer = source.pop().unwrap();
    source.extend(b"\x21\xFE\x05hello\x00\x21\xFF\x0BXMP DataXMP\x03abc\x00");
    source.push(trailer);
    source.extend(b"extra data");
    let output = picture::render(&source, &spec(LOW), &Limits::default()).unwrap();
    assert!(output.ends_with(b"\x21\xFE\x05hello\x00\x21\xFF\x0BXMP DataXMP\x03abc\x00\x3Bextra data"));
}

#[test]
fn a_frame_that_is_cut_off_comes_out_whole_where_no_caption_touches_it() {
    let mut source = sample_of_two().bytes();
    source.pop();
    // Above the caption a third frame whose data lack their last byte.
    source.extend(b"\x2C\0\0\0\0\x28\0\x01\0\0\x02\x02\x44");
    let output = picture::render(&source, &spec(LOW), &Limits::default()).unwrap();
    let gif = Gif::walk(&output, &Limits::default()).unwrap();
    assert_eq!((gif.frames.len(), gif.damage, output.last()), (3, None, Some(&0x3B)));
    let played = play(&output);
    assert_eq!(played[2].decoded_pixels, 40);
    assert_eq!(played[2].canvas[30..], played[1].canvas[30..], "what is missing shows what was before");
}

#[test]
fn a_full_palette_gives_up_no_colour_that_a_caption_needs() {
    let frames = vec![Frame::plain(258, 16, Content::Dithered, 26_789)];
    let palette = Some(Palette { log2_len: 8, seed: 37_479, has_black_and_white: true });
    let source = Sample { width: 258, height: 150, palette, loop_count: Some(0), frames }.bytes();
    let output = picture::render(&source, &spec(&[("bar", Position::Bottom, Style::Bar)]), &Limits::default()).unwrap();
    let first = &play(&output)[0];
    assert_eq!(first.canvas[150 * 258], Some(WHITE), "the band's corner");
}

#[test]
fn a_frame_that_draws_all_colours_again_still_leaves_the_rest_of_the_canvas_as_it_is() {
    let frames = vec![
        Frame { disposal: 1, ..Frame::plain(183, 93, Content::Runs, 4903) },
        // Grown for the captions, it clears what the first frame left; the third draws that again, and stands beside more.
        Frame { top: 15, disposal: 2, transparent: Some(0), ..Frame::plain(24, 13, Content::Delta, 5888) },
        Frame { left: 42, top: 25, ..Frame::plain(76, 68, Content::Delta, 0) },
    ];
    let palette = Some(Palette { log2_len: 8, seed: 0, has_black_and_white: true });
    let sample = Sample { width: 207, height: 150, palette, loop_count: Some(0), frames };
    check(&sample, &[("bar", Position::Top, Style::Bar), ("Hi", Position::Bottom, Style::Overlay)]);
}

/// Frames with grey tables of their own: the first with room, the others with one entry to spare, by which a caption that stands shows
/// through.
fn grey_frames() -> Vec<u8> {
    let greys = |levels: u8| (0..=255_u8).flat_map(move |at| [at.min(levels - 1); 3]);
    let mut source = b"GIF89a\x80\0\x60\0\x70\0\0".to_vec();
    for levels in [200_u8, 255, 255] {
        source.extend(b"\x2C\0\0\0\0\x80\0\x60\0\x87");
        source.extend(greys(levels));
        source.push(8);
        let indices: Vec<u8> =
            (0..128 * 96_u32).map(|at| u8::try_from((at * 7 + at / 128) % u32::from(levels)).unwrap()).collect();
        source.extend(crate::lzw::whole::encode(&indices, 8));
    }
    source.push(0x3B);
    source
}

#[test]
fn soft_edges_of_a_caption_that_stands_keep_their_colours_where_a_frame_has_none_of_them() {
    let coloured =
        |pixel: &Option<[u8; 3]>| pixel.is_some_and(|[r, g, b]| r.abs_diff(g).max(g.abs_diff(b)).max(r.abs_diff(b)) > 60);
    for (words, style) in [("🎉🌈", Style::Overlay), ("words", Style::Plain)] {
        let mut spec = spec(&[(words, Position::Bottom, style)]);
        spec.captions[0].spec.size = Size::Px(12);
        spec.captions[0].spec.fill = Some(caption_layout::Colour { rgb: [255, 0, 200] });
        let output = picture::render(&grey_frames(), &spec, &Limits::default()).unwrap();
        let counts: Vec<usize> =
            play(&output).iter().map(|shown| shown.canvas.iter().filter(|pixel| coloured(pixel)).count()).collect();
        assert!(counts[0] > 60 && counts.iter().all(|count| count.abs_diff(counts[0]) * 8 < counts[0]), "{words}: {counts:?}");
    }
}

#[test]
fn a_transparent_index_beyond_a_frames_codes_is_not_what_it_grows_by() {
    // Both frames are cleared, so that each has to show the caption; the second, above it, names an index that its codes can't say.
    let colours = [[0; 3], [255; 3], [10, 160, 90], [250, 230, 20]].as_flattened().to_vec();
    let mut source = b"GIF89a\xA0\0\x78\0\x91\0\0".to_vec();
    source.extend(&colours);
    for (transparent, height) in [(2_u8, 120_u8), (114, 60)] {
        source.extend([0x21, 0xF9, 4, 2 << 2 | 1, 9, 0, transparent, 0]);
        source.extend([0x2C, 0, 0, 0, 0, 160, 0, height, 0, 0x81]);
        source.extend(&colours);
        source.push(2);
        let indices: Vec<u8> = (0..160 * u32::from(height)).map(|at| at.to_le_bytes()[0] % 4).collect();
        source.extend(crate::lzw::whole::encode(&indices, 2));
    }
    source.push(0x3B);
    let rendered = picture::render_with(&source, &spec(LOW), &Limits::default(), &Watch::none()).unwrap();
    let mask = rendered.mask();
    let allowed = Allowed { mask: &mask, width_px: 160, height_px: 120, picture_top_px: 0 };
    compare(&source, &rendered.output.to_vec(&source), &allowed).unwrap_or_else(|difference| panic!("{difference}"));
}
