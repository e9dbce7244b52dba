//! What of a frame has to be drawn: which pixels may stay as they are shown, the area around the others, and an index for each pixel in it.
//!
//! `encoder` calls it with the canvas as viewers show it, so that what `search` gave up in earlier frames is known here. It must never
//! let a pixel stay that is off by more than the settings allow.

use crate::{
    Frame,
    distance::between,
    is_opaque,
    pixel::{EXACT, MAY_STAY, Pixel},
    tables::Entries,
};

/// A rectangle of the canvas. One without width or height is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) left: usize,
    pub(crate) top: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

impl Area {
    pub(crate) fn is_empty(self) -> bool {
        self.width == 0 || self.height == 0
    }

    /// The smallest that holds all pixels for which `holds` is true, of rows of `width` pixels.
    pub(crate) fn around(width: usize, pixels: usize, mut holds: impl FnMut(usize) -> bool) -> Self {
        let mut around = Self::default();
        for start in (0..pixels).step_by(width.max(1)) {
            let mut row = (start..start + width).filter(|at| holds(*at)).map(|at| at - start);
            if let Some(first) = row.next() {
                let last = row.next_back().unwrap_or(first);
                around = around.with(Self { left: first, top: start / width, width: last + 1 - first, height: 1 });
            }
        }
        around
    }

    /// The smallest that holds both.
    pub(crate) fn with(self, other: Self) -> Self {
        if self.is_empty() {
            return other;
        }
        if other.is_empty() {
            return self;
        }
        let (left, top) = (self.left.min(other.left), self.top.min(other.top));
        let right = (self.left + self.width).max(other.left + other.width);
        let bottom = (self.top + self.height).max(other.top + other.height);
        Self { left, top, width: right - left, height: bottom - top }
    }

    /// The numbers of its pixels on a canvas of this width.
    pub(crate) fn places(self, canvas_width: usize) -> impl Iterator<Item = usize> {
        (self.top..self.top + self.height).flat_map(move |y| {
            let start = y * canvas_width + self.left;
            start..start + self.width
        })
    }
}

/// A canvas on which a frame is to be drawn.
#[derive(Clone, Copy)]
pub(crate) struct Before<'a> {
    /// What viewers show: alpha is 0 or 255.
    pub(crate) shown: &'a [[u8; 4]],
    /// The source of what is shown.
    pub(crate) source: &'a [[u8; 4]],
    pub(crate) width: usize,
}

/// For each pixel of the canvas whether it may stay as it is shown.
pub(crate) fn staying(frame: Frame<'_>, before: Before<'_>, entries: &mut Entries, tolerance: u32, into: &mut Vec<bool>) {
    into.clear();
    let kept = frame.kept.unwrap_or_default();
    let rows = frame.pixels.chunks(before.width).zip(before.shown.chunks(before.width).zip(before.source.chunks(before.width)));
    for (y, (row, (shown, source))) in rows.enumerate() {
        for (x, ((&pixel, &shown), &source)) in row.iter().zip(shown).zip(source).enumerate() {
            let stays = if !is_opaque(pixel[3]) || shown[3] == 0 {
                is_opaque(pixel[3]) == (shown[3] != 0)
            } else {
                let (wanted, shown) = (rgb(pixel), rgb(shown));
                if kept.get(y * before.width + x).is_some_and(|kept| *kept != 0) {
                    entries.nearest(wanted).1 == shown
                } else {
                    // An equal source keeps its pixel, whatever was given up when it was drawn.
                    let off = between(wanted, shown);
                    pixel == source || off <= tolerance || off <= between(wanted, entries.at(wanted, x, y).1) + tolerance
                }
            };
            into.push(stays);
        }
    }
}

/// For each pixel whether it is shown exactly.
pub(crate) fn staying_exactly(frame: Frame<'_>, before: Before<'_>, into: &mut Vec<bool>) {
    into.clear();
    into.extend(
        frame
            .pixels
            .iter()
            .zip(before.shown)
            .map(|(pixel, shown)| if is_opaque(pixel[3]) { shown[3] != 0 && rgb(*pixel) == rgb(*shown) } else { shown[3] == 0 }),
    );
}

/// The pixels of an area, ready for coding. None if a transparent one is there and the table has no index for it.
pub(crate) fn pixels(
    frame: Frame<'_>,
    before: Before<'_>,
    area: Area,
    stays: &[bool],
    entries: &mut Entries,
    exact: bool,
) -> Option<Vec<Pixel>> {
    let kept = frame.kept.unwrap_or_default();
    let transparent = entries.transparent();
    let mut pixels = Vec::with_capacity(area.width * area.height);
    for at in area.places(before.width) {
        let (Some(&pixel), Some(&shown), Some(&stays)) = (frame.pixels.get(at), before.shown.get(at), stays.get(at)) else {
            continue;
        };
        let wanted = rgb(pixel);
        let mut allows = if stays { MAY_STAY } else { 0 };
        let target = if !is_opaque(pixel[3]) {
            transparent?
        } else if exact {
            // A pixel that stays needs no colour of its own in the table.
            match entries.exactly(wanted) {
                Some(index) => index,
                None => transparent.filter(|_| stays)?,
            }
        } else if kept.get(at).is_some_and(|kept| *kept != 0) {
            allows |= EXACT;
            entries.nearest(wanted).0
        } else {
            entries.at(wanted, at % before.width, at / before.width).0
        };
        pixels.push(Pixel { rgb: wanted, target, shown: rgb(shown), allows });
    }
    Some(pixels)
}

pub(crate) fn rgb([red, green, blue, _]: [u8; 4]) -> [u8; 3] {
    [red, green, blue]
}
