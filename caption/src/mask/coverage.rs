//! From a layout to coverage: how much of each pixel the letters and their outline cover.
//!
//! Called once a job and caption, by `ink`. It puts each glyph's letter and outline where the layout says; it draws neither itself.

use caption_layout::{
    Font,
    text::{
        extent::Extent,
        layout::{Layout, stroke_px},
        shape::Glyph,
    },
};

use super::{
    glyphs::{Bitmap, Drawer},
    paths::MOST_STROKED_LINES,
    stroke::widen,
};

/// Coverage of a text, 0 to 255, in one rectangle of pixels.
pub(crate) struct Coverage {
    pub width_px: u32,
    pub fill: Vec<u8>,
    /// Of the letters with their outline; empty where there is none.
    pub stroke: Vec<u8>,
}

/// A rectangle's coverage while glyphs are put on it.
struct Canvas {
    coverage: Vec<u8>,
    width_px: usize,
}

/// Draws `layout` centred on its own rectangle, which is as large as the ink with its outline. Each glyph is drawn once and put
/// wherever it stands: memory holds one glyph beside the rectangle.
pub(crate) fn rasterise(layout: &Layout, font: &Font, fallbacks: &[Font], stroke_em: f32) -> Coverage {
    draw(layout, font, fallbacks, stroke_em, MOST_STROKED_LINES)
}

/// The same, with the number of lines up to which a glyph's path is stroked.
fn draw(layout: &Layout, font: &Font, fallbacks: &[Font], stroke_em: f32, most_lines: usize) -> Coverage {
    let extent = Extent::of(layout, stroke_em);
    let stroke_px = stroke_px(layout.size_px, stroke_em);
    let mut fill = Canvas::new(extent);
    let mut stroke = (stroke_px > 0.0).then(|| Canvas::new(extent));
    // Letters whose paths have too many lines to be stroked.
    let mut rough: Option<Canvas> = None;

    let mut placed: Vec<(&Glyph, i32, i32)> = extent.glyphs().collect();
    placed.sort_by_key(|(glyph, ..)| (glyph.font, glyph.id));
    let fonts: Vec<&Font> = std::iter::once(font).chain(fallbacks).collect();
    for of_font in placed.chunk_by(|(a, ..), (b, ..)| a.font == b.font) {
        let font = of_font.first().and_then(|(glyph, ..)| fonts.get(glyph.font));
        // Emoji are no letters: `emoji` draws them.
        let Some(font) = font.filter(|font| !font.is_emoji()) else { continue };
        let ids: Vec<u16> = of_font.iter().map(|(glyph, ..)| glyph.id).collect();
        let Some(drawer) = Drawer::new(font, &ids, layout.size_px, reach(extent, of_font)) else { continue };
        for same in of_font.chunk_by(|(a, ..), (b, ..)| a.id == b.id) {
            let Some((glyph, ..)) = same.first() else { continue };
            let glyph = drawer.glyph(glyph.id);
            let letter = glyph.fill();
            fill.put_all(&letter, same);
            let Some(stroke) = &mut stroke else { continue };
            match glyph.stroke(stroke_px, most_lines) {
                Some(outline) => stroke.put_all(&outline, same),
                None => rough.get_or_insert_with(|| Canvas::new(extent)).put_all(&letter, same),
            }
        }
    }

    let mut stroke = stroke.map_or_else(Vec::new, |canvas| canvas.coverage);
    if let Some(rough) = rough {
        keep_greater(&mut stroke, &widen(&rough.coverage, rough.width_px, stroke_px));
    }
    // A path's stroke covers its lines and not the inside of the letter.
    keep_greater(&mut stroke, &fill.coverage);
    Coverage { width_px: extent.width_px, fill: fill.coverage, stroke }
}

/// How far the rectangle reaches from an origin, at most. Origins may lie outside: the baseline of a quotation mark does.
fn reach(extent: Extent<'_>, placed: &[(&Glyph, i32, i32)]) -> [u32; 2] {
    let farthest = |side: u32, at: i32| at.unsigned_abs().max(at.abs_diff(i32::try_from(side).unwrap_or(i32::MAX)));
    placed.iter().fold([0, 0], |[x, y], &(_, at_x, at_y)| {
        [x.max(farthest(extent.width_px, at_x)), y.max(farthest(extent.height_px, at_y))]
    })
}

fn keep_greater(coverage: &mut [u8], other: &[u8]) {
    for (pixel, &other) in coverage.iter_mut().zip(other) {
        *pixel = (*pixel).max(other);
    }
}

impl Canvas {
    fn new(extent: Extent<'_>) -> Self {
        let (width_px, height_px) = (extent.width_px as usize, extent.height_px as usize);
        Self { coverage: vec![0; width_px * height_px], width_px }
    }

    /// Puts a glyph's bitmap wherever the glyph stands.
    fn put_all(&mut self, bitmap: &Bitmap, placed: &[(&Glyph, i32, i32)]) {
        for &(_, x, y) in placed {
            self.put(bitmap, x, y);
        }
    }

    /// Puts a glyph's bitmap around its origin at (x, y), clipped; where two overlap, the greater coverage stays.
    fn put(&mut self, bitmap: &Bitmap, x: i32, y: i32) {
        if self.width_px == 0 || bitmap.width_px == 0 {
            return;
        }
        let (x, y) = (x.saturating_add(bitmap.left_px), y.saturating_add(bitmap.top_px));
        let hidden = |from: i32| usize::try_from(from.saturating_neg()).unwrap_or(0);
        let shown = |from: i32| usize::try_from(from).unwrap_or(0);
        let rows = self.coverage.chunks_exact_mut(self.width_px).skip(shown(y));
        for (row, bitmap) in rows.zip(bitmap.coverage.chunks_exact(bitmap.width_px).skip(hidden(y))) {
            let (Some(row), Some(bitmap)) = (row.get_mut(shown(x)..), bitmap.get(hidden(x)..)) else { return };
            keep_greater(row, bitmap);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use caption_layout::{
        Writing,
        text::layout::{Room, layout},
    };

    fn drawn(text: &str, stroke_em: f32) -> Coverage {
        stroked_up_to(MOST_STROKED_LINES, text, stroke_em)
    }

    fn stroked_up_to(most_lines: usize, text: &str, stroke_em: f32) -> Coverage {
        let (font, fallbacks) = (Font::builtin("anton").unwrap(), Font::fallbacks());
        let room = Room { width_px: 400.0, heights_px: [200.0; 2], size_px: 40.0, stroke_em, ..Room::default() };
        let writing = Writing { fallbacks: &fallbacks, ..Writing::new(text, &font) };
        draw(&layout(writing, room).unwrap(), &font, &fallbacks, stroke_em, most_lines)
    }

    #[test]
    fn the_outline_surrounds_the_letters_and_nothing_meets_the_edge() {
        let c = drawn("Wgj|", 0.06);
        assert!(c.fill.iter().zip(&c.stroke).all(|(&f, &s)| s >= f));
        assert!(c.fill.iter().filter(|&&f| f > 200).count() > 300);
        let width = c.width_px as usize;
        let edge = |i: usize| i < width || i >= c.stroke.len() - width || i.is_multiple_of(width) || i % width == width - 1;
        assert!(c.stroke.iter().enumerate().all(|(i, &s)| !edge(i) || s < 128), "cut off at an edge");
    }

    #[test]
    fn marks_far_from_the_baseline_and_beyond_their_advance_are_drawn_whole() {
        let fallbacks = Font::fallbacks();
        for name in caption_layout::BUILTIN_FONT_NAMES {
            let font = Font::builtin(name).unwrap();
            for text in ["\"", "'", "^", "~", "-", "*", "_", ".", "“”", "´", "一", "WOW TV", "if", "jaj", "Ty", "ď", "र्"]
            {
                let room = Room { width_px: 900.0, heights_px: [300.0; 2], size_px: 90.0, stroke_em: 0.0, ..Room::default() };
                let writing = Writing { fallbacks: &fallbacks, ..Writing::new(text, &font) };
                let Coverage { width_px, fill, .. } = draw(&layout(writing, room).unwrap(), &font, &fallbacks, 0.0, 0);
                let (width, pixels) = (width_px as usize, fill.len());
                let is_edge = |i: usize| i < width || i >= pixels - width || i.is_multiple_of(width) || i % width == width - 1;
                assert!(fill.iter().any(|&fill| fill > 200), "{name}: {text:?} leaves no mark");
                assert!(fill.iter().enumerate().all(|(i, &fill)| !is_edge(i) || fill < 160), "{name}: {text:?} is cut off");
            }
        }
    }

    #[test]
    fn at_every_size_letters_and_outlines_have_whole_pixels_of_their_colours() {
        for name in caption_layout::BUILTIN_FONT_NAMES {
            let font = Font::builtin(name).unwrap();
            for size_px in [10.0, 12.0, 14.0, 16.0, 18.0, 20.0, 24.0, 40.0, 60.0] {
                for text in ["when it compiles", "hi", "iili", "e", "@&%8"] {
                    let room = Room {
                        width_px: 900.0,
                        heights_px: [200.0; 2],
                        size_px,
                        size_is_asked: true,
                        stroke_em: 0.065,
                        ..Room::default()
                    };
                    let writing = Writing::new(text, &font);
                    let drawn = rasterise(&layout(writing, room).unwrap(), &font, &[], 0.065);
                    let pixels = || drawn.fill.iter().zip(&drawn.stroke);
                    assert!(pixels().any(|(&fill, &stroke)| fill == 0 && stroke == 255), "{name}, {text}, {size_px} px: outline");
                    // The strokes of a lighter cut are thinner than two pixels below.
                    let has_wide_strokes = size_px >= 20.0 || ["anton", "sans"].contains(name);
                    let is_whole = pixels().any(|(&fill, _)| fill >= 247);
                    assert!(is_whole || !has_wide_strokes, "{name}, {text}, {size_px} px: letters");
                    // Between a letter and the picture the outline is whole somewhere, in each row through the letters.
                    let width = drawn.width_px as usize;
                    for (fill, stroke) in drawn.fill.chunks_exact(width).zip(drawn.stroke.chunks_exact(width)) {
                        let Some(letter) = fill.iter().position(|&fill| fill >= 128) else { continue };
                        assert!(stroke[..letter].contains(&255), "{name}, {text}, {size_px} px: a gap on the left");
                    }
                }
            }
        }
    }

    #[test]
    fn letters_of_too_many_lines_are_outlined_by_distance() {
        // Half of them: a mixture of both kinds in one caption.
        for most_lines in [0, 40] {
            let (by_path, by_distance) = (drawn("Wgj|e", 0.06), stroked_up_to(most_lines, "Wgj|e", 0.06));
            assert_eq!(by_path.fill, by_distance.fill);
            let apart = by_path.stroke.iter().zip(&by_distance.stroke).map(|(&a, &b)| usize::from(a.abs_diff(b)));
            let (pixels, apart) = (by_path.stroke.iter().filter(|&&s| s > 0).count(), apart.sum::<usize>());
            assert!(apart > 0 && apart < pixels * 24, "{apart} over {pixels} pixels");
        }
    }

    #[test]
    fn without_a_stroke_there_is_none() {
        assert!(drawn("a", 0.0).stroke.is_empty());
    }

    #[test]
    fn a_bitmap_is_clipped_on_every_side_and_keeps_the_greater() {
        let bitmap = Bitmap { left_px: 0, top_px: 0, width_px: 2, coverage: vec![1, 3, 5, 7] };
        let put = |(x, y)| {
            let mut canvas = Canvas { coverage: vec![2; 6], width_px: 3 };
            canvas.put(&bitmap, x, y);
            canvas.coverage
        };
        assert_eq!(put((0, 0)), [2, 3, 2, 5, 7, 2]);
        assert_eq!(put((-1, -1)), [7, 2, 2, 2, 2, 2]);
        assert_eq!(put((2, 1)), [2, 2, 2, 2, 2, 2]);
        assert_eq!(put((2, -1)), [2, 2, 5, 2, 2, 2]);
        assert_eq!(put((-2, 0)), [2; 6]);
        assert_eq!(put((3, 0)), [2; 6]);
        assert_eq!(put((0, 2)), [2; 6]);
    }
}
