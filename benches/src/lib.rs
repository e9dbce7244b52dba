//! What the measurements share: the sample and the specs they caption it with.
//!
//! Used by `benches/` alone. It must not depend on anything but the engine and the harness.

use caption::{At, Caption, Font, Spec, Style};

/// The repo's sample: 30 frames of 480 x 270, most of them smaller than the canvas.
pub const DUCK: &[u8] = include_bytes!("../../samples/duck.gif");

/// The words that the README's figures are made with.
pub const WORDS: &str = "WHEN THE BUILD PASSES";

/// One caption in the default font.
///
/// # Panics
/// If the default font were not built in.
#[must_use]
#[expect(clippy::expect_used, reason = "a measurement may stop where its ground is missing")]
pub fn spec(at: At, style: Style) -> Spec {
    let font = Font::builtin("anton").expect("the default font is built in");
    let fill = if style == Style::Bar { [0; 3] } else { [255; 3] };
    Spec::new(vec![Caption { text: WORDS.to_owned(), at, style, font, size_px: None, fill, stroke: [0; 3] }])
}
