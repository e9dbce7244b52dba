//! Stills, animated PNG and WebP: any bytes, and bytes dressed as one of the kinds so that they come past the headers. Never a panic; what comes out is
//! whole, has the sides that were told, and is captioned again.
#![no_main]

use caption::{MediaType, Watch};
use libfuzzer_sys::fuzz_target;
use punchline_fuzz::{LAYOUTS, LIMITS, stills};

fuzz_target!(|bytes: &[u8]| {
    let Some((&kind, rest)) = bytes.split_first() else { return };
    let source = match kind % 6 {
        0 => rest.to_vec(),
        1 => stills::png(rest),
        2 => stills::jpeg(rest),
        3 => stills::apng(rest),
        4 => stills::animated_webp(rest),
        _ => stills::webp(rest),
    };
    let Ok(probed) = caption::probe(&source, &LIMITS) else { return };
    if probed.media == MediaType::Gif {
        return;
    }
    let layout = &LAYOUTS[usize::from(kind / 6) % LAYOUTS.len()];
    let Ok(rendered) = caption::render_with(&source, layout.spec(), &LIMITS, &Watch::none()) else { return };
    assert_eq!(rendered.width_px, probed.width_px);
    assert!(rendered.height_px >= probed.height_px);
    let output = rendered.output.to_vec(&source);
    let limits = caption::Limits { max_side_px: 4096, max_bytes: 1 << 26, max_total_pixels: 1 << 24, ..LIMITS };
    let again = caption::render_with(&output, layout.spec(), &limits, &Watch::none());
    match again {
        Ok(again) => {
            assert_eq!(again.media, probed.media);
            assert_eq!(again.fidelity.damage, None, "the output of {:?} is damaged", rendered.fidelity.damage);
            assert_eq!(again.width_px, rendered.width_px);
            assert_eq!(again.stats.frames, rendered.stats.frames);
        }
        // A bar upon a bar may be too high.
        Err(error) => assert!(!matches!(error.code().as_str(), "malformed" | "truncated"), "{error}"),
    }
});
