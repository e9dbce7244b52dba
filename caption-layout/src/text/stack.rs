//! The fonts of one text, and which of them draws which part of it.
//!
//! The shaper asks, and `chosen`, to name an output by them. A grapheme is asked of the named font first, then of the font of its
//! script, then of the others in their order: those that ship, then those of a folder. What is of no script stays with the words
//! that it stands among. Nothing is shaped here.

use std::{borrow::Cow, cell::OnceCell, collections::BTreeSet, ops::Range};

use caption_types::visible::{is_ignorable, is_visible};
use icu_properties::{
    CodePointMapData,
    props::{BidiMirroringGlyph, BidiPairedBracketType, GeneralCategory, GeneralCategoryGroup, Script},
};
use unicode_segmentation::UnicodeSegmentation as _;

use super::{
    emoji::is_emoji,
    face::Face,
    font::{Font, Purpose},
    script::{Region, is_east_asian, strong_script},
    writing::{ShownImage, Writing},
};

/// In place of a font: the glyph is an image, by its number.
pub const IMAGES: usize = usize::MAX;
/// What stands for a character that no font has.
const REPLACEMENT: &str = "\u{FFFD}";

/// The chosen font first, then the fallbacks; each opened when a character first asks for it.
pub(super) struct FontStack<'a> {
    fonts: Vec<(&'a Font, OnceCell<Option<Box<Face<'a>>>>)>,
    /// The fallbacks as letters ask them: those of the text's region before those of the others, and none of emoji.
    order: Vec<usize>,
    /// The font of emoji, if there is one.
    emoji: Option<usize>,
    /// The images of the text.
    images: &'a [ShownImage],
    /// Whose forms Han characters have.
    pub(super) region: Region,
}

/// A stretch of a text in one font and one script.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Run {
    /// Bytes of the text.
    pub range: Range<usize>,
    /// Its place in the stack.
    pub font: usize,
    /// `None` where nothing in it is of any script.
    pub script: Option<Script>,
    /// What is drawn, where it isn't the text itself.
    shown: Option<String>,
    /// The image that is drawn in place of letters, which has a run by itself. The font means nothing then.
    pub image: Option<u16>,
}

/// A text cut into runs.
#[derive(Debug, Default)]
pub(super) struct Runs {
    /// In the order of the text, without a gap.
    pub all: Vec<Run>,
    /// Characters that no font has, each once.
    pub missing: Vec<char>,
    /// Characters that another font than the named one draws, each once; no emoji.
    pub substituted: Vec<char>,
}

impl<'a> FontStack<'a> {
    pub(super) fn new(writing: Writing<'a>) -> Self {
        let fonts: Vec<_> = std::iter::once(writing.font).chain(writing.fallbacks).map(|font| (font, OnceCell::new())).collect();
        let region = Region::of(writing.lang, writing.text);
        let emoji = fonts.iter().position(|(font, _)| font.is_emoji());
        let mut order: Vec<usize> = (1..fonts.len()).filter(|place| Some(*place) != emoji).collect();
        let rank = |place: &usize| match fonts.get(*place)?.0.purpose() {
            Purpose::EastAsian(region) => Some(region),
            _ => None,
        };
        if order.iter().any(|place| rank(place).is_some()) {
            let regions = region.order();
            let slots: Vec<usize> = order.iter().enumerate().filter(|(_, place)| rank(place).is_some()).map(|(i, _)| i).collect();
            let mut places: Vec<usize> = order.iter().copied().filter(|place| rank(place).is_some()).collect();
            places.sort_by_key(|place| regions.iter().position(|region| Some(*region) == rank(place)));
            for (slot, place) in slots.into_iter().zip(places) {
                if let Some(at) = order.get_mut(slot) {
                    *at = place;
                }
            }
        }
        Self { fonts, order, emoji, images: writing.shown, region }
    }

    /// Whether a font is that of emoji.
    pub(super) fn is_emoji(&self, font: usize) -> bool {
        self.emoji == Some(font)
    }

    pub(super) fn face(&self, font: usize) -> Option<&Face<'a>> {
        let (font, face) = self.fonts.get(font)?;
        face.get_or_init(|| font.face().map(Box::new)).as_deref()
    }

    /// Cuts a text, which may have several paragraphs. A character without a font becomes the replacement, and a mark without one
    /// is left out.
    pub(super) fn cut(&self, text: &str) -> Runs {
        let mut runs = Runs::default();
        let (mut start, mut lead) = (0, None);
        for paragraph in text.split_inclusive('\n') {
            // What stands before the first words is of their font.
            let first = paragraph.graphemes(true).find_map(|grapheme| self.leading(grapheme, self.script_of(grapheme)?));
            lead = first.or(lead);
            self.cut_paragraph(paragraph, start, &mut lead, &mut runs);
            start += paragraph.len();
        }
        runs.missing.sort_unstable();
        runs.missing.dedup();
        let is_of_another = |run: &&Run| run.font != 0 && run.image.is_none() && run.shown.is_none() && !self.is_emoji(run.font);
        let of_others = runs.all.iter().filter(is_of_another).filter_map(|run| text.get(run.range.clone()));
        let substituted: BTreeSet<char> = of_others.flat_map(str::chars).filter(|&c| is_visible(c)).collect();
        runs.substituted = substituted.into_iter().collect();
        runs
    }

    fn cut_paragraph(&self, paragraph: &str, start: usize, lead: &mut Option<usize>, runs: &mut Runs) {
        // The fonts of the words that the brackets stand in which are open.
        let mut open: Vec<usize> = Vec::new();
        for (at, grapheme) in self.graphemes(paragraph, start) {
            let range = start + at..start + at + grapheme.len();
            if let Some(image) = self.image_at(range.start) {
                runs.all.push(Run { range, font: IMAGES, script: None, shown: None, image: Some(image) });
                continue;
            }
            // What needs no glyph breaks no run: letters around it still join.
            if at > 0
                && grapheme.chars().all(is_ignorable)
                && let Some(last) = runs.all.last_mut()
            {
                last.extend(range, grapheme);
                continue;
            }
            if let Some(font) = self.emoji_font(grapheme) {
                match runs.all.last_mut() {
                    Some(last) if last.takes(font, None) => last.extend(range, grapheme),
                    _ => runs.all.push(Run { range, font, script: None, shown: None, image: None }),
                }
                continue;
            }
            let script = strong_script(grapheme);
            let bracket = bracket_type(grapheme);
            // Behind a closing bracket the words go on that its opening one stood in.
            if bracket == BidiPairedBracketType::Close {
                *lead = open.pop().or(*lead);
            }
            let beside = if script.is_some() { None } else { *lead };
            let (font, shown) = match beside.filter(|&font| self.has_all(font, grapheme)) {
                Some(font) => (font, Cow::Borrowed(grapheme)),
                None => self.shown(grapheme, script, &mut runs.missing),
            };
            if bracket == BidiPairedBracketType::Open {
                open.extend(*lead);
            }
            if let Some(script) = script {
                *lead = self.leading(grapheme, script).or(*lead);
            }
            let shown = (shown != grapheme).then(|| shown.into_owned());
            match runs.all.last_mut() {
                Some(last) if last.takes(font, script) && shown.is_none() => {
                    last.script = last.script.or(script);
                    last.extend(range, grapheme);
                }
                _ => runs.all.push(Run { range, font, script, shown, image: None }),
            }
        }
    }

    /// The graphemes of a paragraph by their places, where an image is one by itself: marks that are typed behind it, and what joins
    /// what follows, are none of it.
    fn graphemes<'t>(&self, paragraph: &'t str, start: usize) -> Vec<(usize, &'t str)> {
        let mut graphemes = Vec::with_capacity(paragraph.len());
        for (at, grapheme) in paragraph.grapheme_indices(true) {
            if self.images.is_empty() {
                graphemes.push((at, grapheme));
                continue;
            }
            let mut rest = at;
            for (within, c) in grapheme.char_indices().filter(|(within, _)| self.image_at(start + at + within).is_some()) {
                let image = at + within;
                graphemes.extend([(rest, &paragraph[rest..image]), (image, &paragraph[image..image + c.len_utf8()])]);
                rest = image + c.len_utf8();
            }
            graphemes.push((rest, &paragraph[rest..at + grapheme.len()]));
        }
        graphemes.retain(|(_, grapheme)| !grapheme.is_empty());
        graphemes
    }

    /// The image whose character begins at a byte of the text.
    fn image_at(&self, at: usize) -> Option<u16> {
        let found = self.images.binary_search_by_key(&at, |shown| shown.at).ok()?;
        self.images.get(found).map(|shown| shown.image)
    }

    /// The font of emoji, for a grapheme that is one and that it has.
    fn emoji_font(&self, grapheme: &str) -> Option<usize> {
        self.emoji.filter(|&font| is_emoji(grapheme) && self.has_all(font, grapheme))
    }

    /// The script of a grapheme's letters; emoji have none, whatever they show.
    fn script_of(&self, grapheme: &str) -> Option<Script> {
        strong_script(grapheme).filter(|_| self.emoji_font(grapheme).is_none())
    }

    /// The font of what is of no script behind this grapheme. Latin text keeps to the named font, whichever of its letters that
    /// lacks.
    fn leading(&self, grapheme: &str, script: Script) -> Option<usize> {
        if script == Script::Latin { Some(0) } else { self.font_for(grapheme, Some(script)) }
    }

    /// The font for a grapheme, and what of it is drawn.
    fn shown<'t>(&self, grapheme: &'t str, script: Option<Script>, missing: &mut Vec<char>) -> (usize, Cow<'t, str>) {
        if let Some(font) = self.font_for(grapheme, script) {
            return (font, grapheme.into());
        }
        if !grapheme.chars().any(is_visible) {
            return (0, grapheme.into());
        }
        // The letter without the marks that the letter's font lacks: of the fonts that have it, the one that lacks fewest.
        let lacks = |font: usize| grapheme.chars().filter(move |&c| is_visible(c) && !self.has(font, c));
        let without_marks =
            |&font: &usize| lacks(font).all(is_mark) && grapheme.chars().any(|c| is_visible(c) && self.has(font, c));
        if let Some(font) = self.asked(script).filter(without_marks).min_by_key(|&font| lacks(font).count()) {
            missing.extend(lacks(font));
            return (font, grapheme.chars().filter(|&c| !is_visible(c) || self.has(font, c)).collect());
        }
        missing.extend(grapheme.chars().filter(|&c| is_visible(c) && !(0..self.fonts.len()).any(|font| self.has(font, c))));
        (self.font_for(REPLACEMENT, None).unwrap_or(0), REPLACEMENT.into())
    }

    /// The first font that has every character of a grapheme.
    fn font_for(&self, grapheme: &str, script: Option<Script>) -> Option<usize> {
        self.asked(script).find(|&font| self.has_all(font, grapheme))
    }

    /// The fonts in the order in which a character of this script asks them.
    fn asked(&self, script: Option<Script>) -> impl Iterator<Item = usize> {
        let is_of_script = move |place: usize| match (self.fonts.get(place).map(|(font, _)| font.purpose()), script) {
            (Some(Purpose::Of(own)), Some(script)) => own == script,
            (Some(Purpose::EastAsian(_)), Some(script)) => is_east_asian(script),
            _ => false,
        };
        let of_script = self.order.iter().copied().filter(move |&place| is_of_script(place));
        let others = self.order.iter().copied().filter(move |&place| !is_of_script(place));
        // What no other font has is better an emoji than nothing.
        std::iter::once(0).chain(of_script).chain(others).chain(self.emoji)
    }

    fn has(&self, font: usize, c: char) -> bool {
        self.face(font).is_some_and(|face| face.has(c))
    }

    /// Whether a font has a glyph for each character that takes room, spaces too.
    fn has_all(&self, font: usize, grapheme: &str) -> bool {
        // The shaper makes all spaces of the common one.
        let draws = |c: char| self.has(font, c) || (c.is_whitespace() && self.has(font, ' '));
        grapheme.chars().all(|c| is_ignorable(c) || c.is_control() || draws(c))
    }
}

impl Run {
    fn takes(&self, font: usize, script: Option<Script>) -> bool {
        self.font == font && self.shown.is_none() && (self.script.is_none() || script.is_none() || self.script == script)
    }

    fn extend(&mut self, range: Range<usize>, grapheme: &str) {
        self.range.end = range.end;
        if let Some(shown) = &mut self.shown {
            shown.push_str(grapheme);
        }
    }
}

impl Runs {
    /// What of `range` is drawn, font by font.
    pub(super) fn within<'t>(&self, text: &'t str, range: &Range<usize>) -> Vec<(&Run, Cow<'t, str>)> {
        let first = self.all.partition_point(|run| run.range.end <= range.start);
        let runs = self.all.iter().skip(first).take_while(|run| run.range.start < range.end);
        let part = |run: &Run| match &run.shown {
            // Of what isn't drawn as it stands the part that holds its beginning draws all.
            Some(shown) if run.range.start >= range.start => Cow::Owned(shown.clone()),
            Some(_) => Cow::Borrowed(""),
            // As of an image, which is one character whatever was typed behind it that leaves no mark.
            None if run.image.is_some() && run.range.start < range.start => Cow::Borrowed(""),
            None => text.get(run.range.start.max(range.start)..run.range.end.min(range.end)).unwrap_or_default().into(),
        };
        runs.map(|run| (run, part(run))).collect()
    }
}

/// Whether a character is written on the one before it.
fn is_mark(c: char) -> bool {
    GeneralCategoryGroup::Mark.contains(CodePointMapData::<GeneralCategory>::new().get(c))
}

/// Whether a grapheme is a bracket that opens or closes (UAX 9, BD14 and BD15).
fn bracket_type(grapheme: &str) -> BidiPairedBracketType {
    let first = grapheme.chars().next();
    first.map_or(BidiPairedBracketType::None, |c| CodePointMapData::<BidiMirroringGlyph>::new().get(c).paired_bracket_type)
}

#[cfg(test)]
mod tests;
