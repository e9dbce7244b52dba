//! One text broken into lines of one size: as wide as the box allows, and as even as whole words can be.
//!
//! Called by layout, size by size. The text is shaped in units of the em once, so that another size costs arithmetic; it knows no
//! share of a picture and no smallest size.

use std::{collections::HashMap, ops::Range, sync::LazyLock};

use caption_types::Align;
use icu_segmenter::{LineSegmenter, LineSegmenterBorrowed, options::LineBreakOptions};
use unicode_segmentation::UnicodeSegmentation as _;

use super::{
    shape::{Line, TextShaper},
    writing::Writing,
};

/// Where a line may end: by the rules of UAX 14, and for Thai, Lao, Khmer and Burmese, which write no spaces, by a dictionary.
static SEGMENTER: LazyLock<LineSegmenterBorrowed<'static>> =
    LazyLock::new(|| LineSegmenter::new_dictionary(LineBreakOptions::default()));

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
    /// Where the lines stand between left and right.
    pub align: Align,
    /// Characters that no font has, each once.
    pub missing_glyphs: Vec<char>,
    /// Characters that another font than the named one draws, each once; no emoji.
    pub substituted_glyphs: Vec<char>,
}

/// A stretch of text that may stand on its own line; its width is known in ems.
struct Piece {
    /// Bytes of the text.
    range: Range<usize>,
    width_em: f32,
    /// Without the spaces at its end, which a line's end swallows.
    trimmed_em: f32,
}

pub(super) struct Breaker<'a> {
    text: &'a str,
    writing: Writing<'a>,
    shaper: TextShaper<'a>,
    paragraphs: Vec<Vec<Piece>>,
    /// Whether any character leaves a mark.
    pub(super) has_ink: bool,
    /// How far lines stand apart, where 1 is what their font asks for.
    pub(super) spacing: f32,
    /// Lines shaped so far: most sizes that are tried break the text where the one before did.
    lines: HashMap<Range<usize>, Line>,
}

/// Between the ink of two lines.
const GAP_EM: f32 = 0.06;
/// Marks that are stacked without end may reach into the line above.
const MOST_LINE_HEIGHT_EM: f32 = 1.9;
/// More shaped lines than this are not kept: a caption has a few.
const KEPT_LINES: usize = 64;

impl<'a> Breaker<'a> {
    pub(super) fn new(writing: Writing<'a>) -> Self {
        Self {
            text: writing.text,
            writing,
            shaper: TextShaper::new(writing),
            paragraphs: Vec::new(),
            has_ink: false,
            spacing: 1.0,
            lines: HashMap::new(),
        }
    }

    pub(super) fn read(&mut self) {
        let mut paragraph_start = self.text.len() - self.text.trim_start_matches('\n').len();
        for paragraph in self.text.trim_matches('\n').split('\n') {
            let mut pieces = Vec::new();
            let mut start = 0;
            for end in SEGMENTER.segment_str(paragraph) {
                if end > start {
                    pieces.push(self.piece(paragraph_start + start..paragraph_start + end));
                    start = end;
                }
            }
            self.paragraphs.push(pieces);
            paragraph_start += paragraph.len() + 1;
        }
    }

    fn piece(&mut self, range: Range<usize>) -> Piece {
        let text = &self.text[range.clone()];
        let line = self.shaper.advance(range.clone());
        self.has_ink = self.has_ink || line.glyphs.iter().any(|glyph| self.shaper.ink(glyph).is_some());
        let width_em = line.width_em;
        let trimmed = range.start..range.start + text.trim_end().len();
        let trimmed_em = if trimmed == range { width_em } else { self.shaper.advance(trimmed).width_em };
        Piece { range, width_em, trimmed_em }
    }

    /// The lines at this size, if they stay within the box.
    pub(super) fn fit(&mut self, size_px: f32, width_px: f32, height_px: f32, break_words: bool) -> Option<Layout> {
        let least_line_height_px = self.shaper.line_height_em() * self.spacing * size_px;
        let most_em = width_px / size_px;
        let mut rows = self.wrap(most_em, break_words)?;
        #[expect(clippy::cast_precision_loss, reason = "a text has at most some thousand lines")]
        let between_px = |rows: usize, line_height_px: f32| rows.saturating_sub(1) as f32 * line_height_px;
        // Even flat lines need this much: an early answer for long texts.
        if between_px(rows.len(), least_line_height_px) > height_px {
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
        let line_height_px = self.line_height_px(&rows, size_px) * self.spacing;
        let height = between_px(rows.len(), line_height_px) + ink;
        if height > height_px {
            return None;
        }
        let lines: Vec<Line> = rows.iter().map(|row| self.line(row)).collect();
        let width = lines.iter().map(|l| l.width_em).fold(0.0, f32::max) * size_px;
        let overhang_px = lines.iter().map(|l| l.overhang_em).fold(0.0, f32::max) * size_px;
        if width + 2.0 * overhang_px > width_px {
            return None;
        }
        let texts = rows.iter().map(|row| self.writing.typed(row.clone()).trim().to_owned()).collect();
        Some(Layout {
            size_px,
            lines,
            texts,
            line_height_px,
            width_px: width,
            height_px: height,
            align: Align::default(),
            missing_glyphs: self.shaper.missing().to_vec(),
            substituted_glyphs: self.shaper.substituted().to_vec(),
        })
    }

    /// From one baseline to the next: what the first font asks for, and of emoji and scripts that write above and below their letters
    /// as much as keeps one line's ink from the next one's.
    fn line_height_px(&mut self, rows: &[Range<usize>], size_px: f32) -> f32 {
        let least_em = self.shaper.line_height_em();
        if !self.shaper.is_tall() {
            return least_em * size_px;
        }
        let mut inks = rows.iter().map(|row| self.line(row)).map(|line| (line.ink_top_em, line.ink_bottom_em));
        let mut above = inks.next();
        let apart_em = inks.map(|(top, bottom)| above.replace((top, bottom)).map_or(0.0, |(_, above)| top - above));
        (apart_em.fold(0.0, f32::max) + GAP_EM).clamp(least_em, least_em.max(MOST_LINE_HEIGHT_EM)) * size_px
    }

    /// A row of the text, shaped.
    fn line(&mut self, row: &Range<usize>) -> Line {
        let Self { text, shaper, lines, .. } = self;
        let trimmed = text[row.clone()].trim_end();
        let start = row.start + trimmed.len() - trimmed.trim_start().len();
        lines.entry(row.clone()).or_insert_with(|| shaper.shape(start..row.start + trimmed.len())).clone()
    }

    /// Greedy lines no wider than `most_em`; `None` where a piece alone is wider and may not be broken.
    pub(super) fn wrap(&mut self, most_em: f32, break_words: bool) -> Option<Vec<Range<usize>>> {
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
                    (row, row_em) = break_inside(self.text, piece, &mut self.shaper, most_em, &mut rows)?;
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
    shaper: &mut TextShaper<'_>,
    most_em: f32,
    rows: &mut Vec<Range<usize>>,
) -> Option<(Range<usize>, f32)> {
    let (mut row, mut row_em) = (piece.range.start..piece.range.start, 0.0);
    for grapheme in text[piece.range.clone()].graphemes(true) {
        let width_em = shaper.advance(row.end..row.end + grapheme.len()).width_em;
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
    use crate::text::font::Font;

    /// The stretches that a line may end behind.
    fn pieces(text: &str) -> Vec<String> {
        let (font, fallbacks) = (Font::builtin("anton").unwrap(), Font::fallbacks());
        let mut breaker = Breaker::new(Writing { fallbacks: &fallbacks, ..Writing::new(text, &font) });
        breaker.read();
        breaker.paragraphs.iter().flatten().map(|piece| text[piece.range.clone()].to_owned()).collect()
    }

    #[test]
    fn latin_breaks_at_spaces_and_behind_hyphens() {
        assert_eq!(pieces("well-known, isn’t it? 3,000.50 €"), ["well-", "known, ", "isn’t ", "it? ", "3,000.50 ", "€"]);
        assert_eq!(
            pieces("(a b) “c d” https://example.org/x?y=1"),
            ["(a ", "b) ", "“c ", "d” ", "https://", "example.org/", "x?", "y=1"]
        );
        assert_eq!(
            pieces("soft\u{AD}hyphen zero\u{200B}width no\u{A0}break"),
            ["soft\u{AD}", "hyphen ", "zero\u{200B}", "width ", "no\u{A0}break"]
        );
    }

    #[test]
    fn scripts_without_spaces_break_between_words_of_a_dictionary() {
        assert_eq!(pieces("แมวนอนบนแป้นพิมพ์"), ["แมว", "นอน", "บน", "แป้น", "พิมพ์"]);
        for text in ["ແມວມັກນອນຢູ່ເທິງ", "ឆ្មារបស់ខ្ញុំចូលចិត្តដេក", "ကျွန်ုပ်၏ကြောင်သည်အိပ်သည်"]
        {
            assert!(pieces(text).len() > 2, "{:?}", pieces(text));
        }
    }

    #[test]
    fn chinese_and_japanese_break_between_characters_but_not_before_marks() {
        assert_eq!(pieces("你好，世界。"), ["你", "好，", "世", "界。"]);
        assert_eq!(pieces("「ちょっと」待って"), ["「ちょっ", "と」", "待っ", "て"]);
        assert_eq!(pieces("한국어 문장"), ["한", "국", "어 ", "문", "장"]);
    }
}
