//! Where glyphs of many scripts stood before shaping moved from rustybuzz to harfrust (ADR 18), and that they stand there still.
//!
//! A test alone. `positions.txt` was written with rustybuzz 0.20; it is written again only when a font or a rule changes on purpose.

use std::fmt::Write as _;

use super::{font::Font, shape::TextShaper, writing::Writing};

/// Latin, Greek, Cyrillic, Hebrew, Arabic, Armenian, Georgian, marks alone and stacked, both directions in one line, and ligatures.
const TEXTS: &[&str] = &[
    "when it compiles on the first try",
    "AVATAR To. Ty, WAVE LT 11/7",
    "office waffle difficult fjord ffi fl",
    "Àéîõü ÇŞŢ ŁØÐÞ ßæœ ĳ Ǆ",
    "Vietnamese: Tiếng Việt, đường phố",
    "e\u{301}a\u{300}o\u{308}u\u{30A}n\u{303}c\u{327}",
    "a\u{301}\u{323} e\u{302}\u{301} o\u{304}\u{308} x\u{336} q\u{307}\u{323}",
    "Ελληνικά: άνθρωπος ὕβρις ᾧ",
    "Всё работает с первого раза: ёжик, й, Ї",
    "и\u{306} е\u{308} а\u{301} Ж\u{301}",
    "שלום עולם",
    "שָׁלוֹם בְּרֵאשִׁית",
    "abc אבג 123 def",
    "مرحبا بالعالم",
    "لا إله ﷲ كتابٌ مُحَمَّد",
    "السلام 123 عليكم abc",
    "پارسی گچ ژ ی",
    "Հայերեն լեզու",
    "ქართული ენა",
    "∀x∈ℝ ≤ ≥ ± × ÷ √2 ∞",
    "“quotes” ‘single’ – — … • € £ ¥ ©",
    "½ ¼ ⅓ x² H₂O № ™",
    "♥ ★ ☺ ✓ → ← ↑ ⇒",
    "a\u{200D}\u{FE0F}b soft\u{AD}hyphen zero\u{200B}width",
    "\u{202B}forced\u{202C} \u{2067}isolate\u{2069}",
    "mixed: Wgj| Ж שלום مرحبا",
    "100% 50/50 #1 @you $5 & [x] {y} ~^`",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "abcdefghijklmnopqrstuvwxyz",
    "0123456789 (1) -2 +3",
    "中文 한글 ไทย हिन्दी",
];

/// A line a font and text: each glyph that leaves a mark as font, number, x and y, and how wide the line is.
fn positions() -> String {
    let [anton, sans] = ["anton", "sans"].map(|name| Font::builtin(name).unwrap());
    let mut out = String::new();
    for (name, font) in [("anton", &anton), ("sans", &sans)] {
        let fallbacks = [sans.clone()];
        for (i, text) in TEXTS.iter().enumerate() {
            let line = TextShaper::new(Writing { fallbacks: &fallbacks, ..Writing::new(text, font) }).shape(0..text.len());
            write!(out, "{name} {i} {:.4} {:.4} {:.4}", line.width_em, line.ink_top_em, line.ink_bottom_em).unwrap();
            for glyph in line.glyphs {
                write!(out, " {},{},{:.4},{:.4}", glyph.font, glyph.id, glyph.x_em, glyph.y_em).unwrap();
            }
            out.push('\n');
        }
    }
    out
}

#[test]
#[ignore = "writes what the other test compares with"]
fn write_positions() {
    std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/src/text/positions.txt"), positions()).unwrap();
}

#[test]
fn glyphs_stand_within_half_a_pixel_of_where_they_stood() {
    /// Pixels per em of the largest letters that are usual.
    const SIZE_PX: f32 = 64.0;
    let numbers = |line: &str| -> Vec<f32> { line.split([' ', ',']).skip(1).map(|number| number.parse().unwrap()).collect() };
    let (was, is) = (include_str!("positions.txt"), positions());
    assert_eq!(was.lines().count(), is.lines().count());
    let mut farthest_px = 0f32;
    for (was, is) in was.lines().zip(is.lines()) {
        let (before, after) = (numbers(was), numbers(is));
        assert_eq!(before.len(), after.len(), "as many glyphs:\n{was}\n{is}");
        let (before, after) = (before.split_at(4), after.split_at(4));
        let widths = before.0.iter().zip(after.0);
        let mut pairs: Vec<_> = widths.map(|(a, b)| (*a, *b)).collect();
        for (a, b) in before.1.chunks(4).zip(after.1.chunks(4)) {
            assert_eq!(a[..2], b[..2], "the same glyphs:\n{was}\n{is}");
            pairs.extend([(a[2], b[2]), (a[3], b[3])]);
        }
        let apart = pairs.iter().map(|(a, b)| (a - b).abs() * SIZE_PX).fold(0.0, f32::max);
        assert!(apart <= 0.5, "{apart} px apart:\n{was}\n{is}");
        farthest_px = farthest_px.max(apart);
    }
    println!("farthest: {farthest_px} px at {SIZE_PX} px an em");
}
