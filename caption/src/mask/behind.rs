//! What lies behind the words of a caption: a box's plate, and the soft shadow of letters.
//!
//! Made once a job by `ink`, before the letters above it. It knows coverage and no palette.

use caption_layout::{
    TranslucentColour,
    placing::{arrangement::Plate, shadow::Shadow},
    rect::Rect,
};
use image::GrayImage;
use imageproc::filter::gaussian_blur_f32;

use super::{cover::Cover, coverage::Coverage};

/// The most that a shadow hides of the picture.
const SHADOW_MOST: f32 = 0.9;
/// In deviations: what is blurred farther is not seen.
const BLUR_REACH: f32 = 2.5;

/// The covers of a plate on its rectangle: its corners rounded, all of it as opaque as its colour.
pub(super) fn plate(plate: Plate, colour: TranslucentColour) -> Vec<Cover> {
    let Plate { rect, radius_px } = plate;
    let mut covers = Vec::with_capacity(rect.area());
    for y in 0..rect.height() {
        for x in 0..rect.width() {
            covers.push(translucent(
                in_rounded([x, y], [rect.width(), rect.height()], radius_px) * f32::from(colour.alpha) / 255.0,
            ));
        }
    }
    covers
}

/// How much of a pixel lies within a rectangle with rounded corners.
#[expect(clippy::cast_precision_loss, reason = "sides of a canvas")]
fn in_rounded(at: [u32; 2], sides: [u32; 2], radius_px: f32) -> f32 {
    let radius_px = radius_px.min(sides[0] as f32 / 2.0).min(sides[1] as f32 / 2.0);
    // How far the pixel's middle lies within the corner's square, along each side.
    let [across, down] = [0, 1].map(|i| {
        let (from_start, from_end) = (at[i] as f32 + 0.5, sides[i] as f32 - at[i] as f32 - 0.5);
        (radius_px - from_start.min(from_end)).max(0.0)
    });
    if across > 0.0 && down > 0.0 { (radius_px + 0.5 - across.hypot(down)).clamp(0.0, 1.0) } else { 1.0 }
}

/// The cover that hides what is beneath by nearest to this share. Both of its parts are of one colour: their products are finer than
/// fifteenths.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of 225")]
fn translucent(share: f32) -> Cover {
    let shown = ((1.0 - share.clamp(0.0, 1.0)) * 225.0).round() as i32;
    let mut best = (i32::MAX, Cover::NONE);
    for fill in 0..=15_u8 {
        let rest = i32::from(15 - fill);
        let under = if rest == 0 { 15 } else { 15 - ((shown + rest / 2) / rest).clamp(0, 15) };
        let off = (rest * (15 - under) - shown).abs();
        // Even parts make a hard edge of neither.
        if off < best.0 {
            best = (off, Cover(fill << 4 | under as u8));
        }
    }
    best.1
}

/// Letters and the emoji that stand among them, whose rows are `width` pixels wide, as one coverage without an outline.
pub(super) fn joined(letters: &Coverage, emoji: &[Cover], width: u32) -> Coverage {
    let mut fill = letters.fill.clone();
    let rows = fill.chunks_exact_mut(letters.width_px.max(1) as usize).zip(emoji.chunks_exact(width.max(1) as usize));
    for (mine, cover) in rows.flat_map(|(row, covers)| row.iter_mut().zip(covers)) {
        // A cover's steps are seventeenths of 255.
        *mine = (*mine).max(u8::try_from(cover.fill() * 17).unwrap_or(u8::MAX));
    }
    Coverage { width_px: letters.width_px, fill, stroke: Vec::new() }
}

/// The shadow of letters that have this coverage, whose rectangle begins at `corner`: where it lies within `clip`, and its covers
/// there. `None` of letters without a mark.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sides of a canvas, and shares of 255")]
pub(super) fn shadow(letters: &Coverage, corner: [u32; 2], size_px: f32, clip: Rect) -> Option<(Rect, Vec<Cover>)> {
    let width = letters.width_px as usize;
    let rows = letters.fill.len() / width.max(1);
    let Shadow { sigma_px, offset_px, gain } = Shadow::of(size_px);
    let (reach, offset) = ((sigma_px * BLUR_REACH).ceil() as i64, offset_px as i64);
    let (wide, high) = (letters.width_px + 2 * reach as u32, u32::try_from(rows).ok()? + 2 * reach as u32);
    let mut canvas = GrayImage::new(wide, high);
    for (y, row) in letters.fill.chunks_exact(width.max(1)).enumerate() {
        let start = (y + reach as usize) * wide as usize + reach as usize;
        canvas.get_mut(start..start + width)?.copy_from_slice(row);
    }
    let blurred = gaussian_blur_f32(&canvas, sigma_px);
    let (left, top) = (i64::from(corner[0]) - reach + offset, i64::from(corner[1]) - reach + offset);
    let within = |at: i64, least: u32, most: u32| at.clamp(i64::from(least), i64::from(most)) as u32;
    let rect = Rect {
        left: within(left, clip.left, clip.right),
        top: within(top, clip.top, clip.bottom),
        right: within(left + i64::from(wide), clip.left, clip.right),
        bottom: within(top + i64::from(high), clip.top, clip.bottom),
    };
    if rect.is_empty() {
        return None;
    }
    let mut covers = Vec::with_capacity(rect.area());
    for y in rect.top..rect.bottom {
        for x in rect.left..rect.right {
            let (x, y) = ((i64::from(x) - left) as u32, (i64::from(y) - top) as u32);
            let share = blurred.get_pixel_checked(x, y).map_or(0.0, |pixel| f32::from(pixel.0[0]) / 255.0);
            covers.push(translucent((share * gain).min(SHADOW_MOST)));
        }
    }
    Some((rect, covers))
}

/// The covers that stand for those of a plate or shadow, as far as the picture shows through: that of most of a plate's pixels; the
/// darkest of a shadow, and a half of it.
pub(super) fn see_through(covers: &[Cover]) -> Vec<Cover> {
    let mut counts = [0_usize; 256];
    for cover in covers {
        counts[usize::from(cover.0)] += 1;
    }
    let there = || (1..=u8::MAX).map(Cover).filter(|cover| counts[usize::from(cover.0)] > 0);
    let shows = |cover: &Cover| cover.weights()[2];
    let most = there().max_by_key(|cover| counts[usize::from(cover.0)]);
    let of_plate = most.filter(|cover| 2 * counts[usize::from(cover.0)] > covers.len());
    let darkest = there().min_by_key(shows);
    let half = darkest.and_then(|darkest| there().min_by_key(|cover| (2 * shows(cover)).abs_diff(225 + shows(&darkest))));
    let standing = of_plate.map_or_else(|| vec![darkest, half], |plate| vec![Some(plate)]);
    standing.into_iter().flatten().filter(|cover| !cover.is_opaque()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is hidden of the picture, in 225ths.
    fn hidden(cover: Cover) -> u16 {
        225 - cover.weights()[2]
    }

    #[test]
    fn a_plate_hides_as_much_as_its_colour_does() {
        let rect = Rect::at(10, 20, 40, 30);
        for alpha in 0..=255_u8 {
            let covers = plate(Plate { rect, radius_px: 8.0 }, TranslucentColour { rgb: [0; 3], alpha });
            let wanted = u16::from(alpha) * 225 / 255;
            let middle = covers[15 * 40 + 20];
            // Near nothing the steps are fifteenths.
            let most_off = if (90..=231).contains(&alpha) { 3 } else { 8 };
            assert!(hidden(middle).abs_diff(wanted) <= most_off, "{alpha}: {middle:?} hides {}", hidden(middle));
            assert_eq!(middle.is_opaque(), alpha == 255, "{alpha}");
            assert!(hidden(covers[0]) < 3 && covers[15 * 40] == middle, "its corners alone are rounded");
        }
    }

    #[test]
    fn a_shadow_fades_out_around_its_letters() {
        let (width_px, mut fill) = (30, vec![0; 30 * 20]);
        (5..15).for_each(|y| fill[y * 30 + 5..y * 30 + 25].fill(255));
        let letters = Coverage { width_px, fill, stroke: Vec::new() };
        let whole = Rect::at(0, 0, 200, 200);
        let (rect, covers) = shadow(&letters, [100, 100], 20.0, whole).unwrap();
        let at = |x: u32, y: u32| hidden(covers[((y - rect.top) * rect.width() + x - rect.left) as usize]);
        assert!(at(115, 110) > 190 && at(rect.left, rect.top) < 10, "{rect:?}");
        let rightwards: Vec<u16> = (124..132).map(|x| at(x, 111)).collect();
        assert!(rightwards.is_sorted_by(|a, b| a >= b) && rightwards[3] > 0 && rightwards[7] < 30, "{rightwards:?}");
        let (clipped, covers) = shadow(&letters, [0, 0], 20.0, Rect::at(0, 0, 20, 10)).unwrap();
        assert_eq!((clipped, covers.len()), (Rect::at(0, 0, 20, 10), 200));
        assert!(shadow(&letters, [100, 100], 20.0, Rect::at(0, 0, 20, 10)).is_none());
    }

    #[test]
    fn an_emoji_among_letters_casts_a_shadow_too() {
        let letters = Coverage { width_px: 4, fill: vec![0, 90, 0, 0, 255, 0, 0, 0], stroke: Vec::new() };
        let emoji = [0, 0xF0, 0, 0x10, 0xF0, 0].map(Cover);
        assert_eq!(joined(&letters, &emoji, 3).fill, [0, 255, 0, 0, 255, 255, 0, 0]);
    }
}
