//! Which glyphs a text has, of which fonts and where: letters of several scripts, marks, and images.

use super::*;
use crate::text::font::Font;

fn shape(text: &str) -> (Line, Vec<char>) {
    let (font, fallbacks) = (Font::builtin("anton").unwrap(), [Font::builtin("sans").unwrap()]);
    let mut shaper = TextShaper::new(Writing { fallbacks: &fallbacks, ..Writing::new(text, &font) });
    (shaper.shape(0..text.len()), shaper.missing().to_vec())
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
fn a_language_chooses_among_a_fonts_forms() {
    let (font, fallbacks) = (Font::builtin("sans").unwrap(), []);
    let shape = |lang: &str| {
        let lang = lang.parse().unwrap();
        TextShaper::new(Writing { fallbacks: &fallbacks, lang: Some(&lang), ..Writing::new("б", &font) }).shape(0.."б".len())
    };
    assert_ne!(shape("sr"), shape("ru"), "Serbian has a form of its own");
    assert_eq!(shape("ja"), shape("ru"));
}

#[test]
fn an_image_is_one_glyph_that_goes_the_way_of_the_words_around_it() {
    let (font, fallbacks) = (Font::builtin("anton").unwrap(), Font::fallbacks());
    let names = ["dot"].map(|name| caption_types::ImageName::parse(name).unwrap());
    let shape = |text: &str| {
        let writing = Writing { fallbacks: &fallbacks, images: &names, ..Writing::new(text, &font) };
        let words = crate::text::words::Words::of(writing);
        let mut shaper = TextShaper::new(words.written(writing));
        (shaper.shape(0..words.text.len()), shaper.missing().to_vec())
    };
    let (line, missing) = shape("a:dot::dot:b");
    let advance = |from: usize| line.glyphs[from + 1].x_em - line.glyphs[from].x_em;
    assert!(missing.is_empty() && advance(1) == image::ADVANCE_EM && advance(2) == image::ADVANCE_EM);
    assert_eq!(line.glyphs.iter().map(|glyph| glyph.font).collect::<Vec<_>>(), [0, IMAGES, IMAGES, 0]);
    assert!(line.ink_bottom_em < -0.2 && line.ink_top_em > 0.9);
    // As wide as an emoji, and as a gap in words that run from right to left.
    assert!((shape("a🎉").0.width_em - shape("a:dot:").0.width_em).abs() < 1e-6);
    let places = |text: &str| shape(text).0.glyphs.iter().position(|glyph| glyph.font == IMAGES).unwrap();
    assert_eq!((places("אב :dot: גדה"), places("ab :dot: cde")), (3, 2));
    // What is typed behind it that leaves no mark leaves none, and what does is written by itself.
    let (joined, missing) = shape(":dot:\u{200D}\u{FE0F}\u{301}:dot:");
    let marks = joined.glyphs.iter().filter(|glyph| glyph.font != IMAGES).count();
    assert!(missing.is_empty() && marks == 1, "{joined:?}");
    assert_eq!(shape("\u{600}:dot:").0.glyphs.iter().filter(|glyph| glyph.font == IMAGES).count(), 1);
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
