//! What a frame of a new animation draws: the rectangle that differs from what the canvas shows, and how it is blended.
//!
//! `webp` and `apng` ask it, frame by frame. It keeps what the canvas shows.

use caption_layout::{reading::animation::Blend, rect::Rect};

use super::frames::Pixels;
use crate::animated::canvas::shows_same;

/// A frame's own pixels.
pub(super) struct Drawn {
    pub rect: Rect,
    pub blend: Blend,
    pub pixels: Pixels,
}

/// The canvas of a new animation, as it is shown so far.
pub(super) struct Deltas {
    sides_px: [u32; 2],
    /// A frame's left and top are multiples of so many pixels.
    step_px: u32,
    /// Whether pixels that stay may be left transparent: of a lossy frame they would blur its edges.
    may_be_transparent: bool,
    shown: Option<Pixels>,
}

impl Deltas {
    pub(super) fn new(sides_px: [u32; 2], step_px: u32, may_be_transparent: bool) -> Self {
        Self { sides_px, step_px, may_be_transparent, shown: None }
    }

    /// What the next frame draws.
    pub(super) fn next(&mut self, pixels: Pixels) -> Drawn {
        let [width, height] = self.sides_px;
        let whole = Rect::at(0, 0, width, height);
        let Some(before) = self.shown.replace(pixels) else {
            let pixels = self.shown.clone().unwrap_or_default();
            return Drawn { rect: whole, blend: Blend::Source, pixels };
        };
        let now = self.shown.as_deref().unwrap_or_default();
        let row = |of: &[[u8; 4]], y: u32| -> std::ops::Range<usize> {
            let start = y as usize * width as usize;
            start..(start + width as usize).min(of.len())
        };
        let mut changed = Rect::default();
        for y in 0..height {
            let (before, now) = (&before[row(&before, y)], &now[row(now, y)]);
            let differs = |(before, now): (&[u8; 4], &[u8; 4])| !shows_same(*before, *now);
            let mut pairs = before.iter().zip(now);
            if let Some(first) = pairs.position(differs) {
                let last = before.iter().zip(now).rposition(differs).unwrap_or(first);
                let side = |at: usize| u32::try_from(at).unwrap_or(0);
                changed = changed.union(Rect::at(side(first), y, side(last - first) + 1, 1));
            }
        }
        if changed.is_empty() {
            changed = Rect::at(0, 0, 1, 1);
        }
        let rect =
            Rect { left: changed.left - changed.left % self.step_px, top: changed.top - changed.top % self.step_px, ..changed };
        let places = || {
            (rect.top..rect.bottom).flat_map(|y| (rect.left..rect.right).map(move |x| y as usize * width as usize + x as usize))
        };
        let can_lie_over = self.may_be_transparent && places().all(|at| shows_same(before[at], now[at]) || now[at][3] == u8::MAX);
        let pixel = |at: usize| if can_lie_over && shows_same(before[at], now[at]) { [0; 4] } else { now[at] };
        let blend = if can_lie_over { Blend::Over } else { Blend::Source };
        Drawn { rect, blend, pixels: places().map(pixel).collect() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::animated::canvas::Patch;

    proptest! {
        #[test]
        fn frames_drawn_one_over_the_other_show_every_picture(
            pictures in proptest::collection::vec(proptest::collection::vec(0_usize..4, 35), 1..6),
            step_px in 1_u32..3,
            may_be_transparent: bool,
        ) {
            let colours = [[0, 0, 0, 0], [9, 8, 7, 255], [200, 0, 0, 255], [0, 0, 200, 100]];
            let mut deltas = Deltas::new([7, 5], step_px, may_be_transparent);
            let mut canvas = Patch::clear(Rect::at(0, 0, 7, 5));
            for picture in pictures {
                let pixels: Pixels = picture.iter().map(|&colour| colours[colour]).collect();
                let Drawn { rect, blend, pixels: own } = deltas.next(pixels.clone());
                prop_assert_eq!((rect.left % step_px, rect.top % step_px, own.len()), (0, 0, rect.area()));
                canvas.draw(&Patch { rect, pixels: own }, blend);
                prop_assert!(canvas.pixels.iter().zip(&pixels).all(|(&shown, &wanted)| shows_same(shown, wanted)));
            }
        }
    }
}
