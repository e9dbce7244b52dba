//! Any GIF, with captions of each kind: nothing else changes, and every frame shows them. Tests only.

use proptest::prelude::*;
use samples::{Choices, Sample};

use super::{
    EMOJI, LOW,
    check::{check, check_timed},
    spec,
};
use crate::picture;
use caption_layout::{Area, Fraction, Limits, Position, Style, reading::blocks::Gif};

/// Any sample of one of the two sizes, from bytes that shrink towards a plain one.
fn sample(size: fn(&mut Choices<'_>) -> Sample) -> impl Strategy<Value = Sample> {
    prop::collection::vec(any::<u8>(), 0..400).prop_map(move |bytes| size(&mut Choices::from_bytes(&bytes)))
}

/// Any place on a picture.
fn place() -> impl Strategy<Value = Position> {
    let within = (0..6000u32, 0..6000u32, 3000..=4000u32, 3000..=4000u32).prop_map(|(x, y, width, height)| {
        let [x, y, width, height] = [x, y, width, height].map(Fraction::of_steps);
        Position::Within(Area { x, y, width, height })
    });
    prop_oneof![Just(Position::Top), Just(Position::Middle), Just(Position::Bottom), within]
}

/// Any style that stands on it.
fn on_picture() -> impl Strategy<Value = Style> {
    prop_oneof![Just(Style::Overlay), Just(Style::Box), Just(Style::Shadow), Just(Style::Plain)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn an_overlay_is_on_every_frame_and_changes_nothing_else(sample in sample(Sample::small)) {
        check(&sample, LOW);
    }

    #[test]
    fn two_overlays_and_two_bars_go_together(sample in sample(Sample::small)) {
        check(&sample, &[("a", Position::Top, Style::Overlay), ("b", Position::Bottom, Style::Bar), ("c", Position::Bottom, Style::Overlay), ("d", Position::Top, Style::Bar)]);
    }

    #[test]
    fn a_bar_stands_above_every_frame(sample in sample(Sample::small)) {
        check(&sample, &[("bar", Position::Top, Style::Bar)]);
    }

    #[test]
    fn emoji_are_on_every_frame_and_change_nothing_else(sample in sample(Sample::small)) {
        check(&sample, EMOJI);
    }

    #[test]
    fn emoji_alone_and_on_bars_are_drawn(sample in sample(Sample::small)) {
        check(&sample, &[("👍🏽", Position::Top, Style::Overlay), ("a🐸", Position::Bottom, Style::Bar), ("🇨🇭", Position::Top, Style::Bar)]);
    }

    #[test]
    fn plates_shadows_and_plain_letters_change_nothing_else(sample in sample(Sample::small), at in place(), style in on_picture()) {
        check(&sample, &[("Hi", at, style)]);
    }

    #[test]
    fn captions_lie_on_one_another(sample in sample(Sample::small), at in place(), styles in (on_picture(), on_picture())) {
        check(&sample, &[("a🐸", at, styles.0), ("bc", Position::Middle, styles.1), ("d", Position::Bottom, Style::Bar)]);
    }

    #[test]
    fn frames_of_many_segments_get_a_plate(sample in sample(Sample::large), at in place()) {
        check(&sample, &[("a plate", at, Style::Box), ("shade", Position::Bottom, Style::Shadow)]);
    }

    #[test]
    fn captions_come_and_go(
        sample in sample(Sample::small), at in place(), style in on_picture(), time in (0..4u32, 0..3u32), other in (0..4u32, 0..3u32)
    ) {
        let [time, other] = [time, other].map(|(first, more)| [first, first + more]);
        check_timed(&sample, &[("a", at, style, time), ("bc", Position::Bottom, Style::Overlay, other)]);
    }

    #[test]
    fn captions_come_and_go_in_frames_of_many_segments(sample in sample(Sample::large), style in on_picture(), time in (0..3u32, 0..2u32)) {
        check_timed(&sample, &[("when", Position::Bottom, style, [time.0, time.0 + time.1])]);
    }

    #[test]
    fn frames_of_many_segments_get_emoji(sample in sample(Sample::large)) {
        check(&sample, &[("🔥🔥", Position::Top, Style::Overlay), ("Hi 👨‍👩‍👧", Position::Bottom, Style::Overlay)]);
    }

    #[test]
    fn frames_of_many_segments_are_captioned_below(sample in sample(Sample::large)) {
        check(&sample, LOW);
    }

    #[test]
    fn frames_of_many_segments_are_captioned_above_and_below(sample in sample(Sample::large)) {
        check(&sample, &[("when", Position::Top, Style::Overlay), ("Hi", Position::Bottom, Style::Overlay)]);
    }

    #[test]
    fn frames_of_many_segments_get_a_bar(sample in sample(Sample::large), at in prop_oneof![Just(Position::Top), Just(Position::Bottom)]) {
        check(&sample, &[("bar", at, Style::Bar), ("Hi", Position::Bottom, Style::Overlay)]);
    }

    #[test]
    fn a_file_cut_or_spoilt_anywhere_is_an_error_or_a_gif(sample in sample(Sample::small), cut: prop::sample::Index, spoil: (prop::sample::Index, u8)) {
        let mut bytes = sample.bytes();
        let at = spoil.0.index(bytes.len());
        bytes[at] = spoil.1;
        bytes.truncate(1 + cut.index(bytes.len()));
        let small = Limits { max_side_px: 500, max_total_pixels: 1_000_000, ..Limits::default() };
        if let Ok(output) = picture::render(&bytes, &spec(LOW), &small) {
            let (before, after) = (Gif::walk(&bytes, &small).unwrap(), Gif::walk(&output, &small).unwrap());
            prop_assert_eq!(before.frames.len(), after.frames.len());
        }
    }
}
