//! Any stream, or one that an input chooses, and runs of pixels to be painted: the spliced stream decodes to the source's
//! indices with the runs on them, whatever the tables held before.
#![no_main]

use caption::stages::{Codec, Gif, Mask, Spliced};
use libfuzzer_sys::fuzz_target;
use punchline_fuzz::streams::{self, Splice};

fuzz_target!(|bytes: &[u8]| {
    let Some(input) = Splice::from_bytes(bytes) else { return };
    let Splice { width_px, height_px, code_size, blocks, runs } = &input;
    let gif = Gif::of_stream(*code_size, *width_px, *height_px, blocks);
    let mask = Mask::of_runs(*width_px, *height_px, runs);
    let mut codec = Codec::default();
    let spliced = codec.splice(&gif, &mask.inked());
    assert!(codec.splice(&gif, &mask.inked()) == spliced, "another stream the second time");

    let source = streams::decode(*code_size, blocks, input.area_px());
    let mut wanted = source.clone();
    for (run, index) in runs {
        // What a stream is short of stays missing.
        let end = run.end.min(wanted.len());
        wanted[run.start.min(end)..end].fill(*index);
    }
    match spliced {
        Spliced::Unchanged => assert!(wanted == source, "pixels were left as they were"),
        Spliced::Cannot => {
            let needs_longer = |index: u8| u32::from(index) >= 1 << code_size;
            assert!(*code_size == 1 || runs.iter().any(|&(_, index)| needs_longer(index)), "given up for no reason");
        }
        Spliced::Changed { bytes, segments } => {
            assert_eq!(segments.iter().sum::<u32>() as usize, codec.segments().count());
            assert_eq!(bytes[0], *code_size);
            assert!(streams::decode(*code_size, &bytes[1..], input.area_px()) == wanted, "other pixels than were asked for");
        }
    }
});
