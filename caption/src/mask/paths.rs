//! Glyphs as paths: filled, or with a stroke that is grown on the path and not on its pixels.
//!
//! Called by `glyphs`, once a glyph and caption. Curves become lines. A stroke is everything within its reach of a line, measured
//! from each pixel's middle: it has no joins to compute and no holes however thick it is, where the offset of a curve turns inside
//! out in a counter narrower than the stroke. Arithmetic is f32 in a fixed order, without fused steps or sines: the same bytes
//! everywhere.

use caption_layout::text::face::{Face, OutlinePen};
use zeno::{Command, Fill, Mask, Vector};

/// How far a line may lie from its curve.
const FLATNESS_PX: f32 = 0.04;
/// Points of hostile fonts are pulled to this distance of the origin, where zeno's fixed-point numbers still hold them.
const FARTHEST_PX: f32 = 6000.0;
/// Lines beyond which a glyph isn't stroked by its path, as each costs the pixels around it: letters have some dozens, Han some
/// hundreds, rough "grunge" letters thousands.
pub(crate) const MOST_STROKED_LINES: usize = 2048;
/// How many steps the soft edge of an outline has. Each is a colour to look up for each colour of the picture beneath: fifteen would
/// cost a GIF a tenth to a half more time, and nobody sees them.
const EDGE_STEPS: f32 = 4.0;
/// Lines beyond which a glyph isn't drawn at all.
const MOST_LINES: usize = 1 << 18;

/// Coverage of a glyph, and where it stands around its origin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bitmap {
    /// Of the first column.
    pub left_px: i32,
    /// Of the first row, downwards.
    pub top_px: i32,
    pub width_px: usize,
    pub coverage: Vec<u8>,
}

/// A glyph's outline as lines, in pixels from its origin, downwards positive.
#[derive(Default)]
pub(crate) struct GlyphPath {
    commands: Vec<Command>,
    at: Vector,
    /// Left, top, right, bottom of its points.
    bounds_px: Option<[f32; 4]>,
}

/// The largest rectangle that a glyph is drawn in, in pixels from its origin: left, top, right, bottom.
pub(crate) type Clip = [i32; 4];

impl GlyphPath {
    /// Of a glyph at a size; without a line if the font has no outline for it.
    pub(crate) fn of(face: &Face<'_>, id: u16, size_px: f32) -> Self {
        let mut path = Self::default();
        if !face.outline(id, size_px, &mut path) || path.commands.len() > MOST_LINES {
            return Self::default();
        }
        path
    }

    /// How many lines and ends of contours it has.
    pub(crate) fn len(&self) -> usize {
        self.commands.len()
    }

    /// Whether all of its points lie within `clip`.
    #[expect(clippy::cast_precision_loss, reason = "sides of a canvas")]
    pub(crate) fn lies_within(&self, clip: Clip) -> bool {
        let [least_x, least_y, most_x, most_y] = clip.map(|side| side as f32);
        self.bounds_px
            .is_some_and(|[left, top, right, bottom]| left >= least_x && top >= least_y && right <= most_x && bottom <= most_y)
    }

    /// The coverage of its inside (nonzero winding, as OpenType asks), within `clip`.
    #[expect(clippy::cast_precision_loss, reason = "a corner within FARTHEST_PX of the origin")]
    pub(crate) fn fill(&self, clip: Clip) -> Bitmap {
        let Some(mut bitmap) = self.blank(0.0, clip) else { return Bitmap::default() };
        let (width, height) = bitmap.sides();
        Mask::new(self.commands.as_slice())
            .style(Fill::NonZero)
            .size(width, height)
            .offset(Vector::new(-bitmap.left_px as f32, -bitmap.top_px as f32))
            .render_into(&mut bitmap.coverage, None);
        bitmap
    }

    /// The coverage of everything within `by_px` of its lines, with an edge one pixel soft; of its inside only what is as near.
    #[expect(clippy::cast_precision_loss, reason = "pixels within FARTHEST_PX of the origin")]
    pub(crate) fn stroke(&self, by_px: f32, clip: Clip) -> Bitmap {
        let Some(mut bitmap) = self.blank(by_px, clip) else { return Bitmap::default() };
        // Beyond it nothing is covered.
        let reach_px = by_px + 0.5;
        let mut squared = vec![reach_px * reach_px; bitmap.coverage.len()];
        let corner = Vector::new(bitmap.left_px as f32, bitmap.top_px as f32);
        self.each_line(|a, b| note_nearer(&mut squared, bitmap.width_px, a - corner, b - corner, reach_px));
        for (pixel, &squared) in bitmap.coverage.iter_mut().zip(&squared) {
            *pixel = share(reach_px - squared.sqrt());
        }
        bitmap
    }

    /// The rectangle of its points, `beyond_px` larger on each side, within `clip`; `None` where that is empty.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "points within FARTHEST_PX of the origin")]
    fn blank(&self, beyond_px: f32, clip: Clip) -> Option<Bitmap> {
        let [left, top, right, bottom] = self.bounds_px?;
        let (least, most) = (|v: f32| (v - beyond_px).floor() as i32 - 1, |v: f32| (v + beyond_px).ceil() as i32 + 1);
        let (left_px, top_px) = (least(left).max(clip[0]), least(top).max(clip[1]));
        let (right_px, bottom_px) = (most(right).min(clip[2]), most(bottom).min(clip[3]));
        if left_px >= right_px || top_px >= bottom_px {
            return None;
        }
        let (width_px, height_px) = ((right_px - left_px) as usize, (bottom_px - top_px) as usize);
        Some(Bitmap { left_px, top_px, width_px, coverage: vec![0; width_px * height_px] })
    }

    /// Its lines in order, with those that close contours.
    fn each_line(&self, mut line: impl FnMut(Vector, Vector)) {
        let (mut start, mut from) = (Vector::ZERO, Vector::ZERO);
        for command in &self.commands {
            let to = match *command {
                Command::MoveTo(to) => {
                    (start, from) = (to, to);
                    continue;
                }
                Command::LineTo(to) => to,
                _ => start,
            };
            if to != from {
                line(from, to);
            }
            from = to;
        }
    }

    /// A point of the font, on our side up.
    fn point(x: f32, y: f32) -> Vector {
        let near = |v: f32| if v.is_finite() { v.clamp(-FARTHEST_PX, FARTHEST_PX) } else { 0.0 };
        Vector::new(near(x), near(-y))
    }

    fn reach(&mut self, to: Vector) {
        let [left, top, right, bottom] = self.bounds_px.unwrap_or([to.x, to.y, to.x, to.y]);
        self.bounds_px = Some([left.min(to.x), top.min(to.y), right.max(to.x), bottom.max(to.y)]);
        self.at = to;
    }

    fn line(&mut self, to: Vector) {
        // Two points at one place would have no direction.
        if (to.x - self.at.x).abs() + (to.y - self.at.y).abs() > 1e-4 && self.commands.len() <= MOST_LINES {
            self.commands.push(Command::LineTo(to));
            self.reach(to);
        }
    }

    /// Lines along a curve that bends as far as `bend_px` (its second difference) from straight.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "at most 64")]
    fn curve(&mut self, bend_px: f32, at: impl Fn(f32) -> Vector) {
        let lines = (bend_px / FLATNESS_PX).sqrt().ceil().clamp(1.0, 64.0) as usize;
        for i in 1..=lines {
            self.line(at(i as f32 / lines as f32));
        }
    }
}

impl OutlinePen for GlyphPath {
    fn move_to(&mut self, x: f32, y: f32) {
        let to = Self::point(x, y);
        self.commands.push(Command::MoveTo(to));
        self.reach(to);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.line(Self::point(x, y));
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        let (start, control, end) = (self.at, Self::point(cx, cy), Self::point(x, y));
        // The farthest from its chord is a quarter of the second difference.
        let bend_px = length(start - control * 2.0 + end) / 4.0;
        self.curve(bend_px, |t| {
            let rest = 1.0 - t;
            start * (rest * rest) + control * (2.0 * rest * t) + end * (t * t)
        });
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        let (start, first, second, end) = (self.at, Self::point(cx0, cy0), Self::point(cx1, cy1), Self::point(x, y));
        let bend_px = length(start - first * 2.0 + second).max(length(first - second * 2.0 + end)) * 0.75;
        self.curve(bend_px, |t| {
            let rest = 1.0 - t;
            let (squared, t_squared) = (rest * rest, t * t);
            start * (squared * rest) + first * (3.0 * squared * t) + second * (3.0 * rest * t_squared) + end * (t_squared * t)
        });
    }

    fn close(&mut self) {
        self.commands.push(Command::Close);
    }
}

/// Notes in `squared`, rows of squared distances from the pixels' middles, where the line from `a` to `b` is nearer.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "pixels of a bitmap, none of them negative"
)]
fn note_nearer(squared: &mut [f32], width_px: usize, a: Vector, b: Vector, reach_px: f32) {
    let range = |a: f32, b: f32, most: usize| {
        let from = (a.min(b) - reach_px).floor().max(0.0) as usize;
        let to = (a.max(b) + reach_px).ceil().max(0.0) as usize;
        from.min(most)..to.min(most)
    };
    let columns = range(a.x, b.x, width_px);
    let rows = range(a.y, b.y, squared.len() / width_px.max(1));
    let along = b - a;
    let by_length = 1.0 / (along.x * along.x + along.y * along.y);
    for (y, row) in rows.clone().zip(squared.chunks_exact_mut(width_px.max(1)).skip(rows.start)) {
        let down = y as f32 + 0.5 - a.y;
        let Some(row) = row.get_mut(columns.clone()) else { return };
        // What the row adds to the place along the line, and the first pixel's distance from `a`.
        let (of_row, first) = (down * along.y, columns.start as f32 + 0.5 - a.x);
        for (column, nearest) in row.iter_mut().enumerate() {
            let right = first + column as f32;
            let place = (right * along.x + of_row) * by_length;
            let place = if place > 0.0 { place } else { 0.0 };
            let place = if place < 1.0 { place } else { 1.0 };
            let (dx, dy) = (right - place * along.x, down - place * along.y);
            let distance = dx * dx + dy * dy;
            *nearest = if distance < *nearest { distance } else { *nearest };
        }
    }
}

/// A part of one as a part of 255, in steps.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of 255")]
fn share(part: f32) -> u8 {
    ((part.clamp(0.0, 1.0) * EDGE_STEPS + 0.5).floor() * (255.0 / EDGE_STEPS)) as u8
}

impl Bitmap {
    /// Width and height.
    fn sides(&self) -> (u32, u32) {
        let rows = self.coverage.len() / self.width_px.max(1);
        (u32::try_from(self.width_px).unwrap_or(0), u32::try_from(rows).unwrap_or(0))
    }
}

fn length(v: Vector) -> f32 {
    (v.x * v.x + v.y * v.y).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use caption_layout::Font;

    const CLIP: Clip = [-400, -400, 400, 400];

    /// From a point to the nearest line of a path, by many points on each.
    fn distance(path: &GlyphPath, x: f32, y: f32) -> f32 {
        let mut nearest = f32::MAX;
        path.each_line(|a, b| {
            for i in 0..=64u8 {
                nearest = nearest.min(length(a + (b - a) * (f32::from(i) / 64.0) - Vector::new(x, y)));
            }
        });
        nearest
    }

    #[test]
    #[expect(clippy::cast_precision_loss, reason = "pixels of letters")]
    fn a_stroke_covers_what_lies_within_its_reach_and_nothing_else() {
        for name in caption_layout::BUILTIN_FONT_NAMES {
            let font = Font::builtin(name).unwrap();
            let face = font.face().unwrap();
            // Straight and bent letters, counters narrower than the stroke, composites.
            for id in (30..110).step_by(7) {
                for (size_px, by_px) in [(10.0, 2.0), (24.0, 2.0), (60.0, 3.9), (60.0, 20.0)] {
                    let path = GlyphPath::of(&face, id, size_px);
                    let stroke = path.stroke(by_px, CLIP);
                    for (i, &coverage) in stroke.coverage.iter().enumerate() {
                        let (column, row) = (i % stroke.width_px, i / stroke.width_px);
                        let (x, y) = (stroke.left_px as f32 + column as f32 + 0.5, stroke.top_px as f32 + row as f32 + 0.5);
                        let distance = distance(&path, x, y);
                        let place =
                            || format!("{name} {id}, {size_px} px, stroke {by_px}: {coverage} at {x}, {y}, {distance} away");
                        let expected = (by_px + 0.5 - distance).clamp(0.0, 1.0) * 255.0;
                        assert!(
                            (f32::from(coverage) - expected).abs() < 12.0 + 255.0 / EDGE_STEPS / 2.0,
                            "{}, expected {expected}",
                            place()
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn points_of_a_hostile_font_stay_where_they_can_be_drawn() {
        let mut path = GlyphPath::default();
        path.move_to(f32::NAN, f32::INFINITY);
        path.line_to(3e38, -3e38);
        path.quad_to(-1e9, 1e9, 12.0, f32::NEG_INFINITY);
        path.curve_to(1e30, 1e30, -1e30, -1e30, 5.0, 5.0);
        path.close();
        for bitmap in [path.fill(CLIP), path.stroke(30.0, CLIP)] {
            assert!(bitmap.width_px <= 800 && bitmap.coverage.len() <= 800 * 800);
        }
        assert_eq!(GlyphPath::default().fill(CLIP), Bitmap::default());
    }
}
