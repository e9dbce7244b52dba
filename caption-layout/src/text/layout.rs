//! Where the words stand: line breaks and size for a box of pixels.
//!
//! Called by the arrangement, for renders and for api's previews. It chooses the largest size at which the
//! text fits its share of the box with whole words, then breaks inside words, then gives up with an
//! error; nothing it answers reaches beyond the box.

use std::{collections::HashMap, ops::Range};

use unicode_linebreak::{BreakOpportunity, linebreaks};
use unicode_segmentation::UnicodeSegmentation;

use super::{
    font::Font,
    shape::{FontStack, Line},
};
use crate::error::Error;

/// The smallest letters that anyone can read, in pixels per em.
const READABLE_SIZE_PX: f32 = 6.0;
/// The smallest letters that are tried where the picture has no room for readable ones.
const MIN_SIZE_PX: f32 = 3.0;
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
    /// The outline's width on each side, in ems of the size tried; 0 for none.
    pub stroke_em: f32,
}

/// A text broken into shaped lines at one size.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Pixels per em.
    pub size_px: f32,
    /// From top to bottom.
    pub lines: Vec<Line>,
    /// The words of each line.
    pub texts: Vec<String>,
    /// From one baseline to the next.
    pub line_height_px: f32,
    /// Of the widest line.
    pub width_px: f32,
    /// From the top of the first line's ink to the bottom of the last one's.
    pub height_px: f32,
    /// Characters that no font has, each once.
    pub missing_glyphs: Vec<char>,
}

/// Lays `text` out in `room`.
///
/// # Errors
/// [`Error::EmptyText`] and [`Error::TextDoesNotFit`].
pub fn layout(text: &str, font: &Font, fallbacks: &[Font], room: Room) -> Result<Layout, Error> {
    let text = cleaned(text);
    if text.trim().is_empty() {
        return Err(Error::EmptyText);
    }
    let mut breaker = Breaker {
        text: &text,
        fonts: FontStack::new(font, fallbacks),
        missing: Vec::new(),
        paragraphs: Vec::new(),
        has_ink: false,
        lines: HashMap::new(),
    };
    breaker.read();
    if !breaker.has_ink {
        return Err(Error::EmptyText);
    }

    let whole_words = (room.size_px * WHOLE_WORDS_DOWN_TO).max(READABLE_SIZE_PX);
    let [share, most] = room.heights_px;
    let tries = [
        (share, false, whole_words),
        (share, true, READABLE_SIZE_PX),
        (most, false, whole_words),
        (most, true, READABLE_SIZE_PX),
        (most, true, MIN_SIZE_PX),
    ];
    for (height_px, break_words, least) in tries {
        let mut size_px = room.size_px.max(least);
        loop {
            let width_px = room.width_px - 2.0 * stroke_px(size_px, room.stroke_em);
            if let Some(found) = breaker.fit(size_px, width_px, height_px - 2.0 * stroke_px(size_px, room.stroke_em), break_words)
            {
                return Ok(found);
            }
            if size_px <= least {
                break;
            }
            size_px = (size_px * SHRINK).max(least);
        }
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a room's sides are those of a canvas, never negative"
    )]
    Err(Error::TextDoesNotFit {
        chars: text.chars().count(),
        width_px: room.width_px.max(0.0) as u32,
        height_px: room.heights_px[1].max(0.0) as u32,
        size_px: MIN_SIZE_PX as u32,
    })
}

/// How far an outline reaches at a size, in pixels; at least one where there is any.
#[must_use]
pub fn stroke_px(size_px: f32, stroke_em: f32) -> f32 {
    if stroke_em > 0.0 { (size_px * stroke_em).max(1.0) } else { 0.0 }
}

/// The text without what can't be drawn: control characters other than line breaks.
pub(crate) fn cleaned(text: &str) -> String {
    let text =
        text.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}', '\u{0B}', '\u{0C}', '\u{85}'], "\n").replace('\t', " ");
    text.chars().filter(|&c| c == '\n' || !c.is_control()).collect()
}

/// A stretch of text that may stand on its own line; its width is known in ems.
struct Piece {
    /// Bytes of the text.
    range: Range<usize>,
    width_em: f32,
    /// Without the spaces at its end, which a line's end swallows.
    trimmed_em: f32,
}

struct Breaker<'a> {
    text: &'a str,
    fonts: FontStack<'a>,
    missing: Vec<char>,
    paragraphs: Vec<Vec<Piece>>,
    /// Whether any character leaves a mark.
    has_ink: bool,
    /// Lines shaped so far: most sizes that are tried break the text where the one before did.
    lines: HashMap<Range<usize>, Line>,
}

/// More shaped lines than this are not kept: a caption has a few.
const KEPT_LINES: usize = 64;

impl Breaker<'_> {
    fn read(&mut self) {
        let mut paragraph_start = self.text.len() - self.text.trim_start_matches('\n').len();
        for paragraph in self.text.trim_matches('\n').split('\n') {
            let mut pieces = Vec::new();
            let mut start = 0;
            for (end, opportunity) in linebreaks(paragraph) {
                if matches!(opportunity, BreakOpportunity::Allowed | BreakOpportunity::Mandatory) && end > start {
                    pieces.push(self.piece(paragraph_start + start..paragraph_start + end));
                    start = end;
                }
            }
            self.paragraphs.push(pieces);
            paragraph_start += paragraph.len() + 1;
        }
        self.missing.sort_unstable();
        self.missing.dedup();
    }

    fn piece(&mut self, range: Range<usize>) -> Piece {
        let text = &self.text[range.clone()];
        let line = self.fonts.advance(text, &mut self.missing);
        self.has_ink = self.has_ink || line.glyphs.iter().any(|glyph| self.fonts.ink(glyph).is_some());
        let width_em = line.width_em;
        let trimmed = text.trim_end();
        let trimmed_em =
            if trimmed.len() == text.len() { width_em } else { self.fonts.advance(trimmed, &mut self.missing).width_em };
        Piece { range, width_em, trimmed_em }
    }

    /// The lines at this size, if they stay within the box.
    fn fit(&mut self, size_px: f32, width_px: f32, height_px: f32, break_words: bool) -> Option<Layout> {
        let line_height_px = self.fonts.line_height_em() * size_px;
        let most_em = width_px / size_px;
        let mut rows = self.wrap(most_em, break_words)?;
        #[expect(clippy::cast_precision_loss, reason = "a text has at most some thousand lines")]
        let between_px = |rows: usize| rows.saturating_sub(1) as f32 * line_height_px;
        // Even flat lines need this much: an early answer for long texts.
        if between_px(rows.len()) > height_px {
            return None;
        }
        if let Some(even) = self.wrap_evenly(rows.len(), most_em) {
            rows = even;
        }
        if self.lines.len() > KEPT_LINES {
            self.lines.clear();
        }
        let (first, last) = (self.line(rows.first()?), self.line(rows.last()?));
        let ink = (first.ink_top_em - last.ink_bottom_em) * size_px;
        let height = between_px(rows.len()) + ink;
        if height > height_px {
            return None;
        }
        let lines: Vec<Line> = rows.iter().map(|row| self.line(row)).collect();
        let width = lines.iter().map(|l| l.width_em).fold(0.0, f32::max) * size_px;
        if width > width_px {
            return None;
        }
        let (missing_glyphs, texts) =
            (self.missing.clone(), rows.iter().map(|row| self.text[row.clone()].trim().to_owned()).collect());
        Some(Layout { size_px, lines, texts, line_height_px, width_px: width, height_px: height, missing_glyphs })
    }

    /// A row of the text, shaped; what is missing in it is known since the text was read.
    fn line(&mut self, row: &Range<usize>) -> Line {
        let Self { text, fonts, lines, .. } = self;
        lines.entry(row.clone()).or_insert_with(|| fonts.shape(text[row.clone()].trim(), &mut Vec::new())).clone()
    }

    /// Greedy lines no wider than `most_em`; `None` where a piece alone is wider and may not be broken.
    fn wrap(&mut self, most_em: f32, break_words: bool) -> Option<Vec<Range<usize>>> {
        let mut rows = Vec::new();
        for paragraph in &self.paragraphs {
            let (mut row, mut row_em) = (0..0, 0.0);
            for piece in paragraph {
                if row_em + piece.trimmed_em > most_em && !row.is_empty() {
                    rows.push(std::mem::take(&mut row));
                    row_em = 0.0;
                }
                if piece.trimmed_em > most_em {
                    if !break_words {
                        return None;
                    }
                    (row, row_em) = break_inside(self.text, piece, &mut self.fonts, most_em, &mut rows)?;
                } else {
                    row = if row.is_empty() { piece.range.clone() } else { row.start..piece.range.end };
                    row_em += piece.width_em;
                }
            }
            rows.push(row);
        }
        Some(rows)
    }

    /// The same number of lines, as even in width as whole words allow: no lone last word.
    fn wrap_evenly(&mut self, rows: usize, most_em: f32) -> Option<Vec<Range<usize>>> {
        let (mut too_narrow, mut enough) = (0.0, most_em);
        let mut best = None;
        for _ in 0..8 {
            let middle = f32::midpoint(too_narrow, enough);
            match self.wrap(middle, false) {
                Some(even) if even.len() <= rows => (enough, best) = (middle, Some(even)),
                _ => too_narrow = middle,
            }
        }
        best
    }
}

/// Cuts a piece between graphemes; answers its last part. `None` if even one grapheme is too wide.
fn break_inside(
    text: &str,
    piece: &Piece,
    fonts: &mut FontStack<'_>,
    most_em: f32,
    rows: &mut Vec<Range<usize>>,
) -> Option<(Range<usize>, f32)> {
    let (mut row, mut row_em) = (piece.range.start..piece.range.start, 0.0);
    for grapheme in text[piece.range.clone()].graphemes(true) {
        let width_em = fonts.advance(grapheme, &mut Vec::new()).width_em;
        if row_em + width_em > most_em {
            if row.is_empty() {
                return None;
            }
            rows.push(row.clone());
            (row, row_em) = (row.end..row.end, 0.0);
        }
        row.end += grapheme.len();
        row_em += width_em;
    }
    Some((row, row_em))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lay(text: &str, width_px: f32, height_px: f32, size_px: f32) -> Result<Layout, Error> {
        let room = Room { width_px, heights_px: [height_px, height_px * 1.4], size_px, stroke_em: 0.06 };
        layout(text, &Font::builtin("anton").unwrap(), &[Font::fallback()], room)
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
    fn a_line_break_in_the_text_breaks_the_line() {
        assert_eq!(lay("a\nb", 500.0, 200.0, 30.0).unwrap().lines.len(), 2);
        assert_eq!(lay("a\r\nb\n", 500.0, 200.0, 30.0).unwrap().lines.len(), 2);
    }

    #[test]
    fn no_words_and_too_many_words_are_errors() {
        assert_eq!(lay(" \n\u{7}\t", 100.0, 50.0, 20.0).unwrap_err(), Error::EmptyText);
        assert_eq!(lay("\u{200B}\u{2800}", 100.0, 50.0, 20.0).unwrap_err(), Error::EmptyText);
        assert_eq!(lay(&"many words ".repeat(400), 100.0, 50.0, 20.0).unwrap_err().code(), "text_does_not_fit");
        assert_eq!(lay("a", 2.0, 2.0, 20.0).unwrap_err().code(), "text_does_not_fit");
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
