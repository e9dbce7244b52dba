//! From characters to positioned glyphs of one line, in units of the em (Unicode bidirectional
//! algorithm, OpenType shaping, one fallback decision a grapheme).
//!
//! Called by layout. Sizes in pixels are unknown here: a line is shaped once and scaled.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::font::Font;

/// The chosen font first, then the fallbacks; with their tables opened.
pub(crate) struct FontStack<'a> {
    faces: Vec<rustybuzz::Face<'a>>,
}

/// A glyph of one of the stack's fonts, placed on a line's baseline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Glyph {
    /// Index into the stack.
    pub font: usize,
    pub id: u16,
    /// From the line's left end, in ems.
    pub x_em: f32,
    /// Upwards from the baseline, in ems.
    pub y_em: f32,
}

/// A shaped line: its glyphs from left to right, its advance width, and how far its ink reaches.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Line {
    pub glyphs: Vec<Glyph>,
    pub width_em: f32,
    /// Of the highest glyph, upwards from the baseline.
    pub ink_top_em: f32,
    /// Of the lowest glyph; negative below the baseline.
    pub ink_bottom_em: f32,
}

const REPLACEMENT: char = '\u{FFFD}';

impl<'a> FontStack<'a> {
    pub(crate) fn new(primary: &'a Font, fallbacks: &'a [Font]) -> Self {
        Self { faces: std::iter::once(primary).chain(fallbacks).filter_map(Font::shaper).collect() }
    }

    /// Baseline to baseline, in ems: what the first font asks for.
    pub(crate) fn line_height_em(&self) -> f32 {
        self.faces.first().map_or(1.2, |face| {
            let height = f32::from(face.ascender()) - f32::from(face.descender());
            (height / upem(face)).clamp(0.8, 2.0) * 0.86
        })
    }

    /// Shapes `text` (no line breaks in it). Characters that no font has are added to `missing` and
    /// drawn as their replacement.
    pub(crate) fn shape(&self, text: &str, missing: &mut Vec<char>) -> Line {
        let mut line = Line { ink_top_em: f32::MIN, ink_bottom_em: f32::MAX, ..Line::default() };
        let bidi = unicode_bidi::BidiInfo::new(text, None);
        for paragraph in &bidi.paragraphs {
            let (levels, runs) = bidi.visual_runs(paragraph, paragraph.range.clone());
            for run in runs {
                let right_to_left = levels[run.start].is_rtl();
                let mut pieces = self.by_font(text, run, missing);
                if right_to_left {
                    pieces.reverse();
                }
                for (font, piece) in pieces {
                    self.shape_piece(&mut line, font, &piece, right_to_left);
                }
            }
        }
        if line.glyphs.is_empty() {
            (line.ink_top_em, line.ink_bottom_em) = (0.0, 0.0);
        }
        line
    }

    /// Cuts a run where the font changes; a character without a font becomes the replacement.
    fn by_font(&self, text: &str, run: Range<usize>, missing: &mut Vec<char>) -> Vec<(usize, String)> {
        let mut pieces: Vec<(usize, String)> = Vec::new();
        for grapheme in text[run].graphemes(true) {
            let (font, shown) = if let Some(font) = self.font_for(grapheme) {
                (font, grapheme.to_owned())
            } else {
                let is_missing = |c: &char| is_visible(*c) && self.faces.iter().all(|f| f.glyph_index(*c).is_none());
                missing.extend(grapheme.chars().filter(is_missing));
                (self.font_for("\u{FFFD}").unwrap_or(0), REPLACEMENT.to_string())
            };
            match pieces.last_mut() {
                Some((last, piece)) if *last == font => piece.push_str(&shown),
                _ => pieces.push((font, shown)),
            }
        }
        pieces
    }

    /// The first font that has every visible character of a grapheme.
    fn font_for(&self, grapheme: &str) -> Option<usize> {
        self.faces.iter().position(|face| grapheme.chars().filter(|&c| is_visible(c)).all(|c| face.glyph_index(c).is_some()))
    }

    fn shape_piece(&self, line: &mut Line, font: usize, piece: &str, right_to_left: bool) {
        let Some(face) = self.faces.get(font) else { return };
        let upem = upem(face);
        let mut buffer = rustybuzz::UnicodeBuffer::new();
        buffer.push_str(piece);
        buffer.guess_segment_properties();
        buffer.set_direction(if right_to_left { rustybuzz::Direction::RightToLeft } else { rustybuzz::Direction::LeftToRight });
        let shaped = rustybuzz::shape(face, &[], buffer);
        for (info, position) in shaped.glyph_infos().iter().zip(shaped.glyph_positions()) {
            let id = u16::try_from(info.glyph_id).unwrap_or(0);
            let glyph = Glyph { font, id, x_em: line.width_em + em(position.x_offset, upem), y_em: em(position.y_offset, upem) };
            if let Some(ink) = face.glyph_bounding_box(rustybuzz::ttf_parser::GlyphId(id)) {
                line.ink_top_em = line.ink_top_em.max(glyph.y_em + f32::from(ink.y_max) / upem);
                line.ink_bottom_em = line.ink_bottom_em.min(glyph.y_em + f32::from(ink.y_min) / upem);
                line.glyphs.push(glyph);
            }
            line.width_em += em(position.x_advance, upem);
        }
    }
}

/// Whether a character needs a glyph: joiners, variation selectors and direction marks do not.
fn is_visible(c: char) -> bool {
    !c.is_whitespace()
        && !matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{AD}' | '\u{E0000}'..='\u{E0FFF}')
}

fn upem(face: &rustybuzz::Face<'_>) -> f32 {
    // At most 16,384 (OpenType, `head`).
    f32::from(i16::try_from(face.units_per_em()).unwrap_or(i16::MAX)).max(16.0)
}

#[expect(clippy::cast_precision_loss, reason = "font units are far below 2^24")]
fn em(units: i32, upem: f32) -> f32 {
    units as f32 / upem
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> (Line, Vec<char>) {
        let (anton, fallbacks) = (Font::builtin("anton").unwrap(), [Font::fallback()]);
        let mut missing = Vec::new();
        let line = FontStack::new(&anton, &fallbacks).shape(text, &mut missing);
        (line, missing)
    }

    #[test]
    fn latin_comes_from_the_first_font_and_the_rest_from_the_fallback() {
        let (line, missing) = shape("aЖ");
        assert_eq!(line.glyphs.iter().map(|g| g.font).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(missing, []);
        assert!(line.glyphs[1].x_em > 0.1 && line.width_em > line.glyphs[1].x_em);
    }

    #[test]
    fn what_no_font_has_is_replaced_and_reported() {
        let (line, missing) = shape("中");
        assert_eq!(missing, ['中']);
        assert_eq!(line.glyphs.len(), 1);
        assert_eq!(line.glyphs[0], shape("\u{FFFD}").0.glyphs[0]);
    }

    #[test]
    fn hebrew_runs_from_right_to_left() {
        let (forward, _) = shape("אב");
        let first_letter = shape("א").0.glyphs[0].id;
        assert_eq!(forward.glyphs[1].id, first_letter, "the first letter stands on the right");
    }

    #[test]
    fn arabic_letters_join() {
        let isolated = shape("ب").0.glyphs[0].id;
        let (joined, missing) = shape("بب");
        assert_eq!(missing, []);
        assert!(joined.glyphs.iter().all(|g| g.id != isolated), "initial and final forms were expected");
    }

    #[test]
    fn marks_and_joiners_need_no_glyph_of_their_own() {
        assert_eq!(shape("a\u{200D}\u{FE0F}b").1, []);
    }
}
