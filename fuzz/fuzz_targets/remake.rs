//! Files of another kind, size or fewer bytes: any bytes, and bytes dressed as a kind. Never a panic; what comes out is whole, of the kind and
//! within the bounds that were asked for, and is shown as long as its source.
#![no_main]

use caption::{ByteSize, Format, LoadedSpec, MediaType, OutputFields, Watch};
use libfuzzer_sys::fuzz_target;
use punchline_fuzz::{LAYOUTS, LIMITS, stills};

fuzz_target!(|bytes: &[u8]| {
    let Some((&[kind, asked, most], rest)) = bytes.split_first_chunk() else { return };
    let source = match kind % 6 {
        0 | 1 => rest.to_vec(),
        2 => stills::png(rest),
        3 => stills::apng(rest),
        4 => stills::animated_webp(rest),
        _ => stills::webp(rest),
    };
    let Ok(probed) = caption::probe(&source, &LIMITS) else { return };
    // Videos belong into a process of their own.
    if probed.media == MediaType::Mp4 {
        return;
    }
    let output = OutputFields {
        format: Format::ALL[usize::from(asked % 4)],
        max_bytes: (asked & 4 != 0).then(|| ByteSize(100 + u64::from(most) * u64::from(most))),
        max_width: (asked & 8 != 0).then(|| 1 + u32::from(most)),
        max_height: (asked & 16 != 0).then(|| 1 + u32::from(most) * 2),
    };
    let layout = &LAYOUTS[usize::from(kind / 6) % LAYOUTS.len()];
    let spec = LoadedSpec { output, exact: asked & 32 != 0, ..layout.spec().clone() };
    let Ok(rendered) = caption::render_with(&source, &spec, &LIMITS, &Watch::none()) else { return };
    let file = rendered.output.to_vec(&source);
    assert!(output.max_bytes.is_none_or(|ByteSize(most)| file.len() as u64 <= most), "{} bytes", file.len());
    for (side, most) in [(rendered.width_px, output.max_width), (rendered.height_px, output.max_height)] {
        // A bar is as high as its letters are, and those have a smallest size.
        assert!(most.is_none_or(|most| side <= most.max(1) + 1), "{side} of {most:?}");
    }
    let limits = caption::Limits { max_side_px: 65_535, max_bytes: 1 << 26, max_total_pixels: 1 << 26, ..LIMITS };
    let again = caption::probe(&file, &limits).expect("what is made is whole");
    let media = match output.format {
        Format::Same => probed.media,
        Format::Gif => MediaType::Gif,
        Format::Webp => MediaType::Webp,
        Format::Apng => MediaType::Png,
    };
    assert_eq!((again.media, rendered.media), (media, media));
    assert_eq!([again.width_px, again.height_px], [rendered.width_px, rendered.height_px]);
    assert_eq!(again.frames, rendered.stats.frames);
    // A frame of a GIF is shown for 655 s at most.
    if again.frames > 1 && probed.duration_cs < 60_000 {
        assert!(again.duration_cs.abs_diff(probed.duration_cs) <= 1, "{} cs of {}", again.duration_cs, probed.duration_cs);
    }
});
