//! All emoji of the font, drawn.

use caption_layout::{
    Writing,
    text::layout::{Layout, Room, layout},
};
use skrifa::{FontRef, MetadataProvider as _};

use super::*;

/// Fully qualified sequences, and those with fewer selectors, of emoji-test.txt 15.0 and of Emoji 17 (see the file's head).
const SEQUENCES: &str = include_str!("sequences.txt");

fn laid_out(text: &str) -> Layout {
    let room = Room { width_px: 9000.0, heights_px: [900.0; 2], size_px: 20.0, size_is_asked: true, ..Room::default() };
    let (font, fallbacks) = (Font::builtin("anton").unwrap(), Font::fallbacks());
    layout(Writing { fallbacks: &fallbacks, ..Writing::new(text, &font) }, room).unwrap()
}

fn sequences() -> impl Iterator<Item = &'static str> {
    SEQUENCES.lines().filter(|line| !line.starts_with("# ")).flat_map(str::split_whitespace)
}

#[test]
fn every_sequence_is_one_glyph_of_the_font_of_emoji() {
    let emoji = Font::fallbacks().iter().position(Font::is_emoji).unwrap() + 1;
    let mut broken = Vec::new();
    let mut count = 0;
    for sequence in sequences() {
        count += 1;
        let found = laid_out(sequence);
        let glyphs = &found.lines[0].glyphs;
        if glyphs.len() != 1 || glyphs[0].font != emoji || !found.missing_glyphs.is_empty() {
            broken.push(sequence);
        }
    }
    assert!(broken.is_empty(), "{} of {count}: {broken:?}", broken.len());
    assert!(count > 4000, "{count}");
}

#[test]
fn every_picture_of_the_font_is_drawn_by_what_is_here() {
    let font = Font::emoji();
    let tables = FontRef::new(font.bytes()).unwrap();
    let palette = Palette::of(&tables).unwrap();
    let mut hash = crc32fast::Hasher::new();
    let mut pictures = 0;
    for glyph in 0..u16::MAX {
        let Some(picture) = tables.color_glyphs().get(GlyphId::from(glyph)) else { continue };
        let mut painter = PicturePainter::new(tables.outline_glyphs(), &palette, 0.01, [0, -10], [12, 14]);
        picture.paint(LocationRef::default(), &mut painter).unwrap();
        assert!(painter.seen.iter().all(|&mode| composite::is_known(mode)), "{glyph}: {:?}", painter.seen);
        let drawn = draw(glyph, 16.0).unwrap();
        assert!(drawn.pixels.iter().any(|pixel| pixel[3] > 100), "{glyph} leaves no mark");
        hash.update(drawn.pixels.as_flattened());
        pictures += 1;
    }
    // What every machine must draw, whatever its processor can: no code is chosen by it.
    assert_eq!((pictures, hash.finalize()), (3993, 88_471_169));
}

#[test]
fn a_size_is_drawn_in_bounded_pixels() {
    let glyph = laid_out("😀").lines[0].glyphs[0].id;
    for (size_px, sides) in [(3.0, 3..6), (8.0, 9..13), (400.0, 400..520)] {
        let drawn = draw(glyph, size_px).unwrap();
        assert!(
            sides.contains(&drawn.width_px) && sides.contains(&drawn.height_px()),
            "{size_px}: {} x {}",
            drawn.width_px,
            drawn.height_px()
        );
    }
    assert!(draw(glyph, 900.0).unwrap().pixels.len() > 2 * PIXELS_AT_ONCE);
    // In bands it is what it is at once, but for rounding.
    let [whole, bands] = [PIXELS_AT_ONCE, 2_000].map(|at_once| draw_in_bands(glyph, 60.0, at_once).unwrap());
    assert_eq!(whole.pixels.len(), bands.pixels.len());
    let pairs = whole.pixels.as_flattened().iter().zip(bands.pixels.as_flattened());
    assert!(
        pairs.clone().all(|(one, other)| one.abs_diff(*other) <= 8),
        "{:?}",
        pairs.filter(|(a, b)| a.abs_diff(**b) > 8).count()
    );
    assert_eq!(draw(glyph, 1e5), None);
    assert_eq!(draw(glyph, f32::NAN), None);
    assert_eq!(draw(u16::MAX, 20.0), None);
}

/// Writes them all, on white and on black, to the path in `SHEET`: to be looked at.
#[test]
#[ignore = "for people's eyes"]
fn writes_a_sheet_of_all_sequences() {
    const SIDE: usize = 48;
    const ACROSS: usize = 60;
    let all: Vec<&str> = sequences().collect();
    let rows = all.len().div_ceil(ACROSS);
    let width_px = ACROSS * SIDE;
    let half = width_px * rows * SIDE;
    let mut sheet = Drawn { left_px: 0, top_px: 0, width_px, pixels: vec![[255; 4]; half] };
    sheet.pixels.resize(2 * half, [20, 20, 20, 255]);
    let begun = std::time::Instant::now();
    for (i, sequence) in all.iter().enumerate() {
        let drawn = draw(laid_out(sequence).lines[0].glyphs[0].id, 36.0).unwrap();
        for (number, pixel) in drawn.pixels.iter().enumerate() {
            let (x, y) = (i % ACROSS * SIDE + number % drawn.width_px, i / ACROSS * SIDE + number / drawn.width_px);
            for place in [y * width_px + x, half + y * width_px + x] {
                let beneath = sheet.pixels[place];
                let mixed = |c: usize| composite::share(pixel[c], pixel[3]) + composite::share(beneath[c], 255 - pixel[3]);
                sheet.pixels[place] = [mixed(0), mixed(1), mixed(2), 255];
            }
        }
    }
    println!("{} sequences laid out and drawn in {:?}", all.len(), begun.elapsed());
    std::fs::write(std::env::var("SHEET").unwrap(), sheet.png()).unwrap();
}

#[test]
fn a_png_holds_the_pixels() {
    let drawn = draw(laid_out("🎉").lines[0].glyphs[0].id, 24.0).unwrap();
    let png = drawn.png();
    assert!(png.starts_with(b"\x89PNG\r\n\x1A\n") && png.len() < 4 * drawn.pixels.len());
    let at = png.windows(4).position(|kind| kind == b"IDAT").unwrap();
    let len = u32::from_be_bytes(png[at - 4..at].try_into().unwrap()) as usize;
    let rows = miniz_oxide::inflate::decompress_to_vec_zlib(&png[at + 4..at + 4 + len]).unwrap();
    let pixels: Vec<u8> = rows.chunks_exact(4 * drawn.width_px + 1).flat_map(|row| row[1..].to_vec()).collect();
    assert_eq!(pixels, drawn.pixels.as_flattened());
}
