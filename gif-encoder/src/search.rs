//! The choice of the next string: the longest that the pixels allow, and of those the one with the least error.
//!
//! `lzw` asks it at each code. Without loss a pixel allows its own index and, where it may stay as shown, the transparent one. With loss it
//! allows indices of near colours too; what a pixel is off by is carried on to its right, so that means stay right. It must never be off by
//! more than the limit says, on top of what the palette itself is off by.

use crate::{
    distance::{Difference, difference, squared},
    pixel::{EXACT, MAY_STAY, Pixel},
    trie::Trie,
};

/// The colours behind the indices.
pub(crate) struct Table<'a> {
    /// Those that are not transparent, by index from `offset`.
    pub(crate) colours: &'a [[u8; 3]],
    pub(crate) transparent: Option<u8>,
}

impl Table<'_> {
    /// The colour of an index that is not the transparent one.
    #[inline]
    pub(crate) fn rgb(&self, index: u8) -> [u8; 3] {
        let at = usize::from(index).wrapping_sub(usize::from(self.transparent.is_some()));
        self.colours.get(at).copied().unwrap_or_default()
    }
}

/// A string that fits so far.
#[derive(Clone, Copy)]
struct Spot {
    node: u16,
    length: usize,
    error: u32,
    carry: Difference,
}

/// Looks for strings. It keeps what one string hands on to the next.
pub(crate) struct Search<'a> {
    table: &'a Table<'a>,
    limit: u32,
    carry: Difference,
    stack: Vec<Spot>,
    /// All 256, so that no index needs a check.
    colours: Vec<[u8; 3]>,
    transparent: u16,
}

/// Strings that are looked at for one code, at most.
const MOST_SPOTS: u32 = 2000;
/// What error costs of a string's length. With 8, a pixel more is worth an eighth of the limit: strings end before they get bad, which gave
/// more SSIM in as many bytes than the longest strings did.
const ERROR_COST: i64 = 8;
/// Pixels by which a string may be worth less than the best and still be followed. 3 saved a tenth of the CPU and cost 1 % more bytes.
const BEHIND: i64 = 8;
/// Levels that are carried on, at most.
const MOST_CARRIED: i32 = 64;

impl<'a> Search<'a> {
    pub(crate) fn new(table: &'a Table<'a>, limit: u32) -> Self {
        let colours = (0..=u8::MAX).map(|index| table.rgb(index)).collect();
        let transparent = table.transparent.map_or(u16::MAX, u16::from);
        Self { table, limit, carry: [0; 3], stack: Vec::new(), colours, transparent }
    }

    /// The code for the beginning of `pixels`, and how many it covers. There is at least one pixel.
    pub(crate) fn longest(&mut self, trie: &Trie, pixels: &[Pixel]) -> (u16, usize) {
        let best = if self.limit == 0 { self.same(trie, pixels) } else { self.near(trie, pixels) };
        self.carry = best.carry;
        (best.node, best.length)
    }

    fn same(&mut self, trie: &Trie, pixels: &[Pixel]) -> Spot {
        let mut best = Spot { node: 0, length: 0, error: 0, carry: [0; 3] };
        self.stack.clear();
        if let Some(&first) = pixels.first() {
            self.stack.push(Spot { node: u16::from(first.target), length: 1, ..best });
            // It is tried first, and so wins where both strings are as long: the dictionary learns runs of it then.
            if let Some(transparent) = self.staying(first) {
                self.stack.push(Spot { node: u16::from(transparent), length: 1, ..best });
            }
        }
        let mut left = MOST_SPOTS;
        while let Some(mut spot) = self.stack.pop() {
            while let Some(&pixel) = pixels.get(spot.length) {
                let own = trie.child(spot.node, pixel.target);
                let stays = self.staying(pixel).and_then(|index| trie.child(spot.node, index));
                let length = spot.length + 1;
                spot = match (own, stays) {
                    (Some(own), Some(stays)) => {
                        if left > 0 {
                            left -= 1;
                            self.stack.push(Spot { node: own, length, ..spot });
                        }
                        Spot { node: stays, length, ..spot }
                    }
                    (Some(node), None) | (None, Some(node)) => Spot { node, length, ..spot },
                    (None, None) => break,
                };
            }
            if spot.length > best.length {
                best = spot;
            }
        }
        best
    }

    /// The transparent index, where it may stand and is not the target anyway.
    #[inline]
    fn staying(&self, pixel: Pixel) -> Option<u8> {
        self.table.transparent.filter(|index| pixel.allows & MAY_STAY != 0 && *index != pixel.target)
    }

    fn near(&mut self, trie: &Trie, pixels: &[Pixel]) -> Spot {
        let start = Spot { node: 0, length: 0, error: 0, carry: self.carry };
        let (mut best, mut best_value) = (start, i64::MIN);
        self.stack.clear();
        if let Some(&first) = pixels.first() {
            let allowed = self.allowed(first);
            for index in [Some(first.target), self.staying(first)].into_iter().flatten() {
                self.stack.extend(self.step(start, first, allowed, u16::from(index), index));
            }
        }
        let mut left = MOST_SPOTS;
        while let Some(spot) = self.stack.pop() {
            let value =
                i64::try_from(spot.length).unwrap_or(i64::MAX >> 32) * i64::from(self.limit) - i64::from(spot.error) * ERROR_COST;
            if value > best_value {
                (best, best_value) = (spot, value);
            }
            let Some(&pixel) = pixels.get(spot.length) else { continue };
            if left == 0 || value + BEHIND * i64::from(self.limit) < best_value {
                continue;
            }
            left -= 1;
            let allowed = self.allowed(pixel);
            if pixel.allows & EXACT != 0 || u16::from(pixel.target) == self.transparent {
                for index in [Some(pixel.target), self.staying(pixel)].into_iter().flatten() {
                    if let Some(node) = trie.child(spot.node, index) {
                        self.stack.extend(self.step(spot, pixel, allowed, node, index));
                    }
                }
            } else {
                for (node, index) in trie.children(spot.node).chain(trie.repeating(spot.node)) {
                    if let Some(next) = self.step(spot, pixel, allowed, node, index) {
                        self.stack.push(next);
                    }
                }
            }
        }
        best
    }

    /// What the pixel's own index is off by, and how far others may be off.
    #[inline]
    fn allowed(&self, pixel: Pixel) -> Allowed {
        let own = squared(difference(pixel.rgb, self.colours[usize::from(pixel.target)]));
        Allowed { own, most: own + self.limit }
    }

    /// The string one pixel longer, if the pixel allows the index.
    #[inline]
    fn step(&self, spot: Spot, pixel: Pixel, Allowed { own, most }: Allowed, node: u16, index: u8) -> Option<Spot> {
        let length = spot.length + 1;
        let is_transparent = u16::from(index) == self.transparent;
        if u16::from(pixel.target) == self.transparent {
            return is_transparent.then_some(Spot { node, length, error: spot.error, carry: [0; 3] });
        }
        if is_transparent && pixel.allows & MAY_STAY == 0 {
            return None;
        }
        let off = difference(pixel.rgb, if is_transparent { pixel.shown } else { self.colours[usize::from(index)] });
        let plain = squared(off);
        let is_free = index == pixel.target || is_transparent;
        if !is_free && plain > most + self.limit {
            return None;
        }
        let with_carry = [off[0] + spot.carry[0], off[1] + spot.carry[1], off[2] + spot.carry[2]];
        if !is_free && squared(with_carry) > most {
            return None;
        }
        let carry = with_carry.map(|level| (level * 3 / 4).clamp(-MOST_CARRIED, MOST_CARRIED));
        Some(Spot { node, length, error: spot.error.saturating_add(plain.saturating_sub(own)), carry })
    }
}

/// Squared distances that a pixel is off by at its own index, and may be at another.
#[derive(Clone, Copy)]
struct Allowed {
    own: u32,
    most: u32,
}
