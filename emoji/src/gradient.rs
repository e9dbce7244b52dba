//! What a brush shows at a point: one colour, or a gradient's (OpenType, `COLR`, "Gradients").
//!
//! The painter makes one of each brush that it is handed and asks it for each pixel. Only gradients that end in their last colours
//! (`EXTEND_PAD`) are here, linear and radial: the font has no others, and a test holds that.

use skrifa::color::{Brush, ColorStop, Transform};

use crate::{
    composite::{Premultiplied, level},
    palette::Palette,
};

/// A brush, ready to be asked.
pub(crate) enum Paint {
    Plain(Premultiplied),
    Gradient {
        kind: Kind,
        stops: Vec<(f32, [f32; 4])>,
        to_font: Transform,
    },
    /// Of a gradient without an extent.
    Nothing,
}

/// Where along the colours a point of the font lies.
pub(crate) enum Kind {
    Linear { from: [f32; 2], along: [f32; 2], squared: f32 },
    Radial { centre: [f32; 2], radius: f32, moves: [f32; 2], grows: f32 },
}

impl Paint {
    /// `to_pixels` is what points of the font go through.
    pub(crate) fn of(brush: &Brush<'_>, palette: &Palette, to_pixels: Transform) -> Self {
        let gradient = |kind: Kind, stops: &[ColorStop]| {
            let Some(to_font) = inverse(to_pixels) else { return Self::Nothing };
            let stops = stops.iter().map(|stop| (stop.offset, palette.premultiplied(stop.palette_index, stop.alpha))).collect();
            Self::Gradient { kind, stops, to_font }
        };
        match brush {
            Brush::Solid { palette_index, alpha } => Self::Plain(palette.premultiplied(*palette_index, *alpha).map(level)),
            Brush::LinearGradient { p0, p1, color_stops, .. } => {
                let along = [p1.x - p0.x, p1.y - p0.y];
                let squared = along[0] * along[0] + along[1] * along[1];
                gradient(Kind::Linear { from: [p0.x, p0.y], along, squared }, color_stops)
            }
            Brush::RadialGradient { c0, r0, c1, r1, color_stops, .. } => {
                let kind = Kind::Radial { centre: [c0.x, c0.y], radius: *r0, moves: [c1.x - c0.x, c1.y - c0.y], grows: r1 - r0 };
                gradient(kind, color_stops)
            }
            Brush::SweepGradient { .. } => Self::Nothing,
        }
    }

    /// At a point of the picture.
    pub(crate) fn at(&self, x: f32, y: f32) -> Premultiplied {
        match self {
            Self::Nothing => [0; 4],
            Self::Plain(colour) => *colour,
            Self::Gradient { kind, stops, to_font } => {
                let (x, y) = to_font.transform(x, y);
                kind.place(x, y).map_or([0; 4], |place| between(stops, place).map(level))
            }
        }
    }
}

impl Kind {
    /// From 0, the first colour, to 1, the last; `None` where nothing is drawn.
    fn place(&self, x: f32, y: f32) -> Option<f32> {
        match *self {
            Self::Linear { from, along, squared } => {
                (squared > 0.0).then(|| ((x - from[0]) * along[0] + (y - from[1]) * along[1]) / squared)
            }
            // The circle of the largest place that goes through the point and has a radius.
            Self::Radial { centre, radius, moves, grows } => {
                let (right, down) = (x - centre[0], y - centre[1]);
                // quadratic * place^2 - 2 * linear * place + constant = 0
                let quadratic = moves[0] * moves[0] + moves[1] * moves[1] - grows * grows;
                let linear = right * moves[0] + down * moves[1] + radius * grows;
                let constant = right * right + down * down - radius * radius;
                let has_radius = |place: f32| place.is_finite() && radius + place * grows >= 0.0;
                if quadratic.abs() < 1e-6 {
                    return Some(constant / (2.0 * linear)).filter(|&place| has_radius(place));
                }
                let root = linear * linear - quadratic * constant;
                if root < 0.0 {
                    return None;
                }
                let root = root.sqrt();
                let (one, other) = ((linear + root) / quadratic, (linear - root) / quadratic);
                let (larger, smaller) = if one > other { (one, other) } else { (other, one) };
                [larger, smaller].into_iter().find(|&place| has_radius(place))
            }
        }
    }
}

/// The colour at a place between stops that are in order; beyond their ends the last one's.
fn between(stops: &[(f32, [f32; 4])], place: f32) -> [f32; 4] {
    let after = stops.partition_point(|(offset, _)| *offset <= place);
    match (after.checked_sub(1).and_then(|before| stops.get(before)), stops.get(after)) {
        (Some((_, colour)), None) | (None, Some((_, colour))) => *colour,
        (None, None) => [0.0; 4],
        (Some((from, one)), Some((to, other))) => {
            let part = (place - from) / (to - from);
            std::array::from_fn(|c| one[c] + (other[c] - one[c]) * part)
        }
    }
}

fn inverse(of: Transform) -> Option<Transform> {
    let determinant = of.xx * of.yy - of.xy * of.yx;
    if determinant == 0.0 || !determinant.is_finite() {
        return None;
    }
    let [xx, yx, xy, yy] = [of.yy, -of.yx, -of.xy, of.xx].map(|element| element / determinant);
    Some(Transform { xx, yx, xy, yy, dx: -(xx * of.dx + xy * of.dy), dy: -(yx * of.dx + yy * of.dy) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_radial_gradient_of_one_centre_goes_by_the_distance() {
        let kind = Kind::Radial { centre: [10.0, 10.0], radius: 0.0, moves: [0.0; 2], grows: 20.0 };
        for (x, y, expected) in [(10.0, 10.0, 0.0), (20.0, 10.0, 0.5), (10.0, 40.0, 1.5)] {
            assert!((kind.place(x, y).unwrap() - expected).abs() < 1e-6);
        }
        let line = Kind::Linear { from: [0.0; 2], along: [10.0, 0.0], squared: 100.0 };
        assert!((line.place(5.0, 99.0).unwrap() - 0.5).abs() < 1e-6);
    }

    #[test]
    fn a_transform_and_its_inverse_do_nothing() {
        let of = Transform { xx: 2.0, yx: 0.5, xy: -1.0, yy: 3.0, dx: 7.0, dy: -4.0 };
        let (x, y) = of.transform(3.0, 5.0);
        let (x, y) = inverse(of).unwrap().transform(x, y);
        assert!((x - 3.0).abs() < 1e-5 && (y - 5.0).abs() < 1e-5);
        assert!(inverse(Transform { xx: 0.0, yy: 0.0, ..of }.map(|_| 0.0)).is_none());
    }
}
