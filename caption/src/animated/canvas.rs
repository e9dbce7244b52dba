//! A canvas of RGBA pixels, as an animation's frames are drawn on it: blending and what becomes of a frame afterwards (PNG, third
//! edition, section 11.3.2.2; WebP container specification, "Assembling the Canvas From Frames").
//!
//! `player` has two of them. Nothing here knows a caption.

use caption_layout::{reading::animation::Blend, rect::Rect};

/// A sample of 8 or of 16 bits.
pub(crate) trait Sample: Copy + PartialEq + Default + Send + Sync + Into<u32> + TryFrom<u32> {
    /// The largest.
    const MOST: Self;

    /// Of a number that is no larger than the largest.
    fn of(value: u32) -> Self {
        Self::try_from(value).unwrap_or(Self::MOST)
    }
}

impl Sample for u8 {
    const MOST: Self = Self::MAX;
}

impl Sample for u16 {
    const MOST: Self = Self::MAX;
}

/// Pixels of a rectangle, row by row.
#[derive(Clone)]
pub(crate) struct Patch<S> {
    pub rect: Rect,
    pub pixels: Vec<[S; 4]>,
}

impl<S: Sample> Patch<S> {
    /// One without a visible pixel.
    pub(crate) fn clear(rect: Rect) -> Self {
        Self { rect, pixels: vec![[S::default(); 4]; rect.area()] }
    }

    fn place(&self, x: u32, y: u32) -> usize {
        (y - self.rect.top) as usize * self.rect.width() as usize + (x - self.rect.left) as usize
    }

    /// The pixel at (x, y), which lies within.
    pub(crate) fn at(&self, x: u32, y: u32) -> [S; 4] {
        self.pixels[self.place(x, y)]
    }

    pub(crate) fn set(&mut self, x: u32, y: u32, pixel: [S; 4]) {
        let place = self.place(x, y);
        self.pixels[place] = pixel;
    }

    fn row(&self, y: u32, rect: Rect) -> &[[S; 4]] {
        &self.pixels[self.place(rect.left, y)..][..rect.width() as usize]
    }

    /// A part of it.
    pub(crate) fn part(&self, rect: Rect) -> Self {
        let rect = rect.intersect(self.rect);
        Self { rect, pixels: (rect.top..rect.bottom).flat_map(|y| self.row(y, rect)).copied().collect() }
    }

    /// Puts another, which lies within, in the place of what is there.
    pub(crate) fn put(&mut self, other: &Self) {
        let rect = other.rect;
        for y in rect.top..rect.bottom {
            let place = self.place(rect.left, y);
            self.pixels[place..place + rect.width() as usize].copy_from_slice(other.row(y, rect));
        }
    }

    /// Draws another, which lies within.
    pub(crate) fn draw(&mut self, other: &Self, blend: Blend) {
        if blend == Blend::Source {
            return self.put(other);
        }
        let rect = other.rect;
        for y in rect.top..rect.bottom {
            let place = self.place(rect.left, y);
            let beneath = &mut self.pixels[place..place + rect.width() as usize];
            for (beneath, &own) in beneath.iter_mut().zip(other.row(y, rect)) {
                *beneath = blended(own, *beneath, blend);
            }
        }
    }
}

/// What shows of a frame's pixel drawn on another.
pub(crate) fn blended<S: Sample>(own: [S; 4], beneath: [S; 4], blend: Blend) -> [S; 4] {
    let [own_alpha, alpha] = [own[3], beneath[3]].map(|alpha| u64::from(alpha.into()));
    let most = u64::from(S::MOST.into());
    if blend == Blend::Source || own_alpha == most || alpha == 0 {
        return own;
    }
    if own_alpha == 0 {
        return beneath;
    }
    let (weight_own, weight) = (own_alpha * most, (most - own_alpha) * alpha);
    let sum = weight_own + weight;
    let mixed = |channel: usize| {
        let [own, beneath] = [own[channel], beneath[channel]].map(|v| u64::from(v.into()));
        S::of(u32::try_from((own * weight_own + beneath * weight) / sum).unwrap_or(u32::MAX))
    };
    [mixed(0), mixed(1), mixed(2), S::of(u32::try_from(sum / most).unwrap_or(u32::MAX))]
}

/// Whether two pixels show the same: one that is not seen has no colour.
pub(crate) fn shows_same<S: Sample>(one: [S; 4], other: [S; 4]) -> bool {
    one == other || one[3] == S::default() && other[3] == S::default()
}
