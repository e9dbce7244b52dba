//! A layout's letters as outlines, for clients that draw them: SVG path data (SVG 1.1, section 8.3). Emoji are told by number.
//!
//! Called by the preview. Curves stay curves; nothing is filled, stroked or hinted.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{
    extent::Extent,
    face::{Face, OutlinePen},
    font::Font,
    image,
    shape::IMAGES,
};

/// What an emoji shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EmojiPicture {
    /// A glyph of [`Font::emoji`], by its number.
    Glyph(u16),
    /// An image of the spec's, by its place among them.
    Image(u16),
}

/// An emoji of a layout, to be drawn by who shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlacedEmoji {
    /// What it shows.
    pub picture: EmojiPicture,
    /// Where its origin lies on the result: left end of its advance, baseline.
    pub origin_px: [i32; 2],
}

/// Letters as one path, emoji by their numbers, and the box around all of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Outline {
    /// SVG path data in pixels.
    pub path: String,
    /// From left to right, line by line.
    pub emoji: Vec<PlacedEmoji>,
    /// Left, top, right and bottom; `None` of letters without a mark.
    pub bounds_px: Option<[f32; 4]>,
}

/// Draws the glyphs of a layout whose rectangle has its corner at (`left_px`, `top_px`).
#[expect(clippy::cast_precision_loss, reason = "pixels of a canvas: far below 2^24")]
pub(crate) fn outline(extent: Extent<'_>, size_px: f32, font: &Font, fallbacks: &[Font], [left_px, top_px]: [u32; 2]) -> Outline {
    let fonts: Vec<_> = std::iter::once(font).chain(fallbacks).collect();
    let mut faces: BTreeMap<usize, Option<Face<'_>>> = BTreeMap::new();
    let mut pen = Pen { outline: Outline::default(), x_px: 0.0, y_px: 0.0 };
    for (glyph, x, y) in extent.glyphs() {
        (pen.x_px, pen.y_px) = (left_px as f32 + x as f32, top_px as f32 + y as f32);
        let of_result = |corner: u32, offset: i32| i32::try_from(corner).unwrap_or(i32::MAX).saturating_add(offset);
        let origin_px = [of_result(left_px, x), of_result(top_px, y)];
        if glyph.font == IMAGES {
            pen.place_emoji(EmojiPicture::Image(glyph.id), origin_px, image::INK_EM, size_px);
            continue;
        }
        let face = faces.entry(glyph.font).or_insert_with(|| fonts.get(glyph.font)?.face());
        let Some(face) = face else { continue };
        if let Some(bounds_em) = face.picture_bounds_em(glyph.id) {
            pen.place_emoji(EmojiPicture::Glyph(glyph.id), origin_px, bounds_em, size_px);
            continue;
        }
        // A glyph that can't be outlined leaves no mark in the result either.
        face.outline(glyph.id, size_px, &mut pen);
    }
    pen.outline
}

/// Writes pixels from a glyph's origin, upwards, as pixels of the result. The origin lies at (`x_px`, `y_px`).
struct Pen {
    outline: Outline,
    x_px: f32,
    y_px: f32,
}

impl Pen {
    /// An emoji whose origin is the pen's. Its bounds are left, bottom, right and top.
    fn place_emoji(&mut self, picture: EmojiPicture, origin_px: [i32; 2], bounds_em: [f32; 4], size_px: f32) {
        let [left, bottom, right, top] = bounds_em.map(|em| em * size_px);
        self.reach(self.x_px + left, self.y_px - top);
        self.reach(self.x_px + right, self.y_px - bottom);
        self.outline.emoji.push(PlacedEmoji { picture, origin_px });
    }

    /// Takes a point of the result into the box around all.
    fn reach(&mut self, x: f32, y: f32) {
        let [left, top, right, bottom] = self.outline.bounds_px.unwrap_or([x, y, x, y]);
        self.outline.bounds_px = Some([left.min(x), top.min(y), right.max(x), bottom.max(y)]);
    }

    fn write(&mut self, command: char, points: &[(f32, f32)]) {
        self.outline.path.push(command);
        for &(x, y) in points {
            let (x, y) = (self.x_px + x, self.y_px - y);
            self.reach(x, y);
            // A String takes everything.
            let _ = write!(self.outline.path, "{x:.2} {y:.2} ");
        }
    }
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.write('M', &[(x, y)]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.write('L', &[(x, y)]);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.write('Q', &[(x1, y1), (x, y)]);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.write('C', &[(x1, y1), (x2, y2), (x, y)]);
    }

    fn close(&mut self) {
        self.outline.path.push('Z');
    }
}
