//! Any bytes as a file of a font folder: never a panic. Each face that is taken draws a caption, as the named font and where
//! another lacks a character, and is listed and shown as a sample.
#![no_main]

use std::sync::LazyLock;

use caption::{Font, FontFacts, FontSample, LoadedCaption, LoadedSpec, Position, Style, Watch};
use libfuzzer_sys::fuzz_target;
use punchline_fuzz::LIMITS;
use samples::{Choices, Sample};

/// Joined and stacked letters, both directions, spaces, and a character that no font of ours has.
const TEXT: &str = "Hi fi, é ŵ\u{301} ◌ سلام क्षि 骨の한 ሰ";
/// Faces of one file that are drawn: a hostile collection has 64 that are one.
const MOST_FACES: usize = 3;

static PICTURE: LazyLock<Vec<u8>> = LazyLock::new(|| Sample::small(&mut Choices::from_seed(1)).bytes());

fuzz_target!(|bytes: &[u8]| {
    let faces = Font::faces(bytes.to_vec());
    assert!(!faces.is_empty() && faces.len() <= 64);
    for font in faces.into_iter().flatten().take(MOST_FACES) {
        let _ = (FontFacts::of(&font), FontSample::of(&font, "name"));
        let named = LoadedSpec::new(vec![LoadedCaption::new(TEXT, Position::Top, Style::Overlay, font.clone())]);
        let anton = Font::builtin("anton").expect("a built-in font");
        let mut beside = LoadedSpec::new(vec![LoadedCaption::new(TEXT, Position::Bottom, Style::Bar, anton)]);
        beside.fallbacks = vec![font];
        for spec in [named, beside] {
            let _ = caption_layout::preview(&spec, 200, 120);
            let _ = caption::render_with(&PICTURE, &spec, &LIMITS, &Watch::none());
        }
    }
});
