//! Any stream, or one that an input chooses, and runs of pixels to be painted: the spliced stream decodes to the source's
//! indices with the runs on them, whatever the tables held before.
#![no_main]

use caption::stages::{InkRuns, SegmentCounts, Spliced, StreamReader, Tools};
use libfuzzer_sys::fuzz_target;
use punchline_fuzz::streams::{self, Splice};

fuzz_target!(|bytes: &[u8]| {
    let Some(input) = Splice::from_bytes(bytes) else { return };
    let Splice { code_size, blocks, runs, .. } = &input;
    let inks: Vec<_> = input.inks();
    let all_runs: Vec<_> = inks.iter().map(InkRuns::of).collect();
    let frame = input.frame();
    let (mut reader, mut tools) = (StreamReader::default(), Tools::default());
    let spliced = input.splice(&frame, &all_runs, &mut reader, &mut tools);
    let stream = |spliced: &Spliced| match spliced {
        Spliced::Changed(stream, segments) => Some((stream.bytes.clone(), *segments)),
        Spliced::Unchanged | Spliced::Cannot => None,
    };
    let again = input.splice(&frame, &all_runs, &mut reader, &mut tools);
    assert!(stream(&again) == stream(&spliced), "another stream the second time");

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
        Spliced::Changed(stream, SegmentCounts { copied, spliced, recoded }) => {
            let bytes = &stream.bytes;
            assert_eq!((copied + spliced + recoded) as usize, reader.scan.segments.len());
            assert_eq!(bytes[0], *code_size);
            assert!(streams::decode(*code_size, &bytes[1..], input.area_px()) == wanted, "other pixels than were asked for");
        }
    }
});
