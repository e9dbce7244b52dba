//! Pixels beside the captions that look different because a lossy picture was coded again.
//!
//! A JPEG asks for an `exact` spec: in its own coefficients a block changes as a whole, and letters are in it. It decides nothing.

use caption_layout::{ChangedPixels, Hundredths};

use crate::{
    difference::difference,
    mask::{InkSet, Mask},
};

/// The pixels of the picture that no caption covers and whose colour differs, and how far at most. `before` and `after` are asked for a
/// pixel of the output's canvas.
pub(super) fn changed_beside(
    mask: &Mask,
    picture_height_px: u32,
    before: impl Fn(u32, u32) -> [u8; 3],
    after: impl Fn(u32, u32) -> [u8; 3],
) -> (Vec<(u32, u32)>, ChangedPixels) {
    let gray = mask.to_gray(InkSet::ALL);
    let (mut altered, mut delta_e) = (Vec::new(), Hundredths::default());
    for y in mask.picture_top_px..mask.picture_top_px + picture_height_px {
        for x in 0..mask.width_px {
            let is_covered = gray.get(y as usize * mask.width_px as usize + x as usize).is_none_or(|&pixel| pixel != 0);
            if is_covered {
                continue;
            }
            let (was, is) = (before(x, y), after(x, y));
            if was != is {
                altered.push((x, y));
                delta_e = delta_e.max(difference(was, is).into());
            }
        }
    }
    let changed = ChangedPixels { count: altered.len() as u64, delta_e };
    (altered, changed)
}
