//! Where a layout's glyphs stand in the rectangle that their coverage takes.
//!
//! The rasteriser and the preview both ask here, so that both put each glyph on the same pixel.

use caption_types::Align;

use super::{
    layout::{Layout, stroke_px},
    shape::Glyph,
};

/// Pixels around the ink for rounding and for the soft edge.
const SLACK_PX: f32 = 1.0;

/// A layout in a rectangle as large as its ink with an outline.
#[derive(Clone, Copy)]
pub struct Extent<'a> {
    layout: &'a Layout,
    /// From the rectangle's left and upper edges to the advances and the ink.
    pads_px: [f32; 2],
    /// The rectangle's width.
    pub width_px: u32,
    /// The rectangle's height.
    pub height_px: u32,
}

impl<'a> Extent<'a> {
    /// `stroke_em` is the outline's width on each side; 0 for none.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sides of a canvas: a few thousand pixels")]
    #[must_use]
    pub fn of(layout: &'a Layout, stroke_em: f32) -> Self {
        let pad_px = stroke_px(layout.size_px, stroke_em) + SLACK_PX;
        let side = |inside_px: f32, pad_px: f32| (inside_px + 2.0 * pad_px).ceil() as u32;
        let overhang_em = layout.lines.iter().map(|line| line.overhang_em).fold(0.0, f32::max);
        let beside_px = pad_px + overhang_em * layout.size_px;
        Self {
            layout,
            pads_px: [beside_px, pad_px],
            width_px: side(layout.width_px, beside_px),
            height_px: side(layout.height_px, pad_px),
        }
    }

    /// Each glyph and its origin, on the rectangle's whole pixels.
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "pixels of a canvas: far below 2^24")]
    pub fn glyphs(self) -> impl Iterator<Item = (&'a Glyph, i32, i32)> {
        let &Layout { size_px, ref lines, line_height_px, align, .. } = self.layout;
        let first_top_px = lines.first().map_or(0.0, |line| line.ink_top_em) * size_px;
        lines.iter().enumerate().flat_map(move |(i, line)| {
            let beside_px = self.width_px as f32 - line.width_em * size_px;
            let left = match align {
                Align::Left => self.pads_px[0],
                Align::Center => beside_px / 2.0,
                Align::Right => beside_px - self.pads_px[0],
            };
            let baseline = self.pads_px[1] + first_top_px + i as f32 * line_height_px;
            let origin = move |glyph: &'a Glyph| {
                let (x, y) = (left + glyph.x_em * size_px, baseline - glyph.y_em * size_px);
                (glyph, x.round() as i32, y.round() as i32)
            };
            line.glyphs.iter().map(origin)
        })
    }
}
