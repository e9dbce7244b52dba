//! A font's sample: a few of its letters as an outline, for those who choose one.
//!
//! Made by `api`, once a process, and by the command line. It takes no letter from another font, and its path has a bound, so that
//! what the front answers has one whatever fonts an operator has.

use std::fmt::Write as _;

use super::{face::OutlinePen, font::Font, shape::TextShaper, writing::Writing};

/// What is shown of a font that can't write its own name.
const LETTERS: &str = "Aa Bb 123";
/// Letters of a font that has not even those.
const MOST_LETTERS: usize = 6;
/// The longest path of a name: a rough font's of sixteen letters takes two thirds of it.
const MOST_BYTES: usize = 16_000;
/// The longest path of words that someone asks for.
const MOST_WRITTEN_BYTES: usize = 1_000_000;

/// Letters of a font as SVG path data. One em has [`FontSample::EM`] units; x runs from the left end of the line to the right, y
/// from the baseline downwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FontSample {
    /// What is written.
    pub text: String,
    /// SVG path data (SVG 1.1, section 8.3), in whole units.
    pub path: String,
    /// Left, top, width and height of a box that no letter reaches beyond.
    pub bounds: [i32; 4],
}

impl FontSample {
    /// Units to the em.
    pub const EM: u16 = 100;

    /// The font's own name in its letters; other letters where it lacks those of the name. `None` where it can be drawn in none,
    /// or not within the bound.
    #[must_use]
    pub fn of(font: &Font, name: &str) -> Option<Self> {
        let face = font.face()?;
        let has_all = |text: &str| text.chars().all(|c| c == ' ' || face.has(c));
        let some: String = face.characters().filter(|c| c.is_alphabetic()).take(MOST_LETTERS).collect();
        let mut texts = [name, LETTERS].into_iter().filter(|text| has_all(text)).chain([some.as_str()]);
        texts.find_map(|text| Self::drawn(font, text, MOST_BYTES))
    }

    /// These words on one line. `None` where nothing can be drawn of them, or the path would have more than 1,000,000 bytes.
    #[must_use]
    pub fn written(font: &Font, text: &str) -> Option<Self> {
        Self::drawn(font, text, MOST_WRITTEN_BYTES)
    }

    fn drawn(font: &Font, text: &str, most_bytes: usize) -> Option<Self> {
        let face = font.face()?;
        let em = f32::from(Self::EM);
        let mut pen = Pen { path: String::new(), most_bytes, origin: [0.0; 2], at: [0; 2], bounds: None };
        for glyph in TextShaper::new(Writing::new(text, font)).shape(0..text.len()).glyphs {
            pen.origin = [glyph.x_em * em, -glyph.y_em * em];
            face.outline(glyph.id, em, &mut pen);
        }
        let [left, top, right, bottom] = pen.bounds.filter(|_| pen.path.len() <= most_bytes)?;
        let bounds = [left, top, right.saturating_sub(left), bottom.saturating_sub(top)];
        Some(Self { text: text.to_owned(), path: pen.path, bounds })
    }
}

/// Writes a glyph's outline in whole units, each point as its distance from the one before: half as long as places are. Distances are
/// between rounded places, so that no error adds up.
struct Pen {
    path: String,
    most_bytes: usize,
    /// The glyph's own, in units.
    origin: [f32; 2],
    at: [i32; 2],
    /// Left, top, right and bottom of all points.
    bounds: Option<[i32; 4]>,
}

impl Pen {
    #[expect(clippy::cast_possible_truncation, reason = "a hostile font's point far away lands on the farthest number there is")]
    fn place(&mut self, (x, y): (f32, f32)) -> [i32; 2] {
        let [x, y] = [(self.origin[0] + x).round() as i32, (self.origin[1] - y).round() as i32];
        let [left, top, right, bottom] = self.bounds.unwrap_or([x, y, x, y]);
        self.bounds = Some([left.min(x), top.min(y), right.max(x), bottom.max(y)]);
        [x, y]
    }

    fn write(&mut self, command: char, points: &[(f32, f32)]) {
        if self.path.len() > self.most_bytes {
            return;
        }
        let from = if command == 'M' { [0; 2] } else { self.at };
        let start = self.path.len();
        self.path.push(command);
        let (mut is_first, mut moves) = (true, command == 'M');
        for &point in points {
            let to = self.place(point);
            for (to, from) in to.into_iter().zip(from) {
                let by = to.saturating_sub(from);
                // A minus sets numbers apart too. A String takes everything.
                let _ = write!(self.path, "{}{by}", if is_first || by < 0 { "" } else { " " });
                (is_first, moves) = (false, moves || by != 0);
            }
            self.at = to;
        }
        if !moves {
            self.path.truncate(start);
        }
    }
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.write('M', &[(x, y)]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.write('l', &[(x, y)]);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.write('q', &[(x1, y1), (x, y)]);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.write('c', &[(x1, y1), (x2, y2), (x, y)]);
    }

    fn close(&mut self) {
        self.path.push('z');
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::{about::FontFacts, shipped::BUILTIN_FONT_NAMES};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn no_file_that_is_taken_as_a_font_panics(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..60)) {
            let mut bytes = Font::builtin("comic-neue").unwrap().bytes().to_vec();
            for (place, byte) in changes {
                *place.get_mut(&mut bytes) = byte;
            }
            if let Ok(font) = Font::parse(bytes) {
                let shown = (FontFacts::of(&font), FontSample::of(&font, "name"));
                prop_assert!(shown.1.is_none_or(|sample| sample.path.len() <= MOST_BYTES));
            }
        }
    }

    #[test]
    fn every_named_font_is_shown_by_its_name_and_all_are_small() {
        let mut bytes = 0;
        for name in BUILTIN_FONT_NAMES {
            let sample = FontSample::of(&Font::builtin(name).unwrap(), name).unwrap();
            assert_eq!(sample.text, *name);
            let [left, top, width, height] = sample.bounds;
            assert!(left.abs() < 10 && top < -40 && width > 50 && (40..130).contains(&height), "{name} {sample:?}");
            assert!(sample.path.starts_with('M') && sample.path.ends_with('z') && !sample.path.contains('.'));
            bytes += sample.path.len();
        }
        assert!(bytes < 40_000, "{bytes}");
    }

    #[test]
    fn a_font_without_the_letters_of_its_name_shows_others_of_its_own() {
        let thai = Font::fallbacks().into_iter().find(|font| font.face().is_some_and(|face| face.has('ก'))).unwrap();
        let text = FontSample::of(&thai, "ไทย-å").unwrap().text;
        assert!(!text.is_empty() && text.chars().all(|c| thai.face().unwrap().has(c) || c == ' '), "{text}");
        assert!(FontSample::written(&thai, "  ").is_none());
        let (rough, long) = (Font::builtin("permanent-marker").unwrap(), "marker ".repeat(40));
        assert_eq!(FontSample::of(&rough, &long).unwrap().text, LETTERS, "the bound holds");
        assert!(FontSample::written(&rough, &long).unwrap().path.len() > MOST_BYTES);
    }
}
