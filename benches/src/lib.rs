//! What the measurements share: the pictures, the specs they are captioned with, and how long each is measured.
//!
//! Used by `benches/` alone. Pictures are made by code but for the repo's sample, so that anyone who runs this measures the
//! same. It must not depend on anything but the engine, `samples` and the harness.

use std::time::Duration;

use caption::{
    At, Caption, Font, Limits, Spec, Style,
    stages::{Codec, Gif, Inked, Mask, Plan, Tables},
};
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
pub fn spec(at: At, style: Style) -> Spec {
    let fill = if style == Style::Bar { [0; 3] } else { [255; 3] };
    Spec::new(vec![Caption { text: WORDS.to_owned(), at, style, font: font(), size_px: None, fill, stroke: [0; 3] }])
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
pub fn walked(bytes: &[u8]) -> Gif<'_> {
    Gif::walk(bytes, &Limits::default()).expect("the picture is a GIF")
}

/// The mask of a spec on a picture.
///
/// # Panics
/// If the words did not fit.
#[must_use]
#[expect(clippy::expect_used, reason = "a measurement may stop where its ground is missing")]
pub fn mask(gif: &Gif<'_>, spec: &Spec) -> Mask {
    gif.mask(spec).expect("the words fit")
}

/// Paints the frames that a caption touches; answers the bytes of those that changed.
#[must_use]
pub fn paint(codec: &mut Codec, gif: &Gif<'_>, plan: &Plan, tables: &Tables<'_>, inked: &Inked<'_>) -> usize {
    plan.paintable().filter_map(|k| codec.paint(gif, k, plan, tables, inked)).map(|bytes| bytes.len()).sum()
}
