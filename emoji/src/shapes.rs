//! The shapes that an emoji is made of: a glyph's outline, moved by a transform and filled.
//!
//! The painter asks for each. It knows no colour.

use skrifa::{
    GlyphId,
    color::Transform,
    instance::{LocationRef, Size},
    outline::{DrawSettings, OutlineGlyphCollection, OutlinePen},
};
use zeno::{Command, Fill, Mask, Vector};

/// Points farther from the picture's corner than this are pulled to it: zeno's fixed-point numbers still hold them.
const FARTHEST_PX: f32 = 6000.0;

/// Columns and rows of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Area {
    pub left: usize,
    pub top: usize,
    pub right: usize,
    pub bottom: usize,
}

impl Area {
    pub(crate) fn width(self) -> usize {
        self.right.saturating_sub(self.left)
    }

    pub(crate) fn height(self) -> usize {
        self.bottom.saturating_sub(self.top)
    }

    pub(crate) fn intersect(self, other: Self) -> Self {
        let (left, top) = (self.left.max(other.left), self.top.max(other.top));
        Self { left, top, right: self.right.min(other.right).max(left), bottom: self.bottom.min(other.bottom).max(top) }
    }
}

/// Where a shape lies and how much of each of its pixels it covers.
pub(crate) struct Shape {
    pub area: Area,
    /// Row by row, 0 to 255.
    pub coverage: Vec<u8>,
}

/// Fills a glyph's outline within an area.
pub(crate) fn fill(outlines: &OutlineGlyphCollection<'_>, glyph: GlyphId, to_pixels: Transform, within: Area) -> Shape {
    let mut path = Path { to_pixels, commands: Vec::new(), bounds: None };
    let drawn = outlines
        .get(glyph)
        .map(|outline| outline.draw(DrawSettings::unhinted(Size::unscaled(), LocationRef::default()), &mut path));
    let area = match (drawn, path.bounds) {
        (Some(Ok(_)), Some(bounds)) => around(bounds).intersect(within),
        _ => Area::default(),
    };
    let mut coverage = vec![0; area.width() * area.height()];
    if !coverage.is_empty() {
        let side = |side: usize| u32::try_from(side).unwrap_or(0);
        #[expect(clippy::cast_precision_loss, reason = "within FARTHEST_PX")]
        let offset = Vector::new(-(area.left as f32), -(area.top as f32));
        Mask::new(path.commands.as_slice())
            .style(Fill::NonZero)
            .size(side(area.width()), side(area.height()))
            .offset(offset)
            .render_into(&mut coverage, None);
    }
    Shape { area, coverage }
}

/// The whole pixels around left, top, right and bottom.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and within FARTHEST_PX")]
fn around([left, top, right, bottom]: [f32; 4]) -> Area {
    let [left, top] = [left, top].map(|side| side.floor().max(0.0) as usize);
    let [right, bottom] = [right, bottom].map(|side| side.ceil().max(0.0) as usize);
    Area { left, top, right, bottom }
}

struct Path {
    to_pixels: Transform,
    commands: Vec<Command>,
    bounds: Option<[f32; 4]>,
}

impl Path {
    fn point(&mut self, x: f32, y: f32) -> Vector {
        let (x, y) = self.to_pixels.transform(x, y);
        let near = |v: f32| if v.is_finite() { v.clamp(-FARTHEST_PX, FARTHEST_PX) } else { 0.0 };
        let (x, y) = (near(x), near(y));
        let [left, top, right, bottom] = self.bounds.unwrap_or([x, y, x, y]);
        self.bounds = Some([left.min(x), top.min(y), right.max(x), bottom.max(y)]);
        Vector::new(x, y)
    }
}

impl OutlinePen for Path {
    fn move_to(&mut self, x: f32, y: f32) {
        let to = self.point(x, y);
        self.commands.push(Command::MoveTo(to));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let to = self.point(x, y);
        self.commands.push(Command::LineTo(to));
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        let (control, to) = (self.point(cx, cy), self.point(x, y));
        self.commands.push(Command::QuadTo(control, to));
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        let (first, second, to) = (self.point(cx0, cy0), self.point(cx1, cy1), self.point(x, y));
        self.commands.push(Command::CurveTo(first, second, to));
    }

    fn close(&mut self) {
        self.commands.push(Command::Close);
    }
}
