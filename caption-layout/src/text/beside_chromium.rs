//! Sentences of all scripts stand as Chromium sets them with the same fonts: the same line breaks, each grapheme within a pixel.
//!
//! A test alone. `chromium.txt` was measured by `fonts/tools/chromium.py`, from the sentences of `sentences.txt`; it is measured
//! again when a font or a sentence changes. A difference that is known is named here, with its reason.

use std::ops::Range;

use icu_properties::{
    CodePointMapData,
    props::{GeneralCategory, GeneralCategoryGroup},
};
use unicode_segmentation::UnicodeSegmentation as _;

use super::{breaker::Breaker, font::Font, shape::TextShaper, writing::Writing};

/// As `fonts/tools/chromium.py` sets them.
const SIZE_PX: f32 = 32.0;
const WIDTH_PX: f32 = 520.0;

struct Sentence {
    lang: String,
    file: &'static str,
    text: &'static str,
}

/// A grapheme, from its first byte: its line, its left and its right edge.
type Place = (usize, usize, f32, f32);

fn sentences() -> Vec<Sentence> {
    let read = |line: &'static str| {
        let mut fields = line.split('\t');
        let mut next = || fields.next().unwrap();
        Sentence { lang: next().to_owned(), file: next(), text: next() }
    };
    include_str!("sentences.txt").lines().map(read).collect()
}

fn measured() -> Vec<Vec<Place>> {
    let number = |field: Option<&str>| field.unwrap().parse::<f32>().unwrap();
    let read = |text: &str| {
        let mut fields = text.split(' ');
        let mut whole = || fields.next().unwrap().parse().unwrap();
        let (byte, line) = (whole(), whole());
        (byte, line, number(fields.next()), number(fields.next()))
    };
    include_str!("chromium.txt").lines().map(|line| line.split('\t').map(read).collect()).collect()
}

/// Our own of one line, and the byte behind each. Graphemes that share a glyph, or stand above each other, are one, and so are a
/// letter and a mark of Burmese, which is a grapheme of its own: Chromium divides the room of both evenly.
#[expect(clippy::cast_precision_loss, reason = "font units are far below 2^24")]
fn boxes(shaper: &mut TextShaper<'_>, text: &str, number: usize, line: Range<usize>) -> Vec<(Place, usize)> {
    let mut pens: Vec<(usize, f32, f32)> = Vec::new();
    let mut pen_px = 0.0;
    for piece in shaper.pieces(line.clone()) {
        let start = piece.shown.as_ptr() as usize - text.as_ptr() as usize;
        let scale = SIZE_PX / shaper.units_per_em(&piece);
        let glyphs = shaper.shape_piece(&piece).unwrap();
        for (info, position) in glyphs.glyph_infos().iter().zip(glyphs.glyph_positions()) {
            let next_px = pen_px + position.x_advance as f32 * scale;
            pens.push((start + info.cluster as usize, pen_px, next_px));
            pen_px = next_px;
        }
    }
    let mut found: Vec<(Place, usize)> = Vec::new();
    for (at, grapheme) in text[line.clone()].grapheme_indices(true) {
        let at = line.start + at;
        let own = || pens.iter().filter(|(byte, ..)| (at..at + grapheme.len()).contains(byte));
        let (left, right) = own().fold((f32::MAX, f32::MIN), |(l, r), &(_, a, b)| (l.min(a), r.max(b)));
        let end = at + grapheme.len();
        match found.last_mut() {
            Some((last, last_end))
                if is_mark(grapheme) || right - left < 0.01 || (left < last.3 - 0.01 && last.2 < right - 0.01) =>
            {
                *last_end = end;
                (last.2, last.3) = (last.2.min(left), last.3.max(right));
            }
            _ => found.push(((at, number, left, right), end)),
        }
    }
    found
}

fn is_mark(grapheme: &str) -> bool {
    let category = grapheme.chars().next().map(|c| CodePointMapData::<GeneralCategory>::new().get(c));
    category.is_some_and(|category| GeneralCategoryGroup::Mark.contains(category))
}

fn font_of(file: &str) -> Font {
    let path = [env!("CARGO_MANIFEST_DIR"), "/fonts/", if file.starts_with("Noto") { "noto/" } else { "" }, file].concat();
    let bytes = std::fs::read(path).unwrap();
    Font::fallbacks().into_iter().find(|font| font.bytes() == bytes).unwrap()
}

#[test]
fn graphemes_stand_within_a_pixel_of_chromiums_and_lines_break_alike() {
    // Chromium was given the same fonts, and none of emoji.
    let fallbacks: Vec<Font> = Font::fallbacks().into_iter().filter(|font| !font.is_emoji()).collect();
    let (mut wrong, mut seen) = (Vec::new(), 0);
    assert_eq!(sentences().len(), measured().len());
    for (Sentence { lang, file, text }, theirs) in sentences().into_iter().zip(measured()) {
        let (font, lang) = (font_of(file), lang.parse().unwrap());
        let writing = Writing { fallbacks: &fallbacks, lang: Some(&lang), ..Writing::new(text, &font) };
        let mut breaker = Breaker::new(writing);
        breaker.read();
        let mut shaper = TextShaper::new(writing);
        assert!(shaper.missing().is_empty(), "{text}");
        let rows = breaker.wrap(WIDTH_PX / SIZE_PX, false).unwrap();
        let line_of = |byte: usize| rows.iter().position(|row| row.contains(&byte)).unwrap();
        let their_rows = theirs.iter().map(|&(byte, line, ..)| (byte, line));
        let other = their_rows.filter(|&(byte, line)| line_of(byte) != line).map(|(byte, _)| &text[byte..]).next();
        let mut farthest = 0f32;
        let mut count = 0;
        if other.is_none() {
            for (number, row) in rows.iter().enumerate() {
                let end = row.start + text[row.clone()].trim_end().len();
                for ((byte, _, left, right), end) in boxes(&mut shaper, text, number, row.start..end) {
                    let their = theirs.iter().filter(|their| (byte..end).contains(&their.0));
                    let their = their.map(|&(_, _, left, right)| (left, right)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
                    // Spaces were not measured.
                    let Some((their_left, their_right)) = their else { continue };
                    farthest = farthest.max((left - their_left).abs()).max((right - their_right).abs());
                    count += 1;
                }
            }
        }
        println!("{lang}\t{}\t{count}\t{farthest:.2}\t{}", rows.len(), other.unwrap_or("-"));
        seen += count;
        if farthest > 1.0 || other.is_some() {
            wrong.push(format!("{text}: {farthest} px apart, or broken elsewhere: {other:?}"));
        }
    }
    println!("{seen} graphemes");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
