//! What is copied and what is coded anew, told apart by a naive decoder; and splicing held against recoding.

use proptest::prelude::*;
use samples::{
    Choices, Content, Frame, Palette as Colours, Sample,
    compare::{Allowed, compare},
    stream::{Clears, End, Parse, Stream as Written},
};

use caption_layout::{Font, Limits, LoadedCaption, LoadedSpec, Position, Style, reading::blocks::Gif};

use super::{
    super::{
        recode::{Recoded, recode},
        runs::InkRuns,
    },
    *,
};
use crate::{
    lzw::{naive, whole},
    mask::Mask,
    picture::{self, Rendered},
    planning::{Palettes, plan, written_on},
    reading::canvas::Patch,
    watch::Watch,
};

const LOW: (&str, Position, Style) = ("Hi", Position::Bottom, Style::Overlay);
const HIGH: (&str, Position, Style) = ("When", Position::Top, Style::Overlay);
const BAR: (&str, Position, Style) = ("bar", Position::Top, Style::Bar);

fn spec(captions: &[(&str, Position, Style)]) -> LoadedSpec {
    let caption =
        |&(text, at, style): &(&str, Position, Style)| LoadedCaption::new(text, at, style, Font::builtin("anton").unwrap());
    LoadedSpec::new(captions.iter().map(caption).collect())
}

fn rendered(source: &[u8], captions: &[(&str, Position, Style)]) -> Rendered {
    picture::render_with(source, &spec(captions), &Limits::default(), &Watch::none()).unwrap()
}

fn sample(frame: Frame) -> Sample {
    let palette = Some(Colours { log2_len: 6, seed: 9, has_black_and_white: true });
    Sample { width: 200, height: 120, palette, loop_count: None, frames: vec![frame] }
}

fn dithered(clears: Clears) -> Sample {
    let stream = Written { clears, ..Written::plain() };
    sample(Frame { stream, ..Frame::plain(200, 120, Content::Dithered, 7) })
}

/// The sub-blocks and the minimum code size of the only frame.
fn stream_of(bytes: &[u8]) -> (Vec<u8>, u8) {
    let gif = Gif::walk(bytes, &Limits::default()).unwrap();
    (bytes[gif.frames[0].data.clone()].to_vec(), gif.frames[0].min_code_size)
}

/// Holds every segment against the source's bits; answers how many are copied, spliced and coded anew.
fn segments_by_their_bits(source: &[u8], output: &[u8]) -> [u32; 3] {
    let ((before, code_size), (after, same_size)) = (stream_of(source), stream_of(output));
    assert_eq!(code_size, same_size);
    let (before_bits, after_bits) = (naive::bits(&before), naive::bits(&after));
    let (before, after) = (naive::read(&before, code_size), naive::read(&after, code_size));
    assert_eq!(before.indices.len(), after.indices.len());
    let mut counts = [0; 3];
    for segment in before.segments() {
        let last = segment[segment.len() - 1];
        let (first_pixel, end_pixel) = (segment[0].first_pixel, last.first_pixel + last.pixels);
        let changed = (first_pixel..end_pixel).find(|&pixel| before.indices[pixel] != after.indices[pixel]);
        let kept_end = if let Some(changed) = changed {
            // No code is known by where it begins if it is the last, or comes when the table is full.
            let known = (segment.len() - 1).min(4096 - (1 << code_size) - 2).saturating_sub(1);
            let kept = segment[..known].partition_point(|code| code.first_pixel + code.pixels <= changed);
            counts[if kept > 0 { 1 } else { 2 }] += 1;
            segment[kept].bit
        } else {
            counts[0] += 1;
            last.bit + last.width as usize
        };
        let start = segment[0].bit;
        if kept_end == start {
            // Coded anew, perhaps with the table of the segment before.
            continue;
        }
        let there = after.codes.iter().find(|code| code.first_pixel == first_pixel).unwrap();
        assert!(there.is_first, "the segment at pixel {first_pixel} stands for itself");
        let arrived = &after_bits[there.bit..there.bit + kept_end - start];
        assert!(*arrived == before_bits[start..kept_end], "the segment at pixel {first_pixel} of {} codes", segment.len());
    }
    counts
}

#[test]
fn what_lies_before_a_changed_pixel_is_the_sources_to_the_bit() {
    let layouts =
        [Clears::AtFull, Clears::AfterFull(300), Clears::Never, Clears::Every(1500), Clears::Every(40), Clears::OneIn(90)];
    for clears in layouts {
        for captions in [&[LOW][..], &[HIGH], &[HIGH, LOW]] {
            let source = dithered(clears).bytes();
            let Rendered { output, stats, .. } = rendered(&source, captions);
            let counted = [stats.segments_copied, stats.segments_spliced, stats.segments_recoded];
            assert_eq!(segments_by_their_bits(&source, &output.to_vec(&source)), counted, "{clears:?}");
            assert_eq!(stats.segments, counted.iter().sum::<u32>());
            assert_eq!((stats.frames_spliced, stats.frames_copied, stats.frames_recoded), (1, 0, 0), "{clears:?}");
            assert!(stats.segments_spliced > 0, "{clears:?}");
            if clears == Clears::Every(40) {
                assert!(counted.iter().all(|&count| count > 9), "short segments begin anywhere: {counted:?}");
            }
        }
    }
}

#[test]
fn a_frame_of_one_segment_is_spliced() {
    let source = sample(Frame::plain(200, 120, Content::Flat, 4)).bytes();
    let Rendered { output, stats, .. } = rendered(&source, &[LOW]);
    assert_eq!((stats.segments, stats.segments_spliced, stats.frames_spliced), (1, 1, 1));
    assert_eq!(segments_by_their_bits(&source, &output.to_vec(&source)), [0, 1, 0]);
}

#[test]
fn below_a_bar_every_segment_is_copied() {
    let source = dithered(Clears::AtFull).bytes();
    let Rendered { output, stats, height_px, .. } = rendered(&source, &[BAR]);
    assert_eq!((stats.frames_spliced, stats.segments_copied), (1, stats.segments));
    let ((before, code_size), (after, _)) = (stream_of(&source), stream_of(&output.to_vec(&source)));
    let (before, after) = (naive::read(&before, code_size), naive::read(&after, code_size));
    assert_eq!(after.indices[(height_px as usize - 120) * 200..], before.indices);
    assert!(stats.segments > 2 && after.segments().len() > before.segments().len());
}

#[test]
fn what_cannot_be_spliced_is_coded_again_whole() {
    let plain = || Frame::plain(200, 120, Content::Dithered, 7);
    let small_palette =
        |sample: Sample| Sample { palette: Some(Colours { log2_len: 2, seed: 5, has_black_and_white: false }), ..sample };
    let short = Frame { stream: Written { end: End::Early(40), ..Written::plain() }, transparent: Some(0), ..plain() };
    let behind_a_clearing_one = |frame| {
        let clearing = Frame { disposal: 2, transparent: Some(0), ..plain() };
        Sample { frames: vec![clearing, frame], ..sample(plain()) }
    };
    let cases = [
        ("interlaced rows cannot stand behind a bar's", sample(Frame { interlaced: true, ..plain() }), BAR, 0),
        ("longer codes are needed", small_palette(sample(plain())), LOW, 0),
        ("the stream ends before the caption", sample(short), LOW, 0),
        (
            "the frame grows to the side",
            behind_a_clearing_one(Frame { left: 98, width: 4, transparent: Some(0), ..plain() }),
            LOW,
            1,
        ),
    ];
    for (why, sample, caption, frames_spliced) in cases {
        let source = sample.bytes();
        let output = rendered(&source, &[caption]);
        assert_eq!((output.stats.frames_recoded, output.stats.frames_spliced), (1, frames_spliced), "{why}");
        let (width_px, height_px) = (output.width_px, output.height_px);
        let allowed = Allowed { mask: &output.mask(), width_px, height_px, picture_top_px: height_px - 120 };
        assert_eq!(compare(&source, &output.output.to_vec(&source), &allowed), Ok(()), "{why}");
    }
}

#[test]
fn a_spliced_stream_is_hardly_longer_than_one_coded_anew() {
    for content in [Content::Flat, Content::Runs, Content::Dithered] {
        for captions in [&[LOW][..], &[HIGH], &[HIGH, LOW], &[BAR]] {
            let source = sample(Frame::plain(200, 120, content, 11)).bytes();
            let output = rendered(&source, captions);
            assert_eq!(output.stats.frames_spliced, 1);
            let (blocks, code_size) = stream_of(&output.output.to_vec(&source));
            let anew = whole::encode(&naive::read(&blocks, code_size).indices, code_size);
            assert!(blocks.len() <= anew.len() + anew.len() / 20 + 40, "{} bytes for {}, {content:?}", blocks.len(), anew.len());
        }
    }
}

/// Calls `see` for every frame that is touched, with its palette, opened.
fn each_work(
    source: &[u8],
    captions: &[(&str, Position, Style)],
    mut see: impl FnMut(&FrameWork<'_>, &Palette, &mut StreamReader),
) {
    // (A stream that swallows its terminator, or a frame too small to be written on, is no matter here.)
    let Ok(gif) = Gif::walk(source, &Limits::default()) else { return };
    let Ok(mask) = Mask::draw(&spec(captions), gif.canvas.width(), gif.canvas.height(), written_on(&gif)) else { return };
    let plans = plan(&gif, &mask, false);
    let palettes = Palettes::decide(source, &gif, &mask, &plans, false);
    let inks: Vec<InkRuns<'_>> = mask.inks.iter().map(InkRuns::of).collect();
    for (k, (frame, plan)) in gif.frames.iter().zip(&plans).enumerate().filter(|(_, (_, plan))| plan.is_touched()) {
        let work = FrameWork {
            bytes: source,
            frame,
            plan: *plan,
            palette_plan: palettes.of(k, frame),
            used: palettes.used[k],
            may_become_transparent: palettes.may_become_transparent,
            background: None,
            inks: &inks.iter().collect::<Vec<_>>(),
            ended: &[],
            lost: &Patch::default(),
            is_exact: false,
            leaves_gaps: false,
        };
        let mut reader = StreamReader::default();
        reader.open(source, frame);
        see(&work, &work.palette_plan.palette.of_frame(frame.transparent), &mut reader);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn splicing_any_stream_shows_what_recoding_it_does(
        bytes in prop::collection::vec(any::<u8>(), 0..200), is_large: bool, which in 0usize..4,
        every in prop::option::of(1u32..3000), lazy in 1u32..4,
    ) {
        let captions: &[_] = [&[LOW][..], &[HIGH], &[HIGH, LOW], &[BAR, LOW]][which];
        let mut choices = Choices::from_bytes(&bytes);
        let mut sample = if is_large { Sample::large(&mut choices) } else { Sample::small(&mut choices) };
        for frame in &mut sample.frames {
            if let Some(every) = every {
                (frame.stream.clears, frame.stream.parse) = (Clears::Every(every), Parse::Lazy(lazy));
            }
        }
        each_work(&sample.bytes(), captions, |work, palette, reader| {
            if !can_splice(work, palette, reader) {
                return;
            }
            let (through, mut tools) = (palette.transparent(), Tools::default());
            let spliced = splice(work, palette, through, reader, &mut tools);
            let recoded = recode(work, palette.clone(), through, reader, &mut tools);
            let shown = |stream: &NewStream| whole::decode(&stream.bytes[1..], stream.bytes[0], work.plan.drawn().area());
            match (spliced, recoded) {
                (Spliced::Unchanged, Recoded::Unchanged) | (Spliced::Cannot, Recoded::Changed(_) | Recoded::NoRoom) => {}
                (Spliced::Changed(spliced, _), Recoded::Changed(recoded)) => assert!(shown(&spliced) == shown(&recoded)),
                _ => panic!("one of them changed nothing"),
            }
        });
    }
}

#[test]
fn segments_without_an_index_that_gives_way_are_copied() {
    const CLEAR: usize = 256;
    // 64 x 64 in segments of 512: the first has every index, the others only the first 40.
    let segment = |k: usize| std::iter::once(CLEAR).chain((0..512).map(move |i| if k == 0 { i % 256 } else { i % 40 }));
    let codes: Vec<usize> = (0..8).flat_map(segment).chain([CLEAR + 1]).collect();
    let dull: Vec<u8> = (0..=255u8).flat_map(|i| [110 + i % 16, 110, 110 + i / 16]).collect();
    let mut source = [&b"GIF89a\x40\0\x40\0\xF7\xFF\0"[..], &dull, b"\x2C\0\0\0\0\x40\0\x40\0\0\x08"].concat();
    source.extend(naive::write(&codes, 8, 255));
    source.push(0x3B);

    let Rendered { ref output, stats, .. } = rendered(&source, &[LOW]);
    assert_eq!((stats.frames_spliced, stats.segments), (1, 8));
    assert!(stats.segments_copied >= 3, "{stats:?}");
    let output = output.to_vec(&source);
    let [before, after] = [&source, &output].map(|bytes| naive::read(&stream_of(bytes).0, 8).indices);
    let differ: Vec<usize> = (0..4096).filter(|&place| before[place] != after[place]).collect();
    // One white and one black entry; each index of the first segment comes twice.
    let given_way = differ.iter().filter(|&&place| place < 512).count();
    assert_eq!(given_way, 4);
    assert!(differ.iter().all(|place| !(512..2048).contains(place)), "nothing gave way between it and the caption");
    let written = picture::render_with(&source, &spec(&[LOW]), &Limits::default(), &Watch::none()).unwrap().mask();
    assert!(differ.iter().all(|&place| written[place] != 0), "all of it is in the mask");
    let given_up = differ.iter().filter(|&&place| written[place] == 128).count();
    assert_eq!(given_up, 4, "and what no letter covers is told from the letters");
}
