//! Rectangles of pixels on a canvas; the arithmetic that planning and painting share.

/// Pixels from (`left`, `top`) up to but not including (`right`, `bottom`). Empty when they meet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rect {
    pub left: u32,
    pub top: u32,
    pub right: u32,
    pub bottom: u32,
}

impl Rect {
    pub(crate) fn at(left: u32, top: u32, width: u32, height: u32) -> Self {
        Self { left, top, right: left + width, bottom: top + height }
    }

    pub(crate) fn width(self) -> u32 {
        self.right.saturating_sub(self.left)
    }

    pub(crate) fn height(self) -> u32 {
        self.bottom.saturating_sub(self.top)
    }

    pub(crate) fn area(self) -> usize {
        self.width() as usize * self.height() as usize
    }

    pub(crate) fn is_empty(self) -> bool {
        self.left >= self.right || self.top >= self.bottom
    }

    #[cfg(feature = "render")]
    pub(crate) fn contains(self, x: u32, y: u32) -> bool {
        (self.left..self.right).contains(&x) && (self.top..self.bottom).contains(&y)
    }

    /// Whether every pixel of `other` is one of ours.
    #[cfg(feature = "render")]
    pub(crate) fn covers(self, other: Self) -> bool {
        other.is_empty()
            || (self.left <= other.left && self.top <= other.top && self.right >= other.right && self.bottom >= other.bottom)
    }

    #[cfg(feature = "render")]
    pub(crate) fn intersect(self, other: Self) -> Self {
        let r = Self {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        };
        if r.is_empty() { Self::default() } else { r }
    }

    /// The smallest rectangle around both.
    #[cfg(feature = "render")]
    pub(crate) fn union(self, other: Self) -> Self {
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
    #[cfg(feature = "render")]
    pub(crate) fn without(self, other: Self) -> Self {
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

    pub(crate) fn moved_right(self, by: u32) -> Self {
        Self { left: self.left + by, right: self.right + by, ..self }
    }

    pub(crate) fn moved_down(self, by: u32) -> Self {
        Self { top: self.top + by, bottom: self.bottom + by, ..self }
    }
}

#[cfg(all(test, feature = "render"))]
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
