//! Paints one emoji: skrifa walks its paint graph and calls this for each transform, clip, fill and layer.
//!
//! `draw` makes one for each emoji. Memory is a layer of four bytes a pixel for each that is open, and a clip of one byte a pixel.

use skrifa::{
    GlyphId,
    color::{Brush, ColorPainter, CompositeMode, Transform},
    outline::OutlineGlyphCollection,
    raw::types::BoundingBox,
};

use crate::{
    composite::{Premultiplied, composite, over, share},
    gradient::Paint,
    palette::Palette,
    shapes::{Area, Shape, fill},
};

/// Layers that may be open at once; the font has four at most.
const MOST_LAYERS: usize = 8;

/// What is drawn of what follows.
enum Clip {
    /// All of an area.
    Whole(Area),
    Shape(Shape),
}

impl Clip {
    fn area(&self) -> Area {
        match self {
            Self::Whole(area) => *area,
            Self::Shape(shape) => shape.area,
        }
    }

    /// The coverage of a row from a column on; `None` where all of it is drawn.
    fn row(&self, left: usize, y: usize) -> Option<&[u8]> {
        match self {
            Self::Whole(_) => None,
            Self::Shape(Shape { area, coverage }) => {
                let row = coverage.chunks_exact(area.width().max(1)).nth(y.checked_sub(area.top)?)?;
                row.get(left.checked_sub(area.left)?..)
            }
        }
    }
}

pub(crate) struct PicturePainter<'a> {
    outlines: OutlineGlyphCollection<'a>,
    palette: &'a Palette,
    width_px: usize,
    all: Area,
    transforms: Vec<Transform>,
    clips: Vec<Clip>,
    /// The picture, and those that are open over it.
    layers: Vec<Vec<Premultiplied>>,
    modes: Vec<CompositeMode>,
    /// Layers that were asked for beyond [`MOST_LAYERS`].
    refused: usize,
    #[cfg(test)]
    pub(crate) seen: Vec<CompositeMode>,
}

impl<'a> PicturePainter<'a> {
    /// For a picture of these sides, whose corner lies at `corner` from the glyph's origin, in pixels.
    #[expect(clippy::cast_precision_loss, reason = "within a million pixels")]
    pub(crate) fn new(
        outlines: OutlineGlyphCollection<'a>,
        palette: &'a Palette,
        scale: f32,
        corner: [i32; 2],
        [width_px, height_px]: [usize; 2],
    ) -> Self {
        let [left, top] = corner.map(|px| px as f32);
        let base = Transform { xx: scale, yx: 0.0, xy: 0.0, yy: -scale, dx: -left, dy: -top };
        Self {
            outlines,
            palette,
            width_px,
            all: Area { left: 0, top: 0, right: width_px, bottom: height_px },
            transforms: vec![base],
            clips: Vec::new(),
            layers: vec![vec![[0; 4]; width_px * height_px]],
            modes: Vec::new(),
            refused: 0,
            #[cfg(test)]
            seen: Vec::new(),
        }
    }

    /// The picture, not premultiplied.
    pub(crate) fn finish(mut self) -> Vec<[u8; 4]> {
        let mut pixels = std::mem::take(&mut self.layers).into_iter().next().unwrap_or_default();
        for pixel in &mut pixels {
            let [.., alpha] = *pixel;
            if alpha != 0 && alpha != u8::MAX {
                let whole = |channel: u8| {
                    let value = (u16::from(channel) * 255 + u16::from(alpha) / 2) / u16::from(alpha);
                    u8::try_from(value).unwrap_or(u8::MAX)
                };
                *pixel = [whole(pixel[0]), whole(pixel[1]), whole(pixel[2]), alpha];
            }
        }
        pixels
    }

    fn transform(&self) -> Transform {
        self.transforms.last().copied().unwrap_or_default()
    }

    fn clipped(&self) -> Area {
        self.clips.last().map_or(self.all, Clip::area)
    }
}

impl ColorPainter for PicturePainter<'_> {
    fn push_transform(&mut self, transform: Transform) {
        self.transforms.push(self.transform() * transform);
    }

    fn pop_transform(&mut self) {
        self.transforms.pop();
    }

    fn push_clip_glyph(&mut self, glyph_id: GlyphId) {
        let mut shape = fill(&self.outlines, glyph_id, self.transform(), self.clipped());
        let area = shape.area;
        if let Some(outer) = self.clips.last() {
            for (row, y) in shape.coverage.chunks_exact_mut(area.width().max(1)).zip(area.top..) {
                if let Some(outer) = outer.row(area.left, y) {
                    row.iter_mut().zip(outer).for_each(|(pixel, &outer)| *pixel = share(*pixel, outer));
                }
            }
        }
        self.clips.push(Clip::Shape(shape));
    }

    fn push_clip_box(&mut self, _clip_box: BoundingBox<f32>) {
        // The picture has the sides of the glyph's own, and there is no other in it.
        self.clips.push(Clip::Whole(self.clipped()));
    }

    fn pop_clip(&mut self) {
        self.clips.pop();
    }

    #[expect(clippy::cast_precision_loss, reason = "pixels of a picture")]
    fn fill(&mut self, brush: Brush<'_>) {
        let paint = Paint::of(&brush, self.palette, self.transform());
        let area = self.clipped();
        let Some(layer) = self.layers.last_mut() else { return };
        let rows = layer.chunks_exact_mut(self.width_px.max(1)).zip(0..).skip(area.top).take(area.height());
        for (row, y) in rows {
            let coverage = self.clips.last().and_then(|clip| clip.row(area.left, y));
            for (i, (pixel, x)) in row.iter_mut().zip(0..area.right).skip(area.left).enumerate() {
                let covered = coverage.map_or(u8::MAX, |row| row.get(i).copied().unwrap_or(0));
                if covered > 0 {
                    let colour = paint.at(x as f32 + 0.5, y as f32 + 0.5).map(|channel| share(channel, covered));
                    *pixel = over(colour, *pixel);
                }
            }
        }
    }

    fn push_layer(&mut self, composite_mode: CompositeMode) {
        #[cfg(test)]
        self.seen.push(composite_mode);
        if self.layers.len() > MOST_LAYERS {
            self.refused += 1;
            return;
        }
        self.modes.push(composite_mode);
        self.layers.push(vec![[0; 4]; self.width_px * self.all.height()]);
    }

    fn pop_layer(&mut self) {
        if let Some(refused) = self.refused.checked_sub(1) {
            self.refused = refused;
            return;
        }
        // The picture itself is no layer.
        let (Some(mode), Some(layer)) = (self.modes.pop(), self.layers.pop()) else { return };
        if let Some(beneath) = self.layers.last_mut() {
            beneath.iter_mut().zip(layer).for_each(|(pixel, source)| *pixel = composite(mode, source, *pixel));
        }
    }
}
