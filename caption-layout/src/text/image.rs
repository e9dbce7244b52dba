//! How much room an image takes in a line: that of an emoji of the font that ships.
//!
//! The shaper and the preview ask, and a renderer. Every image stands in one square, whatever its sides; no file is looked at.

/// From an image's origin to that of what follows it, in ems: what every emoji of Noto Color Emoji has.
pub(super) const ADVANCE_EM: f32 = 1275.0 / 1024.0;
/// The square's side, in ems: from that font's descent to its ascent.
const SIDE_EM: f32 = 1200.0 / 1024.0;
/// How far the square reaches below the baseline, in ems; negative as a glyph's lowest point is.
const BOTTOM_EM: f32 = -250.0 / 1024.0;

/// Its left and right end from the origin, in ems.
const ENDS_EM: [f32; 2] = [(ADVANCE_EM - SIDE_EM) / 2.0, f32::midpoint(ADVANCE_EM, SIDE_EM)];
/// Left, bottom, right and top of the square, from the origin, upwards, in ems.
pub(super) const INK_EM: [f32; 4] = [ENDS_EM[0], BOTTOM_EM, ENDS_EM[1], BOTTOM_EM + SIDE_EM];

/// Where an image of these sides stands around its origin, which is on the baseline, at a size in pixels per em: left, top, width and
/// height in whole pixels. It keeps its aspect, in the middle of the square.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "sides of an image and sizes of letters: a few thousand pixels"
)]
#[must_use]
pub fn image_box_px(sides_px: [u32; 2], size_px: f32) -> ([i32; 2], [u32; 2]) {
    let scale = SIDE_EM * size_px / sides_px[0].max(sides_px[1]).max(1) as f32;
    let [width_px, height_px] = sides_px.map(|side| ((side as f32 * scale) as u32).max(1));
    let left_px = (ADVANCE_EM * size_px - width_px as f32) / 2.0;
    let middle_px = (BOTTOM_EM + SIDE_EM / 2.0) * size_px;
    ([left_px.round() as i32, (-middle_px - height_px as f32 / 2.0).round() as i32], [width_px, height_px])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_keeps_its_aspect_in_the_middle_of_a_square() {
        assert_eq!(image_box_px([128, 128], 1024.0), ([38, -950], [1200, 1200]));
        assert_eq!(image_box_px([512, 128], 1024.0), ([38, -500], [1200, 300]));
        assert_eq!(image_box_px([1, 3], 1024.0), ([438, -950], [400, 1200]));
        assert_eq!(image_box_px([512, 1], 3.0), ([0, -2], [3, 1]));
    }

    #[test]
    fn an_image_stays_within_a_pixel_of_its_square() {
        for size in 3..400_u16 {
            let size_px = f32::from(size) * 0.97;
            for sides in [[1, 1], [512, 100], [3, 500], [128, 128]] {
                let ([left, top], [width, height]) = image_box_px(sides, size_px);
                let bottom = top + i32::try_from(height).unwrap();
                let right = left + i32::try_from(width).unwrap();
                let (low, high) = (-f64::from(INK_EM[1] * size_px), -f64::from(INK_EM[3] * size_px));
                assert!(f64::from(top) >= high - 0.6 && f64::from(bottom) <= low + 0.6, "{sides:?} at {size_px}");
                assert!(left >= 0 && f64::from(right) <= f64::from(ADVANCE_EM * size_px).ceil(), "{sides:?} at {size_px}");
            }
        }
    }
}
