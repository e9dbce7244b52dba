//! From a layout to coverage: how much of each pixel the letters and their outline cover.
//!
//! Called once a job, by the mask. It places the glyphs' bitmaps and asks for the outline around
//! them; it makes neither itself.

use std::collections::HashMap;

use caption_layout::{
    Font,
    text::{
        extent::Extent,
        layout::{Layout, stroke_px},
    },
};

use super::{
    glyphs::{Bitmap, bitmaps},
    stroke::widen,
};

/// Coverage of a text, 0 to 255, in one rectangle of pixels.
pub(crate) struct Coverage {
    pub width_px: u32,
    pub fill: Vec<u8>,
    /// Of the letters with their outline; empty where there is none.
    pub stroke: Vec<u8>,
}

/// Draws `layout` centred on its own rectangle, which is as large as the ink with its outline.
#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "a bitmap is as large as a canvas at most")]
pub(crate) fn rasterise(layout: &Layout, font: &Font, fallbacks: &[Font], stroke_em: f32) -> Coverage {
    let extent = Extent::of(layout, stroke_em);
    let Extent { width_px, height_px, .. } = extent;
    let bitmaps = bitmaps_by_font(layout, font, fallbacks);

    let mut fill = vec![0; width_px as usize * height_px as usize];
    for (glyph, x, y) in extent.glyphs() {
        let Some((metrics, bitmap)) = bitmaps.get(glyph.font).and_then(|of| of.get(&glyph.id)) else { continue };
        let corner = (x + metrics.xmin, y - metrics.ymin - metrics.height as i32);
        stamp(&mut fill, width_px as usize, bitmap, metrics.width, corner);
    }
    let stroke = stroke_px(layout.size_px, stroke_em);
    let stroke = if stroke > 0.0 { widen(&fill, width_px as usize, stroke) } else { Vec::new() };
    Coverage { width_px, fill, stroke }
}

/// The bitmaps of a layout's glyphs, for each font of its stack.
fn bitmaps_by_font(layout: &Layout, font: &Font, fallbacks: &[Font]) -> Vec<HashMap<u16, Bitmap>> {
    let glyphs = || layout.lines.iter().flat_map(|line| &line.glyphs);
    let of_font = |(i, font): (usize, &Font)| {
        let mut ids: Vec<u16> = glyphs().filter(|g| g.font == i).map(|g| g.id).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() { HashMap::new() } else { bitmaps(font, &ids, layout.size_px) }
    };
    std::iter::once(font).chain(fallbacks).enumerate().map(of_font).collect()
}

/// Puts a bitmap at (x, y), clipped; where two overlap, the greater coverage stays.
fn stamp(canvas: &mut [u8], canvas_width: usize, bitmap: &[u8], width: usize, (x, y): (i32, i32)) {
    if canvas_width == 0 || width == 0 {
        return;
    }
    let hidden = |from: i32| usize::try_from(from.saturating_neg()).unwrap_or(0);
    let shown = |from: i32| usize::try_from(from).unwrap_or(0);
    let rows = canvas.chunks_exact_mut(canvas_width).skip(shown(y));
    for (row, bitmap) in rows.zip(bitmap.chunks_exact(width).skip(hidden(y))) {
        let (Some(row), Some(bitmap)) = (row.get_mut(shown(x)..), bitmap.get(hidden(x)..)) else { return };
        for (pixel, &coverage) in row.iter_mut().zip(bitmap) {
            *pixel = (*pixel).max(coverage);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use caption_layout::text::layout::{Room, layout};

    fn draw(text: &str, stroke_em: f32) -> Coverage {
        let (font, fallbacks) = (Font::builtin("anton").unwrap(), [Font::fallback()]);
        let room = Room { width_px: 400.0, heights_px: [200.0; 2], size_px: 40.0, stroke_em };
        rasterise(&layout(text, &font, &fallbacks, room).unwrap(), &font, &fallbacks, stroke_em)
    }

    #[test]
    fn the_outline_surrounds_the_letters_and_nothing_meets_the_edge() {
        let c = draw("Wgj|", 0.06);
        assert!(c.fill.iter().zip(&c.stroke).all(|(&f, &s)| s >= f));
        assert!(c.fill.iter().filter(|&&f| f > 200).count() > 300);
        let width = c.width_px as usize;
        let edge = |i: usize| i < width || i >= c.stroke.len() - width || i.is_multiple_of(width) || i % width == width - 1;
        assert!(c.stroke.iter().enumerate().all(|(i, &s)| !edge(i) || s < 128), "cut off at an edge");
    }

    #[test]
    fn without_a_stroke_there_is_none() {
        assert!(draw("a", 0.0).stroke.is_empty());
    }

    #[test]
    fn a_stamp_is_clipped_on_every_side_and_keeps_the_greater() {
        let stamped = |at| {
            let mut canvas = [2; 6];
            stamp(&mut canvas, 3, &[1, 3, 5, 7], 2, at);
            canvas
        };
        assert_eq!(stamped((0, 0)), [2, 3, 2, 5, 7, 2]);
        assert_eq!(stamped((-1, -1)), [7, 2, 2, 2, 2, 2]);
        assert_eq!(stamped((2, 1)), [2, 2, 2, 2, 2, 2]);
        assert_eq!(stamped((2, -1)), [2, 2, 5, 2, 2, 2]);
        assert_eq!(stamped((-2, 0)), [2; 6]);
        assert_eq!(stamped((3, 0)), [2; 6]);
        assert_eq!(stamped((0, 2)), [2; 6]);
    }
}
