//! Rectangles of pixels on a canvas; the arithmetic that planning and painting share.

/// Pixels from (`left`, `top`) up to but not including (`right`, `bottom`). Empty when they meet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rect {
    /// The first column.
    pub left: u32,
    /// The first row.
    pub top: u32,
    /// One past the last column.
    pub right: u32,
    /// One past the last row.
    pub bottom: u32,
}

impl Rect {
    /// By its corner and its sides.
    #[must_use]
    #[inline]
    pub fn at(left: u32, top: u32, width: u32, height: u32) -> Self {
        Self { left, top, right: left + width, bottom: top + height }
    }

    /// Pixels from left to right.
    #[must_use]
    #[inline]
    pub fn width(self) -> u32 {
        self.right.saturating_sub(self.left)
    }

    /// Pixels from top to bottom.
    #[must_use]
    #[inline]
    pub fn height(self) -> u32 {
        self.bottom.saturating_sub(self.top)
    }

    /// Pixels in it.
    #[must_use]
    #[inline]
    pub fn area(self) -> usize {
        self.width() as usize * self.height() as usize
    }

    /// Whether it has no pixel.
    #[must_use]
    #[inline]
    pub fn is_empty(self) -> bool {
        self.left >= self.right || self.top >= self.bottom
    }

    /// Whether the pixel is one of ours.
    #[must_use]
    #[inline]
    pub fn contains(self, x: u32, y: u32) -> bool {
        (self.left..self.right).contains(&x) && (self.top..self.bottom).contains(&y)
    }

    /// Whether every pixel of `other` is one of ours.
    #[must_use]
    #[inline]
    pub fn covers(self, other: Self) -> bool {
        other.is_empty()
            || (self.left <= other.left && self.top <= other.top && self.right >= other.right && self.bottom >= other.bottom)
    }

    /// What both have.
    #[must_use]
    #[inline]
    pub fn intersect(self, other: Self) -> Self {
        let r = Self {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        };
        if r.is_empty() { Self::default() } else { r }
    }

    /// The smallest rectangle around both.
    #[must_use]
    #[inline]
    pub fn union(self, other: Self) -> Self {
        if self.is_empty() {
            return other;
        }
        if other.is_empty() {
            return self;
        }
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    /// The smallest rectangle around what `other` leaves of it.
    #[must_use]
    #[inline]
    pub fn without(self, other: Self) -> Self {
        let hidden = self.intersect(other);
        let mut rest = self;
        if hidden.left == self.left && hidden.right == self.right {
            if hidden.top == self.top {
                rest.top = hidden.bottom;
            } else if hidden.bottom == self.bottom {
                rest.bottom = hidden.top;
            }
        } else if hidden.top == self.top && hidden.bottom == self.bottom {
            if hidden.left == self.left {
                rest.left = hidden.right;
            } else if hidden.right == self.right {
                rest.right = hidden.left;
            }
        }
        if hidden.is_empty() || !rest.is_empty() { rest } else { Self::default() }
    }

    /// The same, so many pixels further right.
    #[must_use]
    #[inline]
    pub fn moved_right(self, by: u32) -> Self {
        Self { left: self.left + by, right: self.right + by, ..self }
    }

    /// The same, so many pixels further down.
    #[must_use]
    #[inline]
    pub fn moved_down(self, by: u32) -> Self {
        Self { top: self.top + by, bottom: self.bottom + by, ..self }
    }

    /// The same, so many pixels further up; what would lie above the first row is cut off.
    #[must_use]
    pub fn moved_up(self, by: u32) -> Self {
        Self { top: self.top.saturating_sub(by), bottom: self.bottom.saturating_sub(by), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rects() -> impl Strategy<Value = Rect> {
        (0u32..6, 0u32..6, 0u32..5, 0u32..5).prop_map(|(left, top, width, height)| Rect::at(left, top, width, height))
    }

    proptest! {
        #[test]
        fn what_is_left_without_another_is_what_its_pixels_say(a in rects(), b in rects()) {
            let pixels = (0..12u32).flat_map(|y| (0..12u32).map(move |x| (x, y)));
            let left = pixels.filter(|&(x, y)| a.contains(x, y) && !b.contains(x, y));
            let around = left.fold(Rect::default(), |all, (x, y)| all.union(Rect::at(x, y, 1, 1)));
            let got = a.without(b);
            prop_assert!(got == around || got.is_empty() && around.is_empty(), "{:?} for {:?}", got, around);
        }
    }
}
