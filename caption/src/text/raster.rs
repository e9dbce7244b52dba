//! From a layout to coverage: how much of each pixel the letters and their outline cover.
//!
//! Called once a job, by the mask. fontdue rasterises the glyphs; the outline is the set of pixels
//! within the stroke's width of a letter, by imageproc's exact Euclidean distance, so that it is
//! equally wide in every direction.

use image::GrayImage;
use imageproc::distance_transform::euclidean_squared_distance_transform;

use super::{
    font::Font,
    layout::{Layout, stroke_px},
};

/// Coverage of a text, 0 to 255, in one rectangle of pixels.
pub(crate) struct Coverage {
    pub width_px: u32,
    pub height_px: u32,
    pub fill: Vec<u8>,
    pub stroke: Vec<u8>,
}

/// Pixels around the ink for rounding and for the soft edge.
const SLACK_PX: f32 = 1.0;

/// Draws `layout` centred on its own rectangle, which is as large as the ink with its outline.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    clippy::cast_possible_wrap,
    reason = "pixels of a canvas: far below 2^24 and clipped to the rectangle before use"
)]
pub(crate) fn rasterise(layout: &Layout, font: &Font, fallbacks: &[Font], stroke_em: f32) -> Coverage {
    let stroke = stroke_px(layout.size_px, stroke_em);
    let pad = stroke + SLACK_PX;
    let width_px = (layout.width_px + 2.0 * pad).ceil() as u32;
    let height_px = (layout.height_px + 2.0 * pad).ceil() as u32;
    let fonts: Vec<&Font> = std::iter::once(font).chain(fallbacks).collect();

    let mut fill = GrayImage::new(width_px, height_px);
    let first_top = layout.lines.first().map_or(0.0, |l| l.ink_top_em);
    for (i, line) in layout.lines.iter().enumerate() {
        let left = (width_px as f32 - line.width_em * layout.size_px) / 2.0;
        let baseline = pad + first_top * layout.size_px + i as f32 * layout.line_height_px;
        for glyph in &line.glyphs {
            let Some(outlines) = fonts.get(glyph.font).and_then(|f| f.outlines()) else { continue };
            if glyph.id >= outlines.glyph_count() {
                continue;
            }
            let (metrics, bitmap) = outlines.rasterize_indexed(glyph.id, layout.size_px);
            let x0 = (left + glyph.x_em * layout.size_px).round() as i32 + metrics.xmin;
            let y0 = (baseline - glyph.y_em * layout.size_px).round() as i32 - metrics.ymin - metrics.height as i32;
            for (row, y) in bitmap.chunks_exact(metrics.width.max(1)).zip(y0..) {
                for (&coverage, x) in row.iter().zip(x0..) {
                    if (0..width_px as i32).contains(&x) && (0..height_px as i32).contains(&y) {
                        let pixel = &mut fill.get_pixel_mut(x as u32, y as u32).0[0];
                        *pixel = (*pixel).max(coverage);
                    }
                }
            }
        }
    }
    let stroke = if stroke > 0.0 { widen(&fill, stroke) } else { vec![0; fill.len()] };
    Coverage { width_px, height_px, fill: fill.into_raw(), stroke }
}

/// Coverage of everything within `by_px` of a letter, with an edge one pixel soft.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of 255")]
fn widen(fill: &GrayImage, by_px: f32) -> Vec<u8> {
    let mut letters = fill.clone();
    for pixel in letters.iter_mut() {
        *pixel = if *pixel >= 128 { 255 } else { 0 };
    }
    let reach = f64::from(by_px) + 0.5;
    let distances = euclidean_squared_distance_transform(&letters);
    distances
        .iter()
        .zip(fill.iter())
        .map(|(&squared, &own)| (((reach - squared.sqrt()).clamp(0.0, 1.0) * 255.0).round() as u8).max(own))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::layout::{Room, layout};

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
    fn the_outline_is_equally_wide_in_every_direction() {
        let mut dot = GrayImage::new(21, 21);
        dot.put_pixel(10, 10, image::Luma([255]));
        let wide = widen(&dot, 5.0);
        let at = |x: usize, y: usize| wide[y * 21 + x];
        for d in 1..=4 {
            assert_eq!((at(10 + d, 10), at(10 - d, 10), at(10, 10 + d), at(10, 10 - d)), (255, 255, 255, 255));
        }
        assert_eq!((at(10 + 3, 10 + 4), at(10 + 5, 10), at(10 + 6, 10)), (128, 128, 0), "the edge is soft at 5 and gone at 6");
    }

    #[test]
    fn without_a_stroke_there_is_none() {
        assert!(draw("a", 0.0).stroke.iter().all(|&s| s == 0));
    }
}
