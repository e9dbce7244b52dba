//! Any bytes as an emoji of one's own, and bytes dressed as a PNG, a JPEG, a WebP or a GIF so that they come past the headers. Never a
//! panic; what is not drawn is refused by its name, and what is drawn stays within its mask.
#![no_main]

use std::sync::LazyLock;

use caption::{Error, Font, ImageName, Images, LoadedCaption, LoadedSpec, Position, Style};
use libfuzzer_sys::fuzz_target;
use punchline_fuzz::{caption_spec_and_compare, stills};
use samples::{Choices, Sample};

static PICTURE: LazyLock<Vec<u8>> = LazyLock::new(|| Sample::small(&mut Choices::from_seed(1)).bytes());

fuzz_target!(|bytes: &[u8]| {
    let Some((&kind, rest)) = bytes.split_first() else { return };
    let image = match kind % 5 {
        0 => rest.to_vec(),
        1 => stills::png(rest),
        2 => stills::jpeg(rest),
        3 => stills::webp(rest),
        _ => Sample::small(&mut Choices::from_bytes(rest)).bytes(),
    };
    let (text, font) = ("a:dot:<:dot:1>", Font::builtin("anton").expect("a built-in font"));
    let images: Images = [(ImageName::parse("dot").expect("a name"), image)].into_iter().collect();
    let spec = LoadedSpec { images, ..LoadedSpec::new(vec![LoadedCaption::new(text, Position::Bottom, Style::Overlay, font)]) };
    if let Err(error) = caption_spec_and_compare(&PICTURE, &spec) {
        assert!(matches!(error, Error::Image { .. } | Error::TextDoesNotFit { .. }), "{error}");
    }
});
