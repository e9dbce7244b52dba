//! The engine held against a naive reference: GIFs of every kind are captioned, source and output are played by a decoder
//! that shares no code with the engine, and every pixel is compared; within the captions, with what they should show.
//!
//! Tests only. `samples` makes the GIFs and plays them: what real encoders make and what they should not, in blocks
//! and in LZW streams. What can be told from outside alone is in `tests/outside_the_mask.rs`.

mod captioned;
mod cases;
mod check;
mod properties;

use samples::show::{Player, Shown};

use caption_layout::{Font, LoadedCaption, LoadedSpec, Position, Style};

/// Letters and emoji, side by side and over one another.
const EMOJI: &[(&str, Position, Style)] = &[("Hi🎉", Position::Bottom, Style::Overlay)];
const LOW: &[(&str, Position, Style)] = &[("Hi", Position::Bottom, Style::Overlay)];

fn spec(captions: &[(&str, Position, Style)]) -> LoadedSpec {
    let caption = |&(text, at, style): &(&str, Position, Style)| {
        LoadedCaption::new(text, at, style, Font::builtin("anton").expect("built in"))
    };
    LoadedSpec::new(captions.iter().map(caption).collect())
}

fn play(bytes: &[u8]) -> Vec<Shown> {
    Player::open(bytes).expect("a GIF that is shown").collect()
}
