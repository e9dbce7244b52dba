//! Where the words stand: line breaks and size for a box of pixels.
//!
//! Called by the arrangement, for renders and for api's previews. It chooses the largest size at which the
//! text fits its share of the box with whole words, then breaks inside words, then takes more of the box, and only then
//! goes below comfortable letters. What would need smaller letters than anyone reads is an error that says how much would fit,
//! unless a size was asked for. Nothing it answers reaches beyond the box.

use caption_types::Align;
use unicode_segmentation::UnicodeSegmentation as _;

pub use super::breaker::Layout;
use super::{breaker::Breaker, words::Words, writing::Writing};
use crate::error::Error;

/// Letters from which on a text is read without effort, in pixels per em: all of the box is used before smaller ones are.
const COMFORTABLE_SIZE_PX: f32 = 12.0;
/// The smallest letters that anyone can read.
const READABLE_SIZE_PX: f32 = 8.0;
/// The smallest letters of someone who has asked for a size, and whose text needs smaller ones.
const ASKED_MIN_SIZE_PX: f32 = 3.0;
/// The thinnest outline: of two pixels one is always covered whole, wherever between pixels the letter's edge lies.
const MIN_STROKE_PX: f32 = 2.0;
/// Each try is this much smaller than the one before.
const SHRINK: f32 = 0.94;
/// Below this part of the first size, words may be broken rather than shrunk further.
const WHOLE_WORDS_DOWN_TO: f32 = 0.5;

/// The room that a text has, and the size it would like.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// No line is wider.
    pub width_px: f32,
    /// Heights to try in turn: the share it should take, then what it may take when that is too little.
    pub heights_px: [f32; 2],
    /// Pixels per em to begin with.
    pub size_px: f32,
    /// Whether someone has asked for that size: then letters that nobody can read are their choice.
    pub size_is_asked: bool,
    /// The outline's width on each side, in ems of the size tried; 0 for none.
    pub stroke_em: f32,
    /// What is kept free around the text with its outline, in ems.
    pub pad_em: f32,
    /// How far lines stand apart, where 1 is what their font asks for.
    pub line_spacing: f32,
    /// Where they stand between left and right.
    pub align: Align,
    /// The share of the size at the beginning down to which letters shrink before words are broken inside.
    pub whole_words_down_to: f32,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            width_px: 0.0,
            heights_px: [0.0; 2],
            size_px: COMFORTABLE_SIZE_PX,
            size_is_asked: false,
            stroke_em: 0.0,
            pad_em: 0.0,
            line_spacing: 1.0,
            align: Align::Center,
            whole_words_down_to: WHOLE_WORDS_DOWN_TO,
        }
    }
}

/// Lays a text out in `room`.
///
/// # Errors
/// [`Error::EmptyText`], [`Error::NoVisibleText`] and [`Error::TextDoesNotFit`].
pub fn layout(writing: Writing<'_>, room: Room) -> Result<Layout, Error> {
    let words = Words::of(writing);
    if words.text.trim().is_empty() {
        return Err(Error::EmptyText);
    }
    let writing = words.written(writing);
    let mut breaker = Breaker::new(writing);
    breaker.read();
    if !breaker.has_ink {
        return Err(Error::NoVisibleText);
    }

    let least_px = if room.size_is_asked { ASKED_MIN_SIZE_PX } else { READABLE_SIZE_PX };
    let comfortable_px = if room.size_is_asked { READABLE_SIZE_PX } else { COMFORTABLE_SIZE_PX };
    let whole_words_px = (room.size_px * room.whole_words_down_to).max(comfortable_px);
    let [share, most] = room.heights_px;
    let tries = [
        (share, false, whole_words_px),
        (share, true, comfortable_px),
        (most, false, whole_words_px),
        (most, true, comfortable_px),
        (most, true, least_px),
    ];
    let mut fitting = tries.into_iter().filter_map(|(height_px, break_words, least_px)| {
        let (mut size_px, least_px) = (room.size_px, least_px.min(room.size_px));
        loop {
            if let Some(found) = fit(&mut breaker, room, size_px, height_px, break_words) {
                return Some(found);
            }
            if size_px <= least_px {
                return None;
            }
            size_px = (size_px * SHRINK).max(least_px);
        }
    });
    fitting.next().ok_or_else(|| does_not_fit(writing, room, least_px.min(room.size_px)))
}

/// The lines at this size with their outline, if they stay within the room's width and this height.
fn fit(breaker: &mut Breaker<'_>, room: Room, size_px: f32, height_px: f32, break_words: bool) -> Option<Layout> {
    let around_px = 2.0 * (stroke_px(size_px, room.stroke_em) + size_px * room.pad_em);
    breaker.spacing = room.line_spacing;
    let found = breaker.fit(size_px, room.width_px - around_px, height_px - around_px, break_words)?;
    Some(Layout { align: room.align, ..found })
}

/// The error of a text that is too long for a room even at `size_px`, with the length that isn't.
fn does_not_fit(writing: Writing<'_>, room: Room, size_px: f32) -> Error {
    let text = writing.text;
    let ends: Vec<usize> = text.grapheme_indices(true).map(|(start, grapheme)| start + grapheme.len()).collect();
    let fits = |&end: &usize| {
        let mut breaker = Breaker::new(writing.of(&text[..end]));
        breaker.read();
        fit(&mut breaker, room, size_px, room.heights_px[1], true).is_some()
    };
    // What is shorter fits too, nearly always: the answer is a help and not a promise.
    let fitting = ends.partition_point(fits);
    let fitting_chars = fitting.checked_sub(1).and_then(|last| ends.get(last)).map_or(0, |&end| text[..end].chars().count());
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a room's sides are those of a canvas, never negative"
    )]
    Error::TextDoesNotFit {
        chars: text.chars().count(),
        fitting_chars,
        width_px: room.width_px.max(0.0) as u32,
        height_px: room.heights_px[1].max(0.0) as u32,
        size_px: size_px as u32,
    }
}

/// How far an outline reaches at a size, in pixels; wide enough for a whole pixel of its colour where there is any.
#[must_use]
pub fn stroke_px(size_px: f32, stroke_em: f32) -> f32 {
    if stroke_em > 0.0 { (size_px * stroke_em).max(MIN_STROKE_PX) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::font::Font;
    use proptest::prelude::*;

    fn lay(text: &str, width_px: f32, height_px: f32, size_px: f32) -> Result<Layout, Error> {
        let room = Room { width_px, heights_px: [height_px, height_px * 1.4], size_px, stroke_em: 0.06, ..Room::default() };
        in_anton(text, room)
    }

    fn in_anton(text: &str, room: Room) -> Result<Layout, Error> {
        let (font, fallbacks) = (Font::builtin("anton").unwrap(), Font::fallbacks());
        layout(Writing { fallbacks: &fallbacks, ..Writing::new(text, &font) }, room)
    }

    #[test]
    fn short_text_keeps_its_size_on_one_line() {
        let found = lay("hello", 500.0, 100.0, 50.0).unwrap();
        assert_eq!((found.lines.len(), found.size_px), (1, 50.0));
    }

    #[test]
    fn long_text_wraps_between_words_evenly() {
        let found = lay("when the build passes on the very first try today", 500.0, 120.0, 50.0).unwrap();
        assert!(found.lines.len() > 1);
        let widths: Vec<f32> = found.lines.iter().map(|l| l.width_em).collect();
        let (min, max) = widths.iter().fold((f32::MAX, 0f32), |(a, b), &w| (a.min(w), b.max(w)));
        assert!(min > max * 0.6, "uneven: {widths:?}");
    }

    #[test]
    fn a_word_wider_than_the_box_is_broken_inside() {
        let found = lay(&"abcdefghij".repeat(10), 200.0, 200.0, 40.0).unwrap();
        assert!(found.lines.len() > 1);
        assert!(found.width_px <= 200.0);
    }

    #[test]
    fn images_wrap_and_alone_are_a_text() {
        let (font, fallbacks) = (Font::builtin("anton").unwrap(), Font::fallbacks());
        let names = ["dot"].map(|name| caption_types::ImageName::parse(name).unwrap());
        let room = Room { width_px: 200.0, heights_px: [400.0; 2], size_px: 40.0, size_is_asked: true, ..Room::default() };
        let lay = |text: &str| {
            let writing = Writing { fallbacks: &fallbacks, images: &names, ..Writing::new(text, &font) };
            layout(writing, room)
        };
        assert_eq!(lay(":dot:").unwrap().texts, [":dot:"]);
        // Without a space between them too, three in a row of 150 px.
        let found = lay(&":dot:".repeat(10)).unwrap();
        assert_eq!((found.size_px.to_bits(), found.lines.len()), (40.0_f32.to_bits(), 3), "{:?}", found.texts);
        for pair in found.lines.windows(2) {
            assert!(found.line_height_px / found.size_px + pair[0].ink_bottom_em - pair[1].ink_top_em > 0.05, "rows keep apart");
        }
        assert_eq!(lay("a b :dot:\n:other:").unwrap().texts.join("|"), "a b :dot:|:other:");
        let Err(Error::TextDoesNotFit { chars, .. }) = lay(&":dot:".repeat(20_000)) else { panic!("it is too long") };
        assert_eq!(chars, 20_000);
    }

    #[test]
    fn a_line_break_in_the_text_breaks_the_line() {
        assert_eq!(lay("a\nb", 500.0, 200.0, 30.0).unwrap().lines.len(), 2);
        assert_eq!(lay("a\r\nb\n", 500.0, 200.0, 30.0).unwrap().lines.len(), 2);
    }

    #[test]
    fn lines_of_tall_scripts_stand_apart() {
        let room = Room { width_px: 150.0, heights_px: [400.0; 2], size_px: 30.0, size_is_asked: true, ..Room::default() };
        let fallbacks = Font::fallbacks();
        let of = |text: &str, letter: char| {
            let font = fallbacks.iter().find(|font| font.face().is_some_and(|face| face.has(letter))).unwrap();
            layout(Writing { fallbacks: &fallbacks, ..Writing::new(text, font) }, room).unwrap()
        };
        let tamil = of("பூனை கொஞ்சம் பால் குடித்தது", 'க');
        assert!(tamil.lines.len() > 1);
        for pair in tamil.lines.windows(2) {
            let room_em = tamil.line_height_px / tamil.size_px + pair[0].ink_bottom_em - pair[1].ink_top_em;
            assert!(room_em > 0.05, "{room_em}");
        }
        // Latin letters stand as their font asks for it, and marks without end do not move lines without end.
        let latin = of("ÀÉÎ ÀÉÎ ÀÉÎ ÀÉÎ gpq gpq", 'a');
        assert!(latin.lines.len() > 1 && latin.line_height_px < 1.1 * latin.size_px);
        let piled = "ก".to_owned() + &"\u{e49}".repeat(40);
        assert!(of(&format!("{piled}\n{piled}"), 'ก').line_height_px <= 1.9 * 30.0 + 0.1);
    }

    #[test]
    fn no_words_and_too_many_words_are_errors() {
        assert_eq!(lay(" \n\u{7}\t", 100.0, 50.0, 20.0).unwrap_err(), Error::EmptyText);
        for invisible in ["\u{200B}\u{2800}", "\u{3164} \u{FFA0}", "\u{115F}\u{1160}\u{61C}", "\u{180B}\u{180E}\u{17B4}\u{17B5}"]
        {
            assert_eq!(lay(invisible, 100.0, 50.0, 20.0).unwrap_err(), Error::NoVisibleText, "{invisible:?}");
        }
        assert_eq!(lay(&"many words ".repeat(400), 100.0, 50.0, 20.0).unwrap_err().code().as_str(), "text_does_not_fit");
        assert_eq!(lay("a", 2.0, 2.0, 20.0).unwrap_err().code().as_str(), "text_does_not_fit");
    }

    #[test]
    fn half_of_the_height_is_used_before_letters_are_small() {
        // Three lines fit the share at 12 px, four the most.
        let of_lines = |words: usize| lay(&"many words ".repeat(words), 100.0, 46.0, 14.0).unwrap();
        let sizes: Vec<_> = (1..12).map(of_lines).collect();
        let first_small = sizes.iter().position(|found| found.size_px < COMFORTABLE_SIZE_PX).unwrap();
        assert!(sizes[first_small - 1].height_px > 46.0 - 4.0, "more than the share is used at 12 px");
    }

    #[test]
    fn letters_that_nobody_reads_are_drawn_only_if_they_are_asked_for() {
        let text = "many words ".repeat(40);
        let error = lay(&text, 200.0, 60.0, 20.0).unwrap_err();
        let Error::TextDoesNotFit { chars, fitting_chars, size_px, .. } = error else { panic!("{error}") };
        assert!(size_px == 8 && chars == 440 && (100..chars).contains(&fitting_chars), "{fitting_chars} of {chars}");
        // What is said to fit does, and not much more.
        let first = |chars: usize| text.chars().take(chars).collect::<String>();
        assert!(lay(&first(fitting_chars), 200.0, 60.0, 20.0).is_ok_and(|found| found.size_px >= 8.0));
        assert!(lay(&first(fitting_chars + 12), 200.0, 60.0, 20.0).is_err());
        let room = Room {
            width_px: 200.0,
            heights_px: [60.0, 84.0],
            size_px: 20.0,
            size_is_asked: true,
            stroke_em: 0.06,
            ..Room::default()
        };
        let asked = in_anton(&text, room).unwrap();
        assert!(asked.size_px < 8.0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn whatever_fits_stays_inside(text in "\\PC{1,60}", width in 20f32..600.0, height in 10f32..200.0) {
            if let Ok(found) = lay(&text, width, height, 40.0) {
                prop_assert!(found.width_px <= width);
                prop_assert!(found.height_px <= height * 1.4);
            }
        }
    }
}
