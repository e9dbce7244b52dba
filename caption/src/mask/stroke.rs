//! The outline: everything within a distance of the letters, equally wide in every direction.
//!
//! Called by `coverage`, once a job. Distances are Euclidean and exact. They are squared
//! integers, so the way from one to coverage is a table, and only those within the outline's reach
//! matter: that leaves sums that fit sixteen bits, many of which a processor adds at once.

use image::GrayImage;
use imageproc::distance_transform::euclidean_squared_distance_transform;

/// The farthest reach at which the sum of two squares fits an `i16`.
const NARROW_PX: u8 = 127;

/// Coverage of everything within `by_px` of a letter, with an edge one pixel soft; `fill` is the
/// letters' own, in rows of `width_px`.
pub(crate) fn widen(fill: &[u8], width_px: usize, by_px: f32) -> Vec<u8> {
    let reach = f64::from(by_px) + 0.5;
    if reach < f64::from(NARROW_PX) + 1.0 { narrow(fill, width_px, reach) } else { wide(fill, width_px, reach) }
}

/// Coverage at a squared distance.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of 255")]
fn coverage(reach: f64, squared: f64) -> u8 {
    ((reach - squared.sqrt()).clamp(0.0, 1.0) * 255.0).round() as u8
}

/// For letters of any usual size: the work grows with the reach, but little of it is done a pixel.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a reach of at most NARROW_PX")]
fn narrow(fill: &[u8], width_px: usize, reach: f64) -> Vec<u8> {
    let (within, far) = (reach as usize, reach as u8 + 1);
    let by_squared: Vec<u8> = (0..=u16::from(far) * u16::from(far)).map(|squared| coverage(reach, f64::from(squared))).collect();
    let square = |distance: u8| i16::from(distance) * i16::from(distance);
    // As if far from everything on both sides.
    let mut squares = vec![square(far); width_px + 2 * within];
    let mut nearest = vec![0i16; width_px];
    // Each row of distances gives way to its coverage.
    let mut stroke = vertical_distances(fill, width_px, far);
    for (row, fill) in stroke.chunks_exact_mut(width_px.max(1)).zip(fill.chunks_exact(width_px.max(1))) {
        for (squared, &distance) in squares[within..].iter_mut().zip(&*row) {
            *squared = square(distance);
        }
        nearest.copy_from_slice(&squares[within..within + width_px]);
        for (dx, squared_dx) in (1..=within).zip((1..).map(square)) {
            let sides = squares[within - dx..].iter().zip(&squares[within + dx..]);
            for (nearest, (&left, &right)) in nearest.iter_mut().zip(sides) {
                *nearest = (*nearest).min(left.min(right) + squared_dx);
            }
        }
        for (pixel, &squared) in row.iter_mut().zip(&nearest) {
            *pixel = by_squared.get(usize::from(squared.cast_unsigned())).copied().unwrap_or(0);
        }
        for (pixel, &fill) in row.iter_mut().zip(fill) {
            *pixel = (*pixel).max(fill);
        }
    }
    stroke
}

/// From each pixel to the nearest letter above or below it, at most `far`.
fn vertical_distances(fill: &[u8], width_px: usize, far: u8) -> Vec<u8> {
    let mut distances = vec![0; fill.len()];
    let mut above = vec![far; width_px];
    for (row, fill) in distances.chunks_exact_mut(width_px.max(1)).zip(fill.chunks_exact(width_px.max(1))) {
        for ((distance, above), &fill) in row.iter_mut().zip(&mut above).zip(fill) {
            *above = if is_letter(fill) { 0 } else { (*above + 1).min(far) };
            *distance = *above;
        }
    }
    let mut below = vec![far; width_px];
    for row in distances.chunks_exact_mut(width_px.max(1)).rev() {
        for (distance, below) in row.iter_mut().zip(&mut below) {
            *below = (*below + 1).min(*distance);
            *distance = *below;
        }
    }
    distances
}

/// For letters half as high as a large picture: the work does not depend on the reach.
fn wide(fill: &[u8], width_px: usize, reach: f64) -> Vec<u8> {
    let rows = fill.len() / width_px.max(1);
    let letters = fill.iter().map(|&fill| if is_letter(fill) { 255 } else { 0 }).collect();
    let sides = (u32::try_from(width_px), u32::try_from(rows));
    let (Ok(width), Ok(height)) = sides else { return fill.to_vec() };
    let Some(letters) = GrayImage::from_raw(width, height, letters) else { return fill.to_vec() };
    let distances = euclidean_squared_distance_transform(&letters);
    distances.iter().zip(fill).map(|(&squared, &own)| coverage(reach, squared).max(own)).collect()
}

fn is_letter(fill: u8) -> bool {
    fill >= 128
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// By the definition: the least distance to any letter.
    #[expect(clippy::cast_precision_loss, reason = "a few hundred pixels")]
    fn exact(fill: &[u8], width: usize, by_px: f32) -> Vec<u8> {
        let place = |i: usize| ((i % width) as f64, (i / width) as f64);
        let letters: Vec<_> = (0..fill.len()).filter(|&i| is_letter(fill[i])).map(place).collect();
        let squared = |i: usize| {
            let (x, y) = place(i);
            letters.iter().map(|(lx, ly)| (x - lx).powi(2) + (y - ly).powi(2)).fold(f64::INFINITY, f64::min)
        };
        (0..fill.len()).map(|i| coverage(f64::from(by_px) + 0.5, squared(i)).max(fill[i])).collect()
    }

    #[test]
    fn the_outline_is_equally_wide_in_every_direction() {
        let mut dot = vec![0; 21 * 21];
        dot[10 * 21 + 10] = 255;
        let wide = widen(&dot, 21, 5.0);
        let at = |x: usize, y: usize| wide[y * 21 + x];
        for d in 1..=4 {
            assert_eq!((at(10 + d, 10), at(10 - d, 10), at(10, 10 + d), at(10, 10 - d)), (255, 255, 255, 255));
        }
        assert_eq!((at(10 + 3, 10 + 4), at(10 + 5, 10), at(10 + 6, 10)), (128, 128, 0), "the edge is soft at 5 and gone at 6");
    }

    #[test]
    fn the_widest_narrow_outline_and_the_narrowest_wide_one_are_exact() {
        let mut fill = vec![0; 300 * 140];
        (fill[0], fill[139 * 300 + 150], fill[70 * 300 + 149]) = (255, 255, 127);
        for by_px in [127.4, 127.49, 127.5, 127.6, 140.0] {
            assert_eq!(widen(&fill, 300, by_px), exact(&fill, 300, by_px), "{by_px} px");
        }
    }

    proptest! {
        #[test]
        fn any_outline_is_exact(
            letters in prop::collection::vec((0usize..40 * 25, any::<u8>()), 0..40),
            width in 1usize..40,
            by_px in 1f32..30.0,
        ) {
            let mut fill = vec![0; width * 25];
            let pixels = fill.len();
            for (i, coverage) in letters {
                fill[i % pixels] = coverage;
            }
            let exact = exact(&fill, width, by_px);
            prop_assert_eq!(&widen(&fill, width, by_px), &exact);
            prop_assert_eq!(&wide(&fill, width, f64::from(by_px) + 0.5), &exact);
        }
    }
}
