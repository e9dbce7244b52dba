//! The engine held against a naive reference: random GIFs are captioned, source and output are decoded
//! by the `gif` crate and composed frame by frame, and every pixel is compared.
//!
//! Tests only. The generator makes what real encoders make and what they should not: frames beyond the
//! screen, first frames smaller than it, every disposal, local palettes, interlace, transparency.
#![cfg(feature = "render")]

use proptest::prelude::*;

use super::{blocks::Gif, lzw::whole};
use crate::{
    At, Caption, Font, Limits, Spec, Style, Watch,
    mask::{Cover, Mask},
    rect::Rect,
};

#[derive(Clone, Debug)]
struct SampleFrame {
    rect: Rect,
    disposal: u8,
    transparent: Option<u8>,
    local_colours: Option<u32>,
    interlaced: bool,
    seed: u32,
    delay_cs: u16,
}

#[derive(Clone, Debug)]
struct Sample {
    width: u32,
    height: u32,
    global_colours: u32,
    frames: Vec<SampleFrame>,
}

const WHITE: [u8; 3] = [255; 3];
const BLACK: [u8; 3] = [0; 3];

/// Small linear congruential noise: tests must not depend on a generator's version.
struct Noise(u32);

impl Noise {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) % bound
    }
}

fn table(log2_len: u32, seed: u32) -> Vec<u8> {
    let mut noise = Noise(seed);
    (0..3 << log2_len).map(|_| u8::try_from(noise.below(256)).unwrap()).collect()
}

impl Sample {
    fn bytes(&self) -> Vec<u8> {
        let mut out = b"GIF89a".to_vec();
        let word = |v: u32| u16::try_from(v).unwrap().to_le_bytes();
        out.extend(word(self.width));
        out.extend(word(self.height));
        out.extend([0x80 | u8::try_from(self.global_colours - 1).unwrap(), 0, 0]);
        out.extend(table(self.global_colours, 99));
        out.extend(b"\x21\xFF\x0BNETSCAPE2.0\x03\x01\x07\x00\x00");
        for frame in &self.frames {
            let delay = frame.delay_cs.to_le_bytes();
            let has_transparent = u8::from(frame.transparent.is_some());
            out.extend([
                0x21,
                0xF9,
                4,
                frame.disposal << 2 | has_transparent,
                delay[0],
                delay[1],
                frame.transparent.unwrap_or(0),
                0,
            ]);
            out.push(0x2C);
            for side in [frame.rect.left, frame.rect.top, frame.rect.width(), frame.rect.height()] {
                out.extend(word(side));
            }
            let interlace = if frame.interlaced { 0x40 } else { 0 };
            out.push(frame.local_colours.map_or(0, |log2| 0x80 | u8::try_from(log2 - 1).unwrap()) | interlace);
            let log2 = frame.local_colours.unwrap_or(self.global_colours);
            if frame.local_colours.is_some() {
                out.extend(table(log2, frame.seed ^ 0x55));
            }
            let mut noise = Noise(frame.seed);
            let mut indices = Vec::new();
            while indices.len() < frame.rect.area() {
                let index = if noise.below(3) == 0 { frame.transparent } else { None };
                let index = index.unwrap_or_else(|| u8::try_from(noise.below(1 << log2)).unwrap());
                let run = noise.below(30) as usize;
                indices.extend(std::iter::repeat_n(index, run.min(frame.rect.area() - indices.len())));
            }
            let code_size = u8::try_from(log2.max(2)).unwrap();
            out.push(code_size);
            out.extend(whole::encode(&indices, code_size));
        }
        out.push(0x3B);
        out
    }
}

/// What the canvas shows after each frame was drawn, on `canvas`; `None` is transparent.
fn shown(bytes: &[u8], canvas: Rect) -> Vec<Vec<Option<[u8; 3]>>> {
    // The crate loses the end of an interlaced frame whose last code spans rows: it is given the rows
    // as they come, and they are put in order here.
    let walked = Gif::walk(bytes, &Limits { max_side_px: u32::MAX, ..Limits::default() }).expect("a walk");
    let mut progressive = bytes.to_vec();
    for frame in &walked.frames {
        progressive[frame.descriptor.end - 1] &= !0x40;
    }
    let mut interlaced = walked.frames.iter().map(|f| f.interlaced);
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::Indexed);
    let mut decoder = options.read_info(&*progressive).expect("a header");
    let global = decoder.global_palette().map(<[u8]>::to_vec);
    let mut now = vec![None; canvas.area()];
    let mut all = Vec::new();
    while let Some(frame) = decoder.read_next_frame().expect("a frame that decodes") {
        let before = now.clone();
        let rect = Rect::at(frame.left.into(), frame.top.into(), frame.width.into(), frame.height.into());
        let palette = frame.palette.as_ref().or(global.as_ref()).expect("a palette");
        let rows = interlaced_rows(rect.height(), interlaced.next() == Some(true));
        for (row, y) in rows.into_iter().enumerate() {
            let y = rect.top + y;
            for x in rect.left..rect.right {
                let index = frame.buffer[row * rect.width() as usize + (x - rect.left) as usize];
                if canvas.contains(x, y) && Some(index) != frame.transparent {
                    let at = usize::from(index) * 3;
                    now[(y * canvas.width() + x) as usize] = Some([palette[at], palette[at + 1], palette[at + 2]]);
                }
            }
        }
        all.push(now.clone());
        match frame.dispose {
            gif::DisposalMethod::Background => {
                for y in rect.top..rect.bottom.min(canvas.bottom) {
                    for x in rect.left..rect.right.min(canvas.right) {
                        now[(y * canvas.width() + x) as usize] = None;
                    }
                }
            }
            gif::DisposalMethod::Previous => now = before,
            _ => {}
        }
    }
    all
}

/// The order of rows in a stream, as the specification's appendix E words it.
fn interlaced_rows(height: u32, interlaced: bool) -> Vec<u32> {
    if !interlaced {
        return (0..height).collect();
    }
    let every = |step: usize, from: u32| (from..height).step_by(step);
    every(8, 0).chain(every(8, 4)).chain(every(4, 2)).chain(every(2, 1)).collect()
}

fn spec(captions: &[(&str, At, Style)]) -> Spec {
    let caption = |&(text, at, style): &(&str, At, Style)| Caption {
        text: text.to_owned(),
        at,
        style,
        font: Font::builtin("anton").expect("built in"),
        size_px: None,
        fill: if style == Style::Bar { BLACK } else { WHITE },
        stroke: BLACK,
    };
    Spec::new(captions.iter().map(caption).collect())
}

fn off(a: [u8; 3], b: [u8; 3]) -> u32 {
    (0..3).map(|c| u32::from(a[c].abs_diff(b[c]))).max().unwrap_or(0)
}

/// Captions `source` and compares every pixel of every frame.
fn check(source: &[u8], captions: &[(&str, At, Style)]) {
    let spec = spec(captions);
    let limits = Limits::default();
    let output = match crate::render(source, &spec, &limits) {
        Ok(output) => output,
        // A single frame may be too small to be written on.
        Err(e) => return assert_eq!(e.code(), "text_does_not_fit"),
    };
    let gif = Gif::walk(source, &limits).expect("a walk");
    let mask = Mask::draw(&spec, gif.canvas.width(), gif.canvas.height(), super::plan::written_on(&gif)).expect("a mask");
    let dy = mask.picture_top_px;

    let before = shown(source, gif.canvas);
    let after = shown(&output, Rect::at(0, 0, mask.width_px, mask.height_px));
    assert_eq!(before.len(), after.len(), "frames");
    let walked = Gif::walk(&output, &Limits { max_side_px: u32::MAX, ..limits }).expect("our own output walks");
    assert_eq!(walked.loop_count, gif.loop_count);
    for (k, (ours, theirs)) in walked.frames.iter().zip(&gif.frames).enumerate() {
        assert_eq!(ours.delay_cs, theirs.delay_cs, "delay of frame {k}");
        assert_eq!(ours.disposal, theirs.disposal, "disposal of frame {k}");
    }

    // Where a transparent index would change what some decoders show, a caption may have gaps.
    let first = &gif.frames[0];
    let starts_whole = first.transparent.is_some() || first.rect.covers(gif.canvas);
    let clears_to_nothing =
        gif.frames.iter().all(|f| f.disposal != super::blocks::Disposal::Background || f.transparent.is_some());
    let clears = gif.frames.iter().any(|f| f.disposal == super::blocks::Disposal::Background);
    let mendable = !clears || gif.frames.iter().all(|f| f.local_palette.is_none());
    let is_gapless = starts_whole && clears_to_nothing && mendable;
    let may_have_gaps = |ink: &crate::mask::Ink| !ink.is_band && !is_gapless;

    // Decoders that are not composed here tell by a transparent index what a canvas is at first, and what
    // clearing leaves: neither the first frame nor one that clears may get one, but for a bar's sake.
    if mask.inks.iter().all(|ink| !ink.is_band) {
        for (k, (ours, theirs)) in walked.frames.iter().zip(&gif.frames).enumerate() {
            let is_looked_at = k == 0 || theirs.disposal == super::blocks::Disposal::Background;
            let is_same = ours.transparent.is_some() == theirs.transparent.is_some();
            assert!(is_same || !is_looked_at, "frame {k} became transparent");
        }
    }

    let gray = mask.to_gray();
    for (k, (before, after)) in before.iter().zip(&after).enumerate() {
        let after_at = |x: u32, y: u32| after[(y * mask.width_px + x) as usize];
        let before_at = |x: u32, y: u32| {
            if y < dy || !gif.canvas.contains(x, y - dy) { None } else { before[((y - dy) * gif.canvas.width() + x) as usize] }
        };
        for y in dy..dy + gif.canvas.height() {
            for x in 0..gif.canvas.width() {
                if gray[(y * mask.width_px + x) as usize] == 0 {
                    assert_eq!(after_at(x, y), before_at(x, y), "frame {k}, pixel {x}, {y} outside the mask");
                }
            }
        }
        for ink in &mask.inks {
            for (x, y, cover) in ink.covers_in(ink.rect) {
                if cover == Cover::NONE {
                    continue;
                }
                match (after_at(x, y), before_at(x, y)) {
                    (Some(got), beneath) => {
                        if cover.is_opaque() && matches!(cover.0 >> 4, 0 | 15) && !may_have_gaps(ink) {
                            let wanted = cover.blend(ink.fill, ink.under, beneath);
                            assert!(off(got, wanted) <= 45, "frame {k}, pixel {x}, {y}: {wanted:?} was wanted, got {got:?}");
                        }
                    }
                    (None, beneath) => {
                        assert!(
                            beneath.is_none() && (!cover.is_solid() || may_have_gaps(ink)),
                            "frame {k}, pixel {x}, {y} lost its caption"
                        );
                    }
                }
            }
        }
    }
}

fn frame(width: u32, height: u32) -> impl Strategy<Value = SampleFrame> {
    let whole = Just(Rect::at(0, 0, width, height));
    let part = (0..width, 0..height, 1..width + 6, 1..height + 6).prop_map(|(x, y, w, h)| Rect::at(x, y, w, h));
    let rect = prop_oneof![2 => whole, 3 => part];
    let colours = prop_oneof![3 => Just(None), 1 => (1u32..=5).prop_map(Some)];
    (rect, 0u8..4, prop::option::of(0u8..2), colours, any::<bool>(), any::<u32>(), 0u16..20).prop_map(
        |(rect, disposal, transparent, local_colours, interlaced, seed, delay_cs)| SampleFrame {
            rect,
            disposal,
            transparent,
            local_colours,
            interlaced,
            seed,
            delay_cs,
        },
    )
}

fn sample() -> impl Strategy<Value = Sample> {
    (30u32..64, 30u32..64, 1u32..=5).prop_flat_map(|(width, height, global_colours)| {
        prop::collection::vec(frame(width, height), 1..7).prop_map(move |frames| Sample { width, height, global_colours, frames })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn an_overlay_is_on_every_frame_and_changes_nothing_else(sample in sample()) {
        check(&sample.bytes(), &[("Hi", At::Bottom, Style::Overlay)]);
    }

    #[test]
    fn two_overlays_and_two_bars_go_together(sample in sample()) {
        check(&sample.bytes(), &[("a", At::Top, Style::Overlay), ("b", At::Bottom, Style::Bar), ("c", At::Bottom, Style::Overlay), ("d", At::Top, Style::Bar)]);
    }

    #[test]
    fn a_bar_stands_above_every_frame(sample in sample()) {
        check(&sample.bytes(), &[("bar", At::Top, Style::Bar)]);
    }

    #[test]
    fn a_file_cut_or_spoilt_anywhere_is_an_error_or_a_gif(sample in sample(), cut: prop::sample::Index, spoil: (prop::sample::Index, u8)) {
        let mut bytes = sample.bytes();
        let at = spoil.0.index(bytes.len());
        bytes[at] = spoil.1;
        bytes.truncate(1 + cut.index(bytes.len()));
        let small = Limits { max_side_px: 500, max_total_pixels: 1_000_000, ..Limits::default() };
        if let Ok(output) = crate::render(&bytes, &spec(&[("x", At::Bottom, Style::Overlay)]), &small) {
            let (before, after) = (Gif::walk(&bytes, &small).unwrap(), Gif::walk(&output, &small).unwrap());
            prop_assert_eq!(before.frames.len(), after.frames.len());
        }
    }
}

fn thirty_frames() -> Vec<u8> {
    let frame = |k: u32| SampleFrame {
        rect: Rect::at(0, 0, 90, 70),
        disposal: 1,
        transparent: Some(0),
        local_colours: None,
        interlaced: k.is_multiple_of(5),
        seed: k,
        delay_cs: 5,
    };
    Sample { width: 90, height: 70, global_colours: 5, frames: (0..30).map(frame).collect() }.bytes()
}

#[test]
fn the_bytes_are_the_same_at_any_number_of_threads() {
    let (source, spec) = (thirty_frames(), spec(&[("threads", At::Bottom, Style::Overlay)]));
    let at = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| crate::render(&source, &spec, &Limits::default()).unwrap())
    };
    assert_eq!(at(1), at(4));
}

#[test]
fn a_file_cut_at_every_byte_is_an_error_or_a_gif() {
    let source = Sample { frames: vec![], ..sample_of_two() }.bytes();
    assert!(crate::probe(&source, &Limits::default()).is_err());
    let source = sample_of_two().bytes();
    let spec = spec(&[("cut", At::Bottom, Style::Overlay)]);
    for len in 0..source.len() {
        match crate::render(&source[..len], &spec, &Limits::default()) {
            Ok(output) => assert_eq!(output.last(), Some(&0x3B), "cut at {len}"),
            Err(e) => assert!(["truncated", "unsupported_media"].contains(&e.code()), "cut at {len}: {e}"),
        }
    }
}

fn sample_of_two() -> Sample {
    let frame = |seed| SampleFrame {
        rect: Rect::at(0, 0, 40, 40),
        disposal: 0,
        transparent: None,
        local_colours: Some(2),
        interlaced: false,
        seed,
        delay_cs: 1,
    };
    Sample { width: 40, height: 40, global_colours: 2, frames: vec![frame(1), frame(2)] }
}

#[test]
fn frames_that_the_caption_does_not_touch_are_copied_to_the_byte() {
    let mut sample = sample_of_two();
    sample.frames[1].rect = Rect::at(0, 0, 40, 8);
    let source = sample.bytes();
    let rendered =
        crate::render_with(&source, &spec(&[("low", At::Bottom, Style::Overlay)]), &Limits::default(), &Watch::none()).unwrap();
    assert_eq!((rendered.stats.frames_copied, rendered.stats.frames_recoded), (1, 1));
    let gif = Gif::walk(&source, &Limits::default()).unwrap();
    let second = &source[gif.frames[1].lead.start..];
    assert!(rendered.bytes.ends_with(second));
}

#[test]
fn a_cancelled_render_says_so() {
    let cancelled = std::sync::atomic::AtomicBool::new(true);
    let watch = Watch { progress: &|_, _| {}, cancelled: &cancelled };
    let answer = crate::render_with(&thirty_frames(), &spec(&[("x", At::Top, Style::Overlay)]), &Limits::default(), &watch);
    assert_eq!(answer.err(), Some(crate::Error::Cancelled));
}

#[test]
fn a_stream_that_is_short_stays_short_unless_the_caption_must_be_drawn_there() {
    let mut source = b"GIF89a\x28\0\x28\0\x80\0\0\xFF\0\0\0\0\xFF".to_vec();
    source.extend(b"\x2C\0\0\0\0\x28\0\x28\0\0\x02");
    source.extend(whole::encode(&[1; 200], 2));
    source.push(0x3B);
    let at = |at| {
        let output = crate::render(&source, &spec(&[("Hi", at, Style::Overlay)]), &Limits::default()).unwrap();
        let gif = Gif::walk(&output, &Limits::default()).unwrap();
        let frame = &gif.frames[0];
        (whole::decode(&output[frame.data.clone()], frame.min_code_size, 1600).len(), frame.transparent)
    };
    // The caption at the bottom lies where the stream never reached: the rest shows nothing beneath.
    let (decoded, transparent) = at(At::Bottom);
    assert_eq!(decoded, 1600);
    assert!(transparent.is_some());
}

#[test]
fn extensions_pass_through_in_order() {
    let mut source = sample_of_two().bytes();
    let trailer = source.pop().unwrap();
    source.extend(b"\x21\xFE\x05hello\x00\x21\xFF\x0BXMP DataXMP\x03abc\x00");
    source.push(trailer);
    source.extend(b"extra data");
    let output = crate::render(&source, &spec(&[("x", At::Bottom, Style::Overlay)]), &Limits::default()).unwrap();
    assert!(output.ends_with(b"\x21\xFE\x05hello\x00\x21\xFF\x0BXMP DataXMP\x03abc\x00\x3Bextra data"));
}
