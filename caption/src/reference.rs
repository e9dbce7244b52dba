//! The engine held against a naive reference: GIFs of every kind are captioned, source and output are played by a decoder
//! that shares no code with the engine, and every pixel is compared; within the captions, with what they should show.
//!
//! Tests only. `samples` makes the GIFs and plays them: what real encoders make and what they should not, in blocks
//! and in LZW streams. What can be told from outside alone is in `tests/outside_the_mask.rs`.

use proptest::prelude::*;
use samples::{
    Choices, Content, Frame, Palette, Sample,
    compare::{Allowed, compare},
    show::{Player, Shown},
    stream::{End, Stream},
};

use crate::{
    images::DecodedImages,
    mask::{Cover, Ink, Mask},
    picture,
    planning::{FramePlan, plan, written_on},
    watch::Watch,
};
use caption_layout::{
    Area, Error, Font, Fraction, ImageName, Images, Limits, LoadedCaption, LoadedSpec, Position, Style,
    reading::blocks::{self, Disposal, Gif},
};

const WHITE: [u8; 3] = [255; 3];
/// Letters and emoji, one of them of one's own, side by side and over one another.
const EMOJI: &[(&str, Position, Style)] = &[("Hi🎉:dot:", Position::Bottom, Style::Overlay)];
const LOW: &[(&str, Position, Style)] = &[("Hi", Position::Bottom, Style::Overlay)];

fn spec(captions: &[(&str, Position, Style)]) -> LoadedSpec {
    let caption = |&(text, at, style): &(&str, Position, Style)| {
        LoadedCaption::new(text, at, style, Font::builtin("anton").expect("built in"))
    };
    LoadedSpec { images: images(), ..LoadedSpec::new(captions.iter().map(caption).collect()) }
}

/// One of four colours, less of each from left to right.
fn images() -> Images {
    let pixels = (0..24_u8).map(|i| [[250, 40, 30], [20, 200, 60], [30, 60, 240], [240, 220, 40]][usize::from(i / 6)]);
    let pixels = pixels.zip((0..6).cycle()).map(|([r, g, b], x)| [r, g, b, 255 - x * 45]).collect();
    let file = emoji::Drawn { left_px: 0, top_px: 0, width_px: 6, pixels }.png();
    [(ImageName::parse("dot").expect("a name"), file)].into_iter().collect()
}

/// The mask of a spec on a GIF.
fn mask_of(spec: &LoadedSpec, gif: &Gif) -> Mask {
    let images = DecodedImages::of(spec).expect("images").solid(spec);
    Mask::draw(images.with(spec), gif.canvas.width(), gif.canvas.height(), written_on(gif)).expect("a mask")
}

fn off(a: [u8; 3], b: [u8; 3]) -> u32 {
    (0..3).map(|c| u32::from(a[c].abs_diff(b[c]))).max().unwrap_or(0)
}

fn play(bytes: &[u8]) -> Vec<Shown> {
    Player::open(bytes).expect("a GIF that is shown").collect()
}

/// Captions `sample` and compares every pixel of every frame.
fn check(sample: &Sample, captions: &[(&str, Position, Style)]) {
    let (source, spec, limits) = (sample.bytes(), spec(captions), Limits::default());
    let rendered = match picture::render_with(&source, &spec, &limits, &Watch::none()) {
        Ok(rendered) => rendered,
        // A single frame may be too small to be written on.
        Err(Error::TextDoesNotFit { .. }) => return,
        // Where a terminator was swallowed, anything may follow, here and below.
        Err(e) => return assert!(sample.swallows(), "{e}"),
    };
    let gif = Gif::walk(&source, &limits).expect("a walk");
    let mask = mask_of(&spec, &gif);
    let gray = rendered.mask();
    let (width_px, height_px, picture_top_px) = (mask.width_px, mask.height_px, mask.picture_top_px);
    let allowed = Allowed { mask: &gray, width_px, height_px, picture_top_px };
    compare(&source, &rendered.output.to_vec(&source), &allowed).unwrap_or_else(|difference| panic!("{difference}"));
    if sample.swallows() {
        return;
    }
    // As long as a table can grow, or has what it needs, no colour gives way to another.
    let is_tame = !sample.may_leave_its_palette();
    if is_tame {
        check_exact(&source, captions, picture_top_px);
    }
    let has_room = is_tame && sample.palettes().all(|palette| palette.log2_len < 8);
    let shows_background = plan(&gif, &mask, false).iter().any(FramePlan::is_on_background);
    assert!(
        !has_room || shows_background || gray == mask.to_gray(crate::mask::InkSet::ALL),
        "pixels outside the caption were changed"
    );

    let (before, after) = (play(&source), play(&rendered.output.to_vec(&source)));
    let walked =
        Gif::walk(&rendered.output.to_vec(&source), &Limits { max_side_px: u32::MAX, ..limits }).expect("our own output walks");
    // A full palette may have no room for a transparent index. Captions that are left out for it are told.
    let told_without = rendered.fidelity.captions.iter().map(|told| !has_room && told.frames_without > 0).collect();
    let captioned = Captioned { gif: &gif, mask: &mask, before: &before, after: &after, told_without };
    captioned.keeps_disposal_and_transparency(&walked);
    captioned.shows_its_captions(has_room || (is_tame && captioned.needs_no_slot(sample)));
}

/// Captions a GIF without changing a pixel beside the captions, and compares every pixel of every frame.
fn check_exact(source: &[u8], captions: &[(&str, Position, Style)], picture_top_px: u32) {
    let spec = LoadedSpec { exact: true, ..spec(captions) };
    let rendered = picture::render_with(source, &spec, &Limits::default(), &Watch::none()).expect("as without");
    let (mask, changed) = (rendered.mask(), rendered.fidelity.changed);
    assert!(changed.count == 0 && mask.iter().all(|&pixel| pixel == 0 || pixel == 255), "{changed:?}");
    let allowed = Allowed { mask: &mask, width_px: rendered.width_px, height_px: rendered.height_px, picture_top_px };
    compare(source, &rendered.output.to_vec(source), &allowed).unwrap_or_else(|difference| panic!("exact: {difference}"));
}

/// Captions a GIF with captions that are shown from one frame to another, and compares every pixel of every frame with what that frame
/// may show.
fn check_timed(sample: &Sample, captions: &[(&str, Position, Style, [u32; 2])]) {
    let untimed: Vec<_> = captions.iter().map(|&(text, at, style, _)| (text, at, style)).collect();
    let (source, mut spec) = (sample.bytes(), spec(&untimed));
    spec.captions.iter_mut().zip(captions).for_each(|(caption, timed)| caption.spec.frames = Some(timed.3));
    let render = |spec: &LoadedSpec| picture::render_with(&source, spec, &Limits::default(), &Watch::none());
    let rendered = match render(&spec) {
        Ok(rendered) => rendered,
        Err(Error::TextDoesNotFit { .. } | Error::TooManyPixels { .. }) => return,
        Err(e) => return assert!(sample.swallows(), "{e}"),
    };
    if sample.swallows() {
        return;
    }
    let gif = Gif::walk(&source, &Limits::default()).expect("a walk");
    let mut mask = mask_of(&spec, &gif);
    mask.times = captions.iter().map(|&(.., [first, last])| first as usize..last as usize + 1).collect();
    let before = play(&source);
    let compare = |rendered: &picture::Rendered| {
        let after = play(&rendered.output.to_vec(&source));
        assert_eq!(before.len(), after.len());
        for (k, ((was, now), gray)) in before.iter().zip(&after).zip(rendered.masks()).enumerate() {
            for (at, (was, (now, allowed))) in was.canvas.iter().zip(now.canvas.iter().zip(gray)).enumerate() {
                let (x, y) = (at % sample.width as usize, at / sample.width as usize);
                assert!(allowed != 0 || was == now, "frame {k}, pixel {x}, {y}: was {was:?} and is {now:?}");
            }
        }
        after
    };
    let after = compare(&rendered);
    let told_without: Vec<bool> = rendered.fidelity.captions.iter().map(|told| told.frames_without > 0).collect();
    let is_tame = !sample.may_leave_its_palette();
    let captioned = Captioned { gif: &gif, mask: &mask, before: &before, after: &after, told_without };
    let has_room = is_tame && sample.palettes().all(|palette| palette.log2_len < 8);
    captioned.shows_its_captions(has_room || (is_tame && captioned.needs_no_slot(sample)));
    if is_tame {
        spec.exact = true;
        match render(&spec) {
            Ok(exact) => {
                assert!(exact.fidelity.changed.count == 0 && exact.masks().flatten().all(|pixel| pixel != 128));
                compare(&exact);
            }
            Err(e) => assert_eq!(e.code().as_str(), "not_as_asked", "{e}"),
        }
    }
}

/// A GIF and what became of it, both played.
struct Captioned<'a> {
    gif: &'a Gif,
    mask: &'a Mask,
    before: &'a [Shown],
    after: &'a [Shown],
    /// By number of the caption: whether frames without it are told, and may be for want of an entry.
    told_without: Vec<bool>,
}

impl Captioned<'_> {
    /// Decoders that are not composed here tell by a transparent index what a canvas is at first, and what clearing
    /// leaves: neither the first frame nor one that clears may get one, but for a bar's sake or for that of pixels that
    /// its stream did not have.
    fn keeps_disposal_and_transparency(&self, output: &Gif) {
        let has_bar = self.mask.inks.iter().any(|ink| ink.is_band);
        for (k, (ours, theirs)) in output.frames.iter().zip(&self.gif.frames).enumerate() {
            assert_eq!(ours.disposal, theirs.disposal, "disposal of frame {k}");
            let is_looked_at = k == 0 || theirs.disposal == Disposal::Background;
            let is_short = self.before[k].decoded_pixels < theirs.rect.area();
            if is_looked_at && !has_bar && !is_short {
                assert_eq!(ours.transparent.is_some(), theirs.transparent.is_some(), "frame {k} became transparent");
            }
        }
    }

    /// Where a transparent index would change what some decoders show, a caption may have gaps.
    fn may_have_gaps(&self, ink: &Ink) -> bool {
        let (gif, first) = (self.gif, &self.gif.frames[0]);
        let starts_whole = first.transparent.is_some() || first.rect.covers(gif.canvas);
        let clears = |disposal| disposal == Disposal::Background;
        let clears_to_nothing = gif.frames.iter().all(|f| !clears(f.disposal) || f.transparent.is_some());
        let is_mendable = gif.frames.iter().all(|f| !clears(f.disposal)) || gif.frames.iter().all(|f| f.local_palette.is_none());
        self.told_without[ink.number] || !(ink.is_band || starts_whole && clears_to_nothing && is_mendable)
    }

    /// Whether every palette has the captions' colours, and no frame needs a slot of its own to become transparent: that
    /// may take a slot which the caption is then in want of.
    fn needs_no_slot(&self, sample: &Sample) -> bool {
        let mut frames = self.gif.frames.iter().zip(self.before);
        let is_whole = |(frame, shown): (&blocks::Frame, &Shown)| {
            frame.rect.covers(self.gif.canvas) && shown.decoded_pixels == frame.rect.area()
        };
        let has_colours = sample.palettes().all(|palette| palette.has_black_and_white);
        has_colours && frames.all(|both| both.0.transparent.is_some() || is_whole(both))
    }

    /// `is_close`: every palette has the captions' colours, or room for them.
    fn shows_its_captions(&self, is_close: bool) {
        let canvas = self.gif.canvas;
        for (k, (before, after)) in self.before.iter().zip(self.after).enumerate() {
            let shown = self.mask.shown_in(k);
            for (number, ink) in self.mask.inks.iter().enumerate().filter(|&(number, _)| shown.contains(number)) {
                let lies_under = |x, y| {
                    (number + 1..self.mask.inks.len())
                        .any(|later| shown.contains(later) && self.mask.inks[later].covers_pixel(x, y))
                };
                let may_have_gaps = self.may_have_gaps(ink);
                for (x, y, cover) in ink.covers_in(ink.rect).filter(|&(_, _, cover)| cover != Cover::NONE) {
                    let on_picture = y.checked_sub(self.mask.picture_top_px).filter(|&y| canvas.contains(x, y));
                    let beneath = on_picture.and_then(|y| before.canvas[(y * canvas.width() + x) as usize]);
                    if let Some(got) = after.canvas[(y * self.mask.width_px + x) as usize] {
                        // Which of its colours an emoji gets is `emoji_off`'s to tell.
                        let is_letter = ink.emoji().is_none() && !lies_under(x, y);
                        if is_letter && is_close && cover.is_opaque() && matches!(cover.0 >> 4, 0 | 15) && !may_have_gaps {
                            let wanted = cover.blend(ink.fill, ink.under, beneath);
                            assert!(off(got, wanted) <= 45, "frame {k}, pixel {x}, {y}: {wanted:?} was wanted, got {got:?}");
                        }
                    } else {
                        let is_excused = beneath.is_none() && (!cover.is_solid() || may_have_gaps);
                        assert!(is_excused, "frame {k}, pixel {x}, {y} lost its caption");
                    }
                }
            }
        }
    }
}

/// Any sample of one of the two sizes, from bytes that shrink towards a plain one.
fn sample(size: fn(&mut Choices<'_>) -> Sample) -> impl Strategy<Value = Sample> {
    prop::collection::vec(any::<u8>(), 0..400).prop_map(move |bytes| size(&mut Choices::from_bytes(&bytes)))
}

/// Any place on a picture.
fn place() -> impl Strategy<Value = Position> {
    let within = (0..6000u32, 0..6000u32, 3000..=4000u32, 3000..=4000u32).prop_map(|(x, y, width, height)| {
        let [x, y, width, height] = [x, y, width, height].map(Fraction::of_steps);
        Position::Within(Area { x, y, width, height })
    });
    prop_oneof![Just(Position::Top), Just(Position::Middle), Just(Position::Bottom), within]
}

/// Any style that stands on it.
fn on_picture() -> impl Strategy<Value = Style> {
    prop_oneof![Just(Style::Overlay), Just(Style::Box), Just(Style::Shadow), Just(Style::Plain)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn an_overlay_is_on_every_frame_and_changes_nothing_else(sample in sample(Sample::small)) {
        check(&sample, LOW);
    }

    #[test]
    fn two_overlays_and_two_bars_go_together(sample in sample(Sample::small)) {
        check(&sample, &[("a", Position::Top, Style::Overlay), ("b", Position::Bottom, Style::Bar), ("c", Position::Bottom, Style::Overlay), ("d", Position::Top, Style::Bar)]);
    }

    #[test]
    fn a_bar_stands_above_every_frame(sample in sample(Sample::small)) {
        check(&sample, &[("bar", Position::Top, Style::Bar)]);
    }

    #[test]
    fn emoji_are_on_every_frame_and_change_nothing_else(sample in sample(Sample::small)) {
        check(&sample, EMOJI);
    }

    #[test]
    fn emoji_alone_and_on_bars_are_drawn(sample in sample(Sample::small)) {
        check(&sample, &[("👍🏽", Position::Top, Style::Overlay), ("a🐸", Position::Bottom, Style::Bar), ("🇨🇭", Position::Top, Style::Bar)]);
    }

    #[test]
    fn plates_shadows_and_plain_letters_change_nothing_else(sample in sample(Sample::small), at in place(), style in on_picture()) {
        check(&sample, &[("Hi", at, style)]);
    }

    #[test]
    fn captions_lie_on_one_another(sample in sample(Sample::small), at in place(), styles in (on_picture(), on_picture())) {
        check(&sample, &[("a🐸", at, styles.0), ("bc", Position::Middle, styles.1), ("d", Position::Bottom, Style::Bar)]);
    }

    #[test]
    fn frames_of_many_segments_get_a_plate(sample in sample(Sample::large), at in place()) {
        check(&sample, &[("a plate", at, Style::Box), ("shade", Position::Bottom, Style::Shadow)]);
    }

    #[test]
    fn captions_come_and_go(
        sample in sample(Sample::small), at in place(), style in on_picture(), time in (0..4u32, 0..3u32), other in (0..4u32, 0..3u32)
    ) {
        let [time, other] = [time, other].map(|(first, more)| [first, first + more]);
        check_timed(&sample, &[("a", at, style, time), ("bc", Position::Bottom, Style::Overlay, other)]);
    }

    #[test]
    fn captions_come_and_go_in_frames_of_many_segments(sample in sample(Sample::large), style in on_picture(), time in (0..3u32, 0..2u32)) {
        check_timed(&sample, &[("when", Position::Bottom, style, [time.0, time.0 + time.1])]);
    }

    #[test]
    fn frames_of_many_segments_get_emoji(sample in sample(Sample::large)) {
        check(&sample, &[("🔥🔥", Position::Top, Style::Overlay), ("Hi 👨‍👩‍👧", Position::Bottom, Style::Overlay)]);
    }

    #[test]
    fn frames_of_many_segments_are_captioned_below(sample in sample(Sample::large)) {
        check(&sample, LOW);
    }

    #[test]
    fn frames_of_many_segments_are_captioned_above_and_below(sample in sample(Sample::large)) {
        check(&sample, &[("when", Position::Top, Style::Overlay), ("Hi", Position::Bottom, Style::Overlay)]);
    }

    #[test]
    fn frames_of_many_segments_get_a_bar(sample in sample(Sample::large), at in prop_oneof![Just(Position::Top), Just(Position::Bottom)]) {
        check(&sample, &[("bar", at, Style::Bar), ("Hi", Position::Bottom, Style::Overlay)]);
    }

    #[test]
    fn a_file_cut_or_spoilt_anywhere_is_an_error_or_a_gif(sample in sample(Sample::small), cut: prop::sample::Index, spoil: (prop::sample::Index, u8)) {
        let mut bytes = sample.bytes();
        let at = spoil.0.index(bytes.len());
        bytes[at] = spoil.1;
        bytes.truncate(1 + cut.index(bytes.len()));
        let small = Limits { max_side_px: 500, max_total_pixels: 1_000_000, ..Limits::default() };
        if let Ok(output) = picture::render(&bytes, &spec(LOW), &small) {
            let (before, after) = (Gif::walk(&bytes, &small).unwrap(), Gif::walk(&output, &small).unwrap());
            prop_assert_eq!(before.frames.len(), after.frames.len());
        }
    }
}

#[test]
fn an_exact_spec_gives_up_no_entry_for_an_emoji_and_tells_what_is_lost() {
    // 256 greys, all in use.
    let greys: Vec<u8> = (0..=255).flat_map(|level: u8| [level; 3]).collect();
    let mut source = b"GIF89a\x80\0\x60\0\xF7\0\0".to_vec();
    source.extend(&greys);
    source.extend(b"\x2C\0\0\0\0\x80\0\x60\0\0");
    let indices: Vec<u8> = (0..128 * 96_u32).map(|at| at.to_le_bytes()[0]).collect();
    source.push(8);
    source.extend(crate::lzw::whole::encode(&indices, 8));
    source.push(0x3B);
    let mut spec = spec(EMOJI);
    let mut rendered = |exact| {
        spec.exact = exact;
        picture::render_with(&source, &spec, &Limits::default(), &Watch::none()).unwrap()
    };
    let [exact, free] = [rendered(true), rendered(false)];
    let off = |rendered: &picture::Rendered| f64::from(rendered.fidelity.captions[0].emoji_delta_e.unwrap());
    assert!(exact.mask().iter().all(|&pixel| pixel != 128) && exact.fidelity.changed.count == 0);
    assert!(exact.fidelity.differences().iter().any(|said| said.contains("emoji")), "{:?}", exact.fidelity);
    assert!(off(&exact) > 20.0 && off(&free) < 8.0, "{} {}", off(&exact), off(&free));
    spec.strict = true;
    spec.exact = true;
    let refused = picture::render_with(&source, &spec, &Limits::default(), &Watch::none());
    assert_eq!(refused.err().unwrap().code().as_str(), "not_as_asked");
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
