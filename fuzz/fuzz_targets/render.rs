//! Any bytes, captioned within small limits: never a panic, and what comes out is again a GIF that another decoder reads
//! to as many frames as it read from the source.
#![no_main]

use std::sync::LazyLock;

use caption::{At, Caption, Font, Limits, Media, Spec, Style};
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits { max_bytes: 1 << 20, max_side_px: 512, max_frames: 64, max_total_pixels: 1 << 20 };

static SPECS: LazyLock<Vec<Spec>> = LazyLock::new(|| {
    let font = Font::builtin("anton").expect("a built-in font");
    let caption = |at, style| {
        let fill = if style == Style::Bar { [0; 3] } else { [255; 3] };
        Caption { text: "Hi".to_owned(), at, style, font: font.clone(), size_px: None, fill, stroke: [0; 3] }
    };
    vec![
        Spec::new(vec![caption(At::Bottom, Style::Overlay)]),
        Spec::new(vec![caption(At::Top, Style::Bar), caption(At::Bottom, Style::Overlay)]),
    ]
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(found) = caption::probe(bytes, &LIMITS) else { return };
    for spec in SPECS.iter() {
        let Ok(output) = caption::render(bytes, spec, &LIMITS) else { continue };
        if found.media != Media::Gif {
            continue;
        }
        // A malformed source that browsers show stays as it is: hold the output to what the decoder made of the source.
        if let Ok(frames) = count_decoded(bytes) {
            match count_decoded(&output) {
                Ok(after) => assert_eq!(after, frames, "frames were lost or won"),
                Err(error) => panic!("the source decodes, the output does not: {error}"),
            }
        }
    }
});

/// Frames of a GIF, each decoded, except the pixels of an interlaced one: the decoder reads those row by row, and fails on
/// some good streams in doing so.
fn count_decoded(bytes: &[u8]) -> Result<usize, gif::DecodingError> {
    let mut decoder = gif::Decoder::new(bytes)?;
    let mut frames = 0;
    while let Some(frame) = decoder.next_frame_info()? {
        if !frame.interlaced {
            let mut pixels = vec![0; decoder.buffer_size()];
            decoder.read_into_buffer(&mut pixels)?;
        }
        frames += 1;
    }
    Ok(frames)
}
