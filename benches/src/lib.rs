//! What the measurements share: the pictures, the specs they are captioned with, and how long each is measured.
//!
//! Used by `benches/` alone. Pictures are made by code but for the repo's sample, so that anyone who runs this measures the
//! same. It must not depend on anything but the engine, `samples` and the harness.

use std::{sync::LazyLock, time::Duration};

use caption::{
    Font, Limits, LoadedCaption, LoadedSpec, Position, Style,
    stages::{
        Change, FramePlan, FrameWork, InkRuns, Mask, Palettes, Patch, StreamReader, Tools, paint as paint_frame, written_on,
    },
};
use caption_layout::reading::blocks::Gif;
use criterion::Criterion;
use samples::{Content, Frame, Palette, Sample};

/// The repo's sample: 30 frames of 480 x 270, most of them smaller than the canvas.
pub const DUCK: &[u8] = include_bytes!("../../samples/duck.gif");

/// The text that the figures in docs/PERFORMANCE.md are made with.
pub const WORDS: &str = "WHEN THE BUILD PASSES";

/// The sides of a made picture.
pub const SIDES_PX: (u16, u16) = (480, 270);
/// Pixels of its frame.
pub const AREA_PX: usize = SIDES_PX.0 as usize * SIDES_PX.1 as usize;

/// Kinds of pixels, from long strings and few segments to short strings and many.
pub const CONTENTS: [(&str, Content); 3] = [("flat", Content::Flat), ("runs", Content::Runs), ("dithered", Content::Dithered)];

const PALETTE: Palette = Palette { log2_len: 8, seed: 1, has_black_and_white: true };

/// Short measurements: all of them together take a minute or two, and single ones repeat within some percent.
#[must_use]
pub fn criterion() -> Criterion {
    let criterion = Criterion::default().warm_up_time(Duration::from_millis(500));
    criterion.measurement_time(Duration::from_secs(2)).sample_size(30)
}

/// One caption in the default font.
///
/// # Panics
/// If the default font were not built in.
#[must_use]
pub fn spec(at: Position, style: Style) -> LoadedSpec {
    LoadedSpec::new(vec![LoadedCaption::new(WORDS, at, style, font())])
}

/// The default font.
///
/// # Panics
/// If it were not built in.
#[must_use]
#[expect(clippy::expect_used, reason = "a measurement may stop where its ground is missing")]
pub fn font() -> Font {
    Font::builtin("anton").expect("the default font is built in")
}

/// A frame's minimum code size, then its sub-blocks.
#[must_use]
pub fn image_data(content: Content) -> Vec<u8> {
    frame(content, 1).image_data(Some(PALETTE))
}

/// A GIF of 12 whole frames.
#[must_use]
pub fn animation(content: Content) -> Vec<u8> {
    let frames = (0..12).map(|seed| frame(content, seed)).collect();
    Sample { width: SIDES_PX.0, height: SIDES_PX.1, palette: Some(PALETTE), loop_count: Some(0), frames }.bytes()
}

fn frame(content: Content, seed: u32) -> Frame {
    Frame::plain(SIDES_PX.0, SIDES_PX.1, content, seed)
}

/// A GIF, walked.
///
/// # Panics
/// If it were none.
#[must_use]
#[expect(clippy::expect_used, reason = "a measurement may stop where its ground is missing")]
pub fn walked(bytes: &[u8]) -> Gif {
    Gif::walk(bytes, &Limits::default()).expect("the picture is a GIF")
}

/// The mask of a spec on a picture.
///
/// # Panics
/// If the words did not fit.
#[must_use]
#[expect(clippy::expect_used, reason = "a measurement may stop where its ground is missing")]
pub fn mask(gif: &Gif, spec: &LoadedSpec) -> Mask {
    Mask::draw(spec, gif.canvas.width(), gif.canvas.height(), written_on(gif)).expect("the words fit")
}

/// A GIF of one frame.
#[must_use]
pub fn still(content: Content) -> Vec<u8> {
    Sample { width: SIDES_PX.0, height: SIDES_PX.1, palette: Some(PALETTE), loop_count: None, frames: vec![frame(content, 1)] }
        .bytes()
}

/// Whether a frame can be painted by itself: touched, and not to draw again what earlier ones showed.
#[must_use]
pub fn is_paintable(plan: &FramePlan) -> bool {
    plan.is_touched() && plan.damaged().is_empty()
}

/// No frame of the benches clears what another has drawn.
static NOTHING_LOST: LazyLock<Patch> = LazyLock::new(Patch::default);

/// Frame `k` of a GIF, ready to be painted.
#[must_use]
pub fn work<'a>(
    bytes: &'a [u8],
    gif: &'a Gif,
    k: usize,
    plan: FramePlan,
    palettes: &'a Palettes<'_>,
    inks: &'a [&'a InkRuns<'a>],
) -> FrameWork<'a> {
    let frame = &gif.frames[k];
    let (palette_plan, used) = (palettes.of(k, frame), palettes.used[k]);
    let may_become_transparent = palettes.may_become_transparent;
    FrameWork {
        bytes,
        frame,
        plan,
        palette_plan,
        used,
        may_become_transparent,
        background: None,
        inks,
        ended: &[],
        lost: &NOTHING_LOST,
        is_exact: false,
        leaves_gaps: false,
    }
}

/// Paints frames; answers the bytes of the streams that changed.
#[must_use]
pub fn paint<'a>(works: impl IntoIterator<Item = &'a FrameWork<'a>>, reader: &mut StreamReader, tools: &mut Tools) -> usize {
    let len = |work| match paint_frame(work, reader, tools).change {
        Change::Nothing => 0,
        Change::Spliced(stream) | Change::Recoded(stream) => stream.bytes.len(),
    };
    works.into_iter().map(len).sum()
}
