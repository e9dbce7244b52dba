//! From characters to positioned glyphs of one line, in units of the em (Unicode bidirectional
//! algorithm, OpenType shaping). Characters that Unicode calls ignorable leave no mark.
//!
//! Called by layout. The stack has decided which font draws what. Sizes in pixels are unknown here: a line is shaped once and
//! scaled.

use std::{borrow::Cow, collections::HashMap, ops::Range};

use caption_types::visible::is_ignorable;
use harfrust::{BufferClusterLevel, Direction, GlyphBuffer, Language, Script, ShapeOptions, ShapePlan, UnicodeBuffer};
use unicode_bidi::BidiInfo;

pub use super::stack::IMAGES;
use super::{
    image,
    script::{is_east_asian, is_tall},
    stack::{FontStack, Run, Runs},
    writing::Writing,
};

/// Shapes parts of one text.
pub(crate) struct TextShaper<'a> {
    text: &'a str,
    /// Nothing of a text that runs from left to right.
    bidi: Option<BidiInfo<'a>>,
    stack: FontStack<'a>,
    runs: Runs,
    language: Option<Language>,
    /// Of Han characters, kana and hangul, where no language is given.
    region: Option<Language>,
    /// How to shape a script with a font: the same for every line, and dear to find out.
    plans: HashMap<(usize, Direction, Option<Script>, bool), ShapePlan>,
    /// How far a glyph reaches below and above the baseline, in ems; `None` where it leaves no mark.
    inks: HashMap<(usize, u16), Option<[f32; 4]>>,
    buffer: UnicodeBuffer,
}

/// A glyph of one of the stack's fonts, placed on a line's baseline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glyph {
    /// Index into the stack; [`IMAGES`] of an image.
    pub font: usize,
    /// Its number in that font, or among the images.
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
    /// How far marks reach beyond the advances, on the side where it is more.
    pub overhang_em: f32,
}

/// A stretch of one font, script, direction and language.
pub(super) struct Piece<'t> {
    font: usize,
    direction: Direction,
    language: Option<Language>,
    /// What is drawn of it.
    pub(super) shown: Cow<'t, str>,
    /// What is drawn in its place.
    image: Option<u16>,
}

impl<'a> TextShaper<'a> {
    pub(crate) fn new(writing: Writing<'a>) -> Self {
        let stack = FontStack::new(writing);
        let bidi = BidiInfo::new(writing.text, None);
        Self {
            text: writing.text,
            bidi: bidi.has_rtl().then_some(bidi),
            runs: stack.cut(writing.text),
            region: Language::new(stack.region.tag()),
            stack,
            language: writing.lang.and_then(|lang| Language::new(lang.as_str())),
            plans: HashMap::new(),
            inks: HashMap::new(),
            buffer: UnicodeBuffer::new(),
        }
    }

    /// Characters of the text that no font has, each once.
    pub(crate) fn missing(&self) -> &[char] {
        &self.runs.missing
    }

    /// Characters of the text that another font than the named one draws, each once; no emoji.
    pub(crate) fn substituted(&self) -> &[char] {
        &self.runs.substituted
    }

    /// Baseline to baseline, in ems: what the first font asks for.
    pub(crate) fn line_height_em(&self) -> f32 {
        self.stack.face(0).map_or(1.2, |face| face.line_height_em().clamp(0.8, 2.0) * 0.86)
    }

    /// Whether any of the text is of a script whose marks and stacked letters reach farther than Latin's, or is an emoji
    /// or an image.
    pub(crate) fn is_tall(&self) -> bool {
        let is_picture = |run: &Run| run.image.is_some() || self.stack.is_emoji(run.font);
        self.runs.all.iter().any(|run| run.script.is_some_and(is_tall) || is_picture(run))
    }

    /// Shapes a part of the text (no line breaks in it) and keeps the glyphs that leave a mark.
    pub(crate) fn shape(&mut self, range: Range<usize>) -> Line {
        let mut line = self.advance(range);
        let (mut top, mut bottom, mut overhang, width) = (f32::MIN, f32::MAX, 0.0_f32, line.width_em);
        line.glyphs.retain(|glyph| {
            let ink = self.ink(glyph);
            if let Some([left, below, right, above]) = ink {
                top = top.max(glyph.y_em + above);
                bottom = bottom.min(glyph.y_em + below);
                overhang = overhang.max(-glyph.x_em - left).max(glyph.x_em + right - width);
            }
            ink.is_some()
        });
        if !line.glyphs.is_empty() {
            (line.ink_top_em, line.ink_bottom_em, line.overhang_em) = (top, bottom, overhang);
        }
        line
    }

    /// Shapes a part only to know how wide it is: glyphs without a mark are kept, how far ink reaches is
    /// not asked.
    pub(crate) fn advance(&mut self, range: Range<usize>) -> Line {
        let mut line = Line::default();
        for piece in self.pieces(range) {
            if let Some(id) = piece.image {
                line.glyphs.push(Glyph { font: IMAGES, id, x_em: line.width_em, y_em: 0.0 });
                line.width_em += image::ADVANCE_EM;
            } else if let Some(shaped) = self.shape_piece(&piece) {
                self.place(&mut line, &piece, &shaped);
                self.buffer = shaped.clear();
            }
        }
        line
    }

    /// What is shaped at a time of a part of the text, from left to right.
    pub(super) fn pieces(&self, range: Range<usize>) -> Vec<Piece<'a>> {
        let mut pieces = Vec::new();
        for (direction, part) in self.in_visual_order(range) {
            let first = pieces.len();
            for (run, shown) in self.runs.within(self.text, &part) {
                let image = run.image.filter(|_| !shown.is_empty());
                pieces.push(Piece { font: run.font, direction, language: self.language_of(run), shown, image });
            }
            if direction == Direction::RightToLeft
                && let Some(of_part) = pieces.get_mut(first..)
            {
                of_part.reverse();
            }
        }
        pieces
    }

    /// The parts of a part that run one way, from left to right.
    fn in_visual_order(&self, range: Range<usize>) -> Vec<(Direction, Range<usize>)> {
        if range.is_empty() {
            return Vec::new();
        }
        let Some(bidi) = &self.bidi else { return vec![(Direction::LeftToRight, range)] };
        let Some(paragraph) = bidi.paragraphs.iter().find(|paragraph| paragraph.range.contains(&range.start)) else {
            return Vec::new();
        };
        let (levels, runs) = bidi.visual_runs(paragraph, range);
        let is_rtl = |run: &Range<usize>| levels.get(run.start).is_some_and(unicode_bidi::Level::is_rtl);
        let direction = |rtl| if rtl { Direction::RightToLeft } else { Direction::LeftToRight };
        runs.into_iter().map(|run| (direction(is_rtl(&run)), run)).collect()
    }

    fn language_of(&self, run: &Run) -> Option<Language> {
        self.language.clone().or_else(|| run.script.filter(|&script| is_east_asian(script)).and(self.region.clone()))
    }

    /// Left, bottom, right and top of a glyph's mark, from its origin, upwards, in ems; `None` of one without.
    pub(crate) fn ink(&mut self, glyph: &Glyph) -> Option<[f32; 4]> {
        if glyph.font == IMAGES {
            return Some(image::INK_EM);
        }
        let Self { stack, inks, .. } = self;
        *inks.entry((glyph.font, glyph.id)).or_insert_with(|| stack.face(glyph.font)?.ink(glyph.id))
    }

    /// The glyphs of a piece, in units of its font.
    pub(super) fn shape_piece(&mut self, piece: &Piece<'_>) -> Option<GlyphBuffer> {
        let Self { stack, plans, buffer, .. } = self;
        let face = stack.face(piece.font)?;
        let mut text = std::mem::take(buffer);
        text.push_str(&piece.shown);
        // So that each glyph is known to be of its first character.
        text.set_cluster_level(BufferClusterLevel::Characters);
        text.guess_segment_properties();
        text.set_direction(piece.direction);
        if let Some(language) = &piece.language {
            text.set_language(language.clone());
        }
        let script = Some(text.script()).filter(|&s| s != harfrust::script::UNKNOWN);
        // There is one language, or none.
        let plan = plans
            .entry((piece.font, piece.direction, script, piece.language.is_some()))
            .or_insert_with(|| ShapePlan::new(face.shaper(), piece.direction, script, piece.language.as_ref(), &[]));
        Some(face.shaper().shape(text, ShapeOptions::new().plan(Some(plan))))
    }

    /// Of the em, in units of a piece's font.
    #[cfg(test)]
    pub(super) fn units_per_em(&self, piece: &Piece<'_>) -> f32 {
        self.stack.face(piece.font).unwrap().units_per_em()
    }

    /// Puts a piece's glyphs at a line's end.
    fn place(&self, line: &mut Line, piece: &Piece<'_>, shaped: &GlyphBuffer) {
        let Some(face) = self.stack.face(piece.font) else { return };
        let em = |units: i32| em(units, face.units_per_em());
        for (info, position) in shaped.glyph_infos().iter().zip(shaped.glyph_positions()) {
            let id = u16::try_from(info.glyph_id).unwrap_or(0);
            let character = piece.shown.get(info.cluster as usize..).and_then(|rest| rest.chars().next());
            if character.is_some_and(is_ignorable) {
                // No mark, whatever the font draws for it; its room only where the font knows it.
                line.width_em += if id == 0 { 0.0 } else { em(position.x_advance) };
                continue;
            }
            let (x_em, y_em) = (line.width_em + em(position.x_offset), em(position.y_offset));
            line.glyphs.push(Glyph { font: piece.font, id, x_em, y_em });
            line.width_em += em(position.x_advance);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "font units are far below 2^24")]
fn em(units: i32, units_per_em: f32) -> f32 {
    units as f32 / units_per_em
}

#[cfg(test)]
mod tests;
