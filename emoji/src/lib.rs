//! Emoji as pixels: a glyph of the font that ships (OpenType `COLR`, version 1) at a size, and such pixels as a PNG.
//!
//! `caption` draws results with it, and `api` the small pictures of a preview. skrifa reads the font and walks a glyph's paint
//! graph; zeno fills its shapes. All else is sums, products, quotients and square roots in a fixed order, and no code is chosen by the
//! processor: the same bytes on every machine. It must never be given a font that someone else chose, nor decode anything.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod composite;
mod drawn;
mod gradient;
mod painter;
mod palette;
mod png;
mod shapes;

use caption_layout::Font;
use skrifa::{
    FontRef, GlyphId, MetadataProvider as _,
    instance::{LocationRef, Size},
    raw::TableProvider as _,
};

pub use crate::drawn::Drawn;
use crate::{painter::PicturePainter, palette::Palette};

/// More pixels than this no emoji is drawn with: those of one that fills the largest canvas.
const MOST_PIXELS: usize = 1 << 24;
/// An emoji of more pixels is drawn in bands: a layer takes a megabyte at most, and four may be open.
const PIXELS_AT_ONCE: usize = 1 << 18;

/// Draws a glyph of [`Font::emoji`] at a size in pixels per em. `None` of a number that is no picture, or of one that would be too
/// large for any canvas.
#[must_use]
pub fn draw(glyph: u16, size_px: f32) -> Option<Drawn> {
    draw_in_bands(glyph, size_px, PIXELS_AT_ONCE)
}

fn draw_in_bands(glyph: u16, size_px: f32, pixels_at_once: usize) -> Option<Drawn> {
    let font = Font::emoji();
    let tables = FontRef::new(font.bytes()).ok()?;
    let picture = tables.color_glyphs().get(GlyphId::from(glyph))?;
    let clip = picture.bounding_box(LocationRef::default(), Size::unscaled())?;
    let scale = size_px / f32::from(tables.head().ok()?.units_per_em().max(16));
    let [left_px, top_px, right_px, bottom_px] = outwards([clip.x_min, -clip.y_max, clip.x_max, -clip.y_min].map(|v| v * scale))?;
    let [width_px, height_px] =
        [right_px.checked_sub(left_px)?, bottom_px.checked_sub(top_px)?].map(|side| usize::try_from(side).unwrap_or(0));
    if width_px == 0 || height_px == 0 || width_px.checked_mul(height_px)? > MOST_PIXELS {
        return None;
    }
    let palette = Palette::of(&tables)?;
    let mut drawn = Drawn { left_px, top_px, width_px, pixels: Vec::with_capacity(width_px * height_px) };
    let rows_at_once = (pixels_at_once / width_px).max(1);
    for first in (0..height_px).step_by(rows_at_once) {
        let corner = [left_px, top_px.checked_add(i32::try_from(first).ok()?)?];
        let sides = [width_px, rows_at_once.min(height_px - first)];
        let mut painter = PicturePainter::new(tables.outline_glyphs(), &palette, scale, corner, sides);
        picture.paint(LocationRef::default(), &mut painter).ok()?;
        drawn.pixels.extend(painter.finish());
    }
    Some(drawn)
}

/// The whole pixels around a rectangle.
#[expect(clippy::cast_possible_truncation, reason = "within a million pixels of the origin")]
fn outwards(sides: [f32; 4]) -> Option<[i32; 4]> {
    let [left, top, right, bottom] = sides;
    let is_near = sides.iter().all(|side| side.abs() < 1e6);
    is_near.then(|| [left.floor() as i32, top.floor() as i32, right.ceil() as i32, bottom.ceil() as i32])
}

#[cfg(test)]
mod tests;
