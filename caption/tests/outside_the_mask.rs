//! What can be told from outside the engine: whatever stream a frame is written as, no frame, delay, loop count or pixel
//! outside the mask changes, and a decoder that took the source takes the output.
//!
//! `samples` makes the GIFs and plays them, sharing no code with the engine. What a caption shows within the mask is held
//! in `caption/src/reference/check.rs`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use caption::{Error, Font, Limits, LoadedCaption, LoadedSpec, Position, Style, Watch};
use samples::{
    Content, Frame, Palette, Sample,
    compare::{Allowed, compare},
    show::Player,
    stream::{Clears, End, Fault, Parse, Stream, SubBlocks},
    strict,
};

/// Captions, and whether the only bar among them stands above the picture.
const LAYOUTS: [(&[(Position, Style)], bool); 6] = [
    (&[(Position::Bottom, Style::Overlay)], false),
    (&[(Position::Top, Style::Overlay)], false),
    (&[(Position::Top, Style::Overlay), (Position::Bottom, Style::Overlay)], false),
    (&[(Position::Top, Style::Bar)], true),
    (&[(Position::Bottom, Style::Bar), (Position::Bottom, Style::Overlay)], false),
    (&[(Position::Top, Style::Bar), (Position::Top, Style::Overlay)], true),
];

fn spec(places: &[(Position, Style)]) -> LoadedSpec {
    let font = Font::builtin("anton").unwrap();
    let caption = |&(at, style)| LoadedCaption::new("Hi", at, style, font.clone());
    LoadedSpec::new(places.iter().map(caption).collect())
}

/// Captions a sample and answers whether there was an output, which is then what it must be.
fn is_captioned(sample: &Sample, layout: usize, name: &str) -> bool {
    let (places, is_below_bar) = LAYOUTS[layout];
    let source = sample.bytes();
    let rendered = match caption::render_with(&source, &spec(places), &Limits::default(), &Watch::none()) {
        Ok(rendered) => rendered,
        Err(Error::TextDoesNotFit { .. }) => return false,
        Err(_) if sample.swallows() => return false,
        Err(other) => panic!("{name}: {other}"),
    };
    let output = rendered.output.to_vec(&source);
    let source_height_px = u32::try_from(Player::open(&source).unwrap().height_px).unwrap();
    let allowed = Allowed {
        mask: &rendered.mask(),
        width_px: rendered.width_px,
        height_px: rendered.height_px,
        picture_top_px: if is_below_bar { rendered.height_px - source_height_px } else { 0 },
    };
    compare(&source, &output, &allowed).unwrap_or_else(|difference| panic!("{name}, layout {layout}: {difference}"));
    if let Ok(frames) = strict::count_frames(&source) {
        let after = strict::count_frames(&output).map_err(|e| e.to_string());
        assert_eq!(after, Ok(frames), "{name}, layout {layout}: a strict decoder took the source");
    }
    true
}

#[test]
fn any_gif_keeps_what_its_captions_do_not_cover() {
    let captioned = (0..600).filter(|&seed| {
        let layout = usize::try_from(seed).unwrap() % LAYOUTS.len();
        is_captioned(&Sample::from_seed(seed), layout, &format!("seed {seed}"))
    });
    assert!(captioned.count() > 500, "few samples can be captioned");
}

/// Two frames of 240 x 180, each of a few segments where its Clears allow it.
fn of_many_segments(stream: &Stream, interlaced: bool) -> Sample {
    let first = Frame { stream: stream.clone(), interlaced, ..Frame::plain(240, 180, Content::Dithered, 7) };
    let second = Frame { seed: 8, transparent: Some(0), left: 3, top: 40, height: 130, content: Content::Delta, ..first.clone() };
    let palette = Some(Palette { log2_len: 8, seed: 3, has_black_and_white: true });
    Sample { width: 240, height: 180, palette, loop_count: Some(0), frames: vec![first, second] }
}

fn streams_are_captioned(streams: impl IntoIterator<Item = Stream>) {
    for (k, stream) in streams.into_iter().enumerate() {
        for interlaced in [false, true] {
            let layout = (k + usize::from(interlaced)) % LAYOUTS.len();
            let sample = of_many_segments(&stream, interlaced);
            assert!(is_captioned(&sample, layout, &format!("{stream:?}, interlaced: {interlaced}")));
        }
    }
}

const CLEARS: [Clears; 9] = [
    Clears::AtFull,
    Clears::AfterFull(1),
    Clears::AfterFull(3000),
    Clears::Never,
    Clears::Every(1),
    Clears::Every(253),
    Clears::Every(254),
    Clears::Every(3838),
    Clears::OneIn(700),
];

#[test]
fn segments_may_begin_anywhere() {
    streams_are_captioned(CLEARS.into_iter().flat_map(|clears| {
        [(false, Parse::Greedy), (true, Parse::Greedy), (true, Parse::Lazy(1)), (true, Parse::Lazy(7))]
            .map(|(repeats_clears, parse)| Stream { clears, repeats_clears, parse, seed: 1, ..Stream::plain() })
    }));
}

#[test]
fn streams_may_end_anywhere() {
    let ends = [
        End::Missing,
        End::Early(0),
        End::Early(40),
        End::Early(97),
        End::Cut(0),
        End::Cut(70),
        End::Beyond(1),
        End::Beyond(9000),
    ];
    streams_are_captioned(ends.into_iter().flat_map(|end| {
        [(0, SubBlocks::Full), (700, SubBlocks::UpTo(9)), (1, SubBlocks::UpTo(1))].map(|(junk_bytes, sub_blocks)| Stream {
            end,
            junk_bytes,
            sub_blocks,
            ..Stream::plain()
        })
    }));
}

#[test]
fn streams_may_go_wrong_anywhere() {
    streams_are_captioned([0, 1, 200, 3000, 12_000, 15_000].into_iter().flat_map(|codes| {
        [(true, Clears::AtFull), (false, Clears::Every(2000)), (false, Clears::Never)].map(|(starts_with_clear, clears)| Stream {
            starts_with_clear,
            clears,
            fault: Some(Fault::PastTable(codes)),
            ..Stream::plain()
        })
    }));
}

#[test]
fn a_first_frame_without_pixels_makes_the_picture_no_larger() {
    let empty = Frame { left: 36, top: 5, ..Frame::plain(7, 0, Content::Flat, 0) };
    let frames = vec![empty, Frame::plain(42, 49, Content::Flat, 1)];
    let palette = Some(Palette { log2_len: 2, seed: 1, has_black_and_white: true });
    let sample = Sample { width: 42, height: 49, palette, loop_count: None, frames };
    assert!(is_captioned(&sample, 0, "an empty first frame"));
}

#[test]
fn a_frame_as_far_beyond_the_screen_as_can_be_is_no_reason_to_refuse() {
    let frame = |place: [u8; 2]| [b"\x2C", &place[..], &place, b"\x78\0\x50\0\0\x02\x02\x44\x01\0"].concat();
    let source = [&b"GIF89a\x78\0\x50\0\x80\0\0\xFF\xFF\xFF\0\0\0"[..], &frame([0; 2]), &frame([0xFF; 2]), b"\x3B"].concat();
    for (at, style) in [(Position::Top, Style::Bar), (Position::Bottom, Style::Bar), (Position::Bottom, Style::Overlay)] {
        let rendered = caption::render_with(&source, &spec(&[(at, style)]), &Limits::default(), &Watch::none()).unwrap();
        let output = rendered.output.to_vec(&source);
        assert!(output.ends_with(&frame([0xFF; 2])[1..].iter().copied().chain([0x3B]).collect::<Vec<_>>()), "it stays there");
        let probe = caption::probe(&output, &Limits { max_side_px: u32::MAX, ..Limits::default() }).unwrap();
        assert_eq!((probe.frames, probe.height_px), (2, rendered.height_px));
    }
}
