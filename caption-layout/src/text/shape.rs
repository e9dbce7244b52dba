//! From characters to positioned glyphs of one line, in units of the em (Unicode bidirectional
//! algorithm, OpenType shaping, one fallback decision a grapheme). Characters that Unicode calls ignorable leave no mark.
//!
//! Called by layout. Sizes in pixels are unknown here: a line is shaped once and scaled.

use std::{
    borrow::Cow,
    cell::OnceCell,
    collections::{BTreeSet, HashMap},
    ops::Range,
};

use caption_types::visible::{is_ignorable, is_visible};
use harfrust::{BufferClusterLevel, Direction, Script, ShapeOptions, ShapePlan, UnicodeBuffer};
use icu_properties::{
    CodePointMapData,
    props::{GeneralCategory, GeneralCategoryGroup},
};
use unicode_segmentation::UnicodeSegmentation;

use super::{face::Face, font::Font};

/// The chosen font first, then the fallbacks; each opened when a character first asks for it.
pub(crate) struct FontStack<'a> {
    fonts: Vec<(&'a Font, OnceCell<Option<Face<'a>>>)>,
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
        self.face(0).map_or(1.2, |face| face.line_height_em().clamp(0.8, 2.0) * 0.86)
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
        *inks.entry((glyph.font, glyph.id)).or_insert_with(|| fonts.get(glyph.font)?.1.get()?.as_ref()?.ink(glyph.id))
    }

    fn face(&self, font: usize) -> Option<&Face<'a>> {
        let (font, face) = self.fonts.get(font)?;
        face.get_or_init(|| font.face()).as_ref()
    }

    /// Cuts a run where the font changes; a character without a font becomes the replacement, and a mark without one is left out.
    fn by_font(&self, text: &str, run: Range<usize>, missing: &mut Vec<char>) -> Vec<(usize, String)> {
        let mut pieces: Vec<(usize, String)> = Vec::new();
        for grapheme in text[run].graphemes(true) {
            // What needs no glyph breaks no run: letters around it still join.
            if let Some((_, piece)) = pieces.last_mut()
                && grapheme.chars().all(is_ignorable)
            {
                piece.push_str(grapheme);
                continue;
            }
            let (font, shown) = self.shown(grapheme, missing);
            match pieces.last_mut() {
                Some((last, piece)) if *last == font => piece.push_str(&shown),
                _ => pieces.push((font, shown.into_owned())),
            }
        }
        pieces
    }

    /// The font for a grapheme, and what of it is drawn.
    fn shown<'t>(&self, grapheme: &'t str, missing: &mut Vec<char>) -> (usize, Cow<'t, str>) {
        if let Some(font) = self.font_for(grapheme) {
            return (font, grapheme.into());
        }
        // The letter without the marks that the letter's font lacks: of the fonts that have it, the one that lacks fewest.
        let lacks = |font: usize| grapheme.chars().filter(move |&c| is_visible(c) && !self.has(font, c));
        let without_marks =
            |&font: &usize| lacks(font).all(is_mark) && grapheme.chars().any(|c| is_visible(c) && self.has(font, c));
        if let Some(font) = (0..self.fonts.len()).filter(without_marks).min_by_key(|&font| lacks(font).count()) {
            missing.extend(lacks(font));
            return (font, grapheme.chars().filter(|&c| !is_visible(c) || self.has(font, c)).collect());
        }
        missing.extend(grapheme.chars().filter(|&c| is_visible(c) && !(0..self.fonts.len()).any(|font| self.has(font, c))));
        (self.font_for(REPLACEMENT).unwrap_or(0), REPLACEMENT.into())
    }

    /// The first font that has every visible character of a grapheme.
    fn font_for(&self, grapheme: &str) -> Option<usize> {
        (0..self.fonts.len()).find(|&font| grapheme.chars().filter(|&c| is_visible(c)).all(|c| self.has(font, c)))
    }

    fn has(&self, font: usize, c: char) -> bool {
        self.face(font).is_some_and(|face| face.has(c))
    }

    fn shape_piece(&mut self, line: &mut Line, font: usize, piece: &str, right_to_left: bool) {
        let Self { fonts, plans, buffer, .. } = self;
        let Some(face) = fonts.get(font).and_then(|(font, face)| face.get_or_init(|| font.face()).as_ref()) else { return };
        let em = |units: i32| em(units, face.units_per_em());
        let mut text = std::mem::take(buffer);
        text.push_str(piece);
        // So that each glyph is known to be of its first character.
        text.set_cluster_level(BufferClusterLevel::Characters);
        text.guess_segment_properties();
        text.set_direction(if right_to_left { Direction::RightToLeft } else { Direction::LeftToRight });
        let (direction, script) = (text.direction(), Some(text.script()).filter(|&s| s != harfrust::script::UNKNOWN));
        let plan = plans
            .entry((font, direction, script))
            .or_insert_with(|| ShapePlan::new(face.shaper(), direction, script, text.language().as_ref(), &[]));
        let shaped = face.shaper().shape(text, ShapeOptions::new().plan(Some(plan)));
        for (info, position) in shaped.glyph_infos().iter().zip(shaped.glyph_positions()) {
            let id = u16::try_from(info.glyph_id).unwrap_or(0);
            let character = piece.get(info.cluster as usize..).and_then(|rest| rest.chars().next());
            if character.is_some_and(is_ignorable) {
                // No mark, whatever the font draws for it; its room only where the font knows it.
                line.width_em += if id == 0 { 0.0 } else { em(position.x_advance) };
                continue;
            }
            let (x_em, y_em) = (line.width_em + em(position.x_offset), em(position.y_offset));
            line.glyphs.push(Glyph { font, id, x_em, y_em });
            line.width_em += em(position.x_advance);
        }
        *buffer = shaped.clear();
    }
}

/// Whether a character is written on the one before it.
fn is_mark(c: char) -> bool {
    GeneralCategoryGroup::Mark.contains(CodePointMapData::<GeneralCategory>::new().get(c))
}

#[expect(clippy::cast_precision_loss, reason = "font units are far below 2^24")]
fn em(units: i32, units_per_em: f32) -> f32 {
    units as f32 / units_per_em
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
        assert!(missing.is_empty());
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
    fn a_glyph_that_shows_something_else_is_taken_from_another_font() {
        let (line, missing) = shape("a≠b=");
        assert_eq!(line.glyphs.iter().map(|glyph| glyph.font).collect::<Vec<_>>(), [0, 1, 0, 0]);
        assert!(shape("x\u{334}").0.glyphs.iter().all(|glyph| glyph.font == 1), "a letter stands in its mark's font");
        assert!(missing.is_empty());
        let copy = Font::parse(Font::builtin("anton").unwrap().bytes().to_vec()).unwrap();
        assert!(!copy.face().unwrap().has('≠') && copy.face().unwrap().has('='), "a copy from a file is the same font");
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
        assert!(missing.is_empty());
        assert!(joined.glyphs.iter().all(|g| g.id != isolated), "initial and final forms were expected");
    }

    #[test]
    fn joiners_and_fillers_need_no_glyph_and_leave_no_mark() {
        let (plain, _) = shape("ab");
        for ignorable in
            "\u{AD}\u{61C}\u{115F}\u{1160}\u{17B4}\u{180B}\u{180E}\u{200B}\u{200D}\u{2060}\u{3164}\u{FE0F}\u{FFA0}".chars()
        {
            let (line, missing) = shape(&format!("a{ignorable}b"));
            assert!(missing.is_empty(), "U+{:04X}", u32::from(ignorable));
            assert_eq!(line.glyphs.len(), 2, "U+{:04X}", u32::from(ignorable));
            assert_eq!([line.glyphs[0].id, line.glyphs[1].id], [plain.glyphs[0].id, plain.glyphs[1].id]);
            assert!(shape(&ignorable.to_string()).0.glyphs.is_empty());
        }
    }

    #[test]
    fn what_needs_no_glyph_breaks_no_joined_letters() {
        let ids = |text: &str| shape(text).0.glyphs.iter().map(|glyph| glyph.id).collect::<Vec<_>>();
        assert_eq!(ids("\u{61C}بب"), ids("بب"));
        assert_eq!(ids("ب\u{200D}"), [ids("بب")[1]], "the initial form");
    }

    #[test]
    fn an_unknown_mark_takes_itself_away_and_not_its_letter() {
        // A mark of Vedic Sanskrit, which none of the fonts has.
        let unknown = '\u{1CD0}';
        for letter in ["a", "Ж", "é", "a\u{301}"] {
            let (line, missing) = shape(&format!("{letter}{unknown}"));
            assert_eq!(missing, [unknown], "{letter}");
            assert_eq!(line, shape(letter).0, "{letter}");
        }
        let (alone, missing) = shape(&unknown.to_string());
        assert_eq!((alone, missing), (shape("\u{FFFD}").0, vec![unknown]));
        assert_eq!(shape("中\u{301}").1, ['中'], "a letter that no font has is replaced with its marks");
    }
}
