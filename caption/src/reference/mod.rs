//! The engine held against a naive reference: GIFs of every kind are captioned, source and output are played by a decoder
//! that shares no code with the engine, and every pixel is compared; within the captions, with what they should show.
//!
//! Tests only. `samples` makes the GIFs and plays them: what real encoders make and what they should not, in blocks
//! and in LZW streams. What can be told from outside alone is in `tests/outside_the_mask.rs`.

mod captioned;
mod cases;
mod check;
mod of_emoji;
mod properties;

use samples::show::{Player, Shown};

use crate::{images::DecodedImages, mask::Mask, planning::written_on};
use caption_layout::{Font, ImageName, Images, LoadedCaption, LoadedSpec, Position, Style, reading::blocks::Gif};

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
    let images = DecodedImages::of(spec, true, || Ok(1_000.0)).expect("images");
    Mask::draw(images.with(spec), gif.canvas.width(), gif.canvas.height(), written_on(gif)).expect("a mask")
}

fn play(bytes: &[u8]) -> Vec<Shown> {
    Player::open(bytes).expect("a GIF that is shown").collect()
}
