//! From characters to positioned glyphs of one line, in units of the em (Unicode bidirectional
//! algorithm, OpenType shaping, one fallback decision a grapheme).
//!
//! Called by layout. Sizes in pixels are unknown here: a line is shaped once and scaled.

use std::{
    cell::OnceCell,
    collections::{BTreeSet, HashMap},
    ops::Range,
};

use rustybuzz::{Direction, Script, ShapePlan, UnicodeBuffer, ttf_parser::GlyphId};
use unicode_segmentation::UnicodeSegmentation;

use super::font::Font;

/// The chosen font first, then the fallbacks; each opened when a character first asks for it.
pub(crate) struct FontStack<'a> {
    fonts: Vec<(&'a Font, OnceCell<Option<rustybuzz::Face<'a>>>)>,
    /// How to shape a script with a font: the same for every line, and dear to find out.
    plans: HashMap<(usize, Direction, Option<Script>), ShapePlan>,
    /// How far a glyph reaches below and above the baseline, in ems; `None` where it leaves no mark.
    inks: HashMap<(usize, u16), Option<(f32, f32)>>,
    buffer: UnicodeBuffer,
}

/// A glyph of one of the stack's fonts, placed on a line's baseline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glyph {
    /// Index into the stack.
    pub font: usize,
    /// Its number in that font.
    pub id: u16,
    /// From the line's left end, in ems.
    pub x_em: f32,
    /// Upwards from the baseline, in ems.
    pub y_em: f32,
}

/// A shaped line: its glyphs from left to right, its advance width, and how far its ink reaches.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// From left to right.
    pub glyphs: Vec<Glyph>,
    /// The sum of their advances.
    pub width_em: f32,
    /// Of the highest glyph, upwards from the baseline.
    pub ink_top_em: f32,
    /// Of the lowest glyph; negative below the baseline.
    pub ink_bottom_em: f32,
}

const REPLACEMENT: &str = "\u{FFFD}";

impl<'a> FontStack<'a> {
    pub(crate) fn new(primary: &'a Font, fallbacks: &'a [Font]) -> Self {
        Self {
            fonts: std::iter::once(primary).chain(fallbacks).map(|font| (font, OnceCell::new())).collect(),
            plans: HashMap::new(),
            inks: HashMap::new(),
            buffer: UnicodeBuffer::new(),
        }
    }

    /// Baseline to baseline, in ems: what the first font asks for.
    pub(crate) fn line_height_em(&self) -> f32 {
        self.face(0).map_or(1.2, |face| {
            let height = f32::from(face.ascender()) - f32::from(face.descender());
            (height / upem(face)).clamp(0.8, 2.0) * 0.86
        })
    }

    /// Shapes `text` (no line breaks in it) and keeps the glyphs that leave a mark. Characters that no
    /// font has are added to `missing` and drawn as their replacement.
    pub(crate) fn shape(&mut self, text: &str, missing: &mut Vec<char>) -> Line {
        let mut line = self.advance(text, missing);
        let (mut top, mut bottom) = (f32::MIN, f32::MAX);
        line.glyphs.retain(|glyph| {
            let ink = self.ink(glyph);
            if let Some((below, above)) = ink {
                top = top.max(glyph.y_em + above);
                bottom = bottom.min(glyph.y_em + below);
            }
            ink.is_some()
        });
        if !line.glyphs.is_empty() {
            (line.ink_top_em, line.ink_bottom_em) = (top, bottom);
        }
        line
    }

    /// Shapes `text` only to know how wide it is: glyphs without a mark are kept, how far ink reaches is
    /// not asked.
    pub(crate) fn advance(&mut self, text: &str, missing: &mut Vec<char>) -> Line {
        let mut line = Line::default();
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
        line
    }

    /// Notes which fonts of the stack `text` is drawn with.
    pub(crate) fn note_chosen(&self, text: &str, chosen: &mut BTreeSet<usize>) {
        let bidi = unicode_bidi::BidiInfo::new(text, None);
        for paragraph in &bidi.paragraphs {
            for run in bidi.visual_runs(paragraph, paragraph.range.clone()).1 {
                chosen.extend(self.by_font(text, run, &mut Vec::new()).into_iter().map(|(font, _)| font));
            }
        }
    }

    /// How far a glyph reaches below and above its origin, in ems, unless it leaves no mark.
    pub(crate) fn ink(&mut self, glyph: &Glyph) -> Option<(f32, f32)> {
        let Self { fonts, inks, .. } = self;
        *inks.entry((glyph.font, glyph.id)).or_insert_with(|| {
            let face = fonts.get(glyph.font)?.1.get()?.as_ref()?;
            let ink = face.glyph_bounding_box(GlyphId(glyph.id))?;
            Some((f32::from(ink.y_min) / upem(face), f32::from(ink.y_max) / upem(face)))
        })
    }

    fn face(&self, font: usize) -> Option<&rustybuzz::Face<'a>> {
        let (font, face) = self.fonts.get(font)?;
        face.get_or_init(|| font.shaper()).as_ref()
    }

    /// Cuts a run where the font changes; a character without a font becomes the replacement.
    fn by_font(&self, text: &str, run: Range<usize>, missing: &mut Vec<char>) -> Vec<(usize, String)> {
        let mut pieces: Vec<(usize, String)> = Vec::new();
        for grapheme in text[run].graphemes(true) {
            let (font, shown) = self.font_for(grapheme).map_or_else(
                || {
                    missing.extend(grapheme.chars().filter(|&c| is_visible(c) && self.fonts_with(c).next().is_none()));
                    (self.font_for(REPLACEMENT).unwrap_or(0), REPLACEMENT)
                },
                |font| (font, grapheme),
            );
            match pieces.last_mut() {
                Some((last, piece)) if *last == font => piece.push_str(shown),
                _ => pieces.push((font, shown.to_owned())),
            }
        }
        pieces
    }

    /// The first font that has every visible character of a grapheme.
    fn font_for(&self, grapheme: &str) -> Option<usize> {
        let has = |font: &usize, c: char| self.face(*font).is_some_and(|face| face.glyph_index(c).is_some());
        (0..self.fonts.len()).find(|font| grapheme.chars().filter(|&c| is_visible(c)).all(|c| has(font, c)))
    }

    fn fonts_with(&self, c: char) -> impl Iterator<Item = usize> {
        (0..self.fonts.len()).filter(move |&font| self.face(font).is_some_and(|face| face.glyph_index(c).is_some()))
    }

    fn shape_piece(&mut self, line: &mut Line, font: usize, piece: &str, right_to_left: bool) {
        let Self { fonts, plans, buffer, .. } = self;
        let Some(face) = fonts.get(font).and_then(|(font, face)| face.get_or_init(|| font.shaper()).as_ref()) else { return };
        let upem = upem(face);
        let mut text = std::mem::take(buffer);
        text.push_str(piece);
        text.guess_segment_properties();
        text.set_direction(if right_to_left { Direction::RightToLeft } else { Direction::LeftToRight });
        let (direction, script) = (text.direction(), Some(text.script()).filter(|&s| s != rustybuzz::script::UNKNOWN));
        let plan = plans
            .entry((font, direction, script))
            .or_insert_with(|| ShapePlan::new(face, direction, script, text.language().as_ref(), &[]));
        let shaped = rustybuzz::shape_with_plan(face, plan, text);
        for (info, position) in shaped.glyph_infos().iter().zip(shaped.glyph_positions()) {
            let id = u16::try_from(info.glyph_id).unwrap_or(0);
            let (x_em, y_em) = (line.width_em + em(position.x_offset, upem), em(position.y_offset, upem));
            line.glyphs.push(Glyph { font, id, x_em, y_em });
            line.width_em += em(position.x_advance, upem);
        }
        *buffer = shaped.clear();
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
