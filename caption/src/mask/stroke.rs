//! The outline of letters that have too many lines to be stroked as paths: everything within a distance of their pixels.
//!
//! Called by `coverage`, once a job with such letters. Distances are Euclidean and exact, from pixel to pixel; the work depends
//! on the rectangle's size alone, whatever the font.

use image::GrayImage;
use imageproc::distance_transform::euclidean_squared_distance_transform;

/// Coverage of everything within `by_px` of a letter, with an edge one pixel soft; `fill` is the
/// letters' own, in rows of `width_px`.
pub(crate) fn widen(fill: &[u8], width_px: usize, by_px: f32) -> Vec<u8> {
    let reach = f64::from(by_px) + 0.5;
    let rows = fill.len() / width_px.max(1);
    let letters = fill.iter().map(|&fill| if is_letter(fill) { 255 } else { 0 }).collect();
    let sides = (u32::try_from(width_px), u32::try_from(rows));
    let (Ok(width), Ok(height)) = sides else { return fill.to_vec() };
    let Some(letters) = GrayImage::from_raw(width, height, letters) else { return fill.to_vec() };
    let distances = euclidean_squared_distance_transform(&letters);
    distances.iter().zip(fill).map(|(&squared, &own)| coverage(reach, squared).max(own)).collect()
}

/// Coverage at a squared distance.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of 255")]
fn coverage(reach: f64, squared: f64) -> u8 {
    ((reach - squared.sqrt()).clamp(0.0, 1.0) * 255.0).round() as u8
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
            prop_assert_eq!(widen(&fill, width, by_px), exact(&fill, width, by_px));
        }
    }
}
