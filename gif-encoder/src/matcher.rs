//! The entries that stand for a colour: the nearest, and a second one to mix it with where dithering is asked for.
//!
//! `plan` asks it for each pixel that changed. What it finds is remembered by colour, so that most pixels cost one look-up. The place of a
//! pixel decides between the two entries, and nothing else does: equal pixels at one place get equal indices in every frame.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "shares of 0 to 0.5, as 0 to 128, and levels up to 255"
)]

use crate::{
    Dither,
    cluster::nearest,
    histogram::{packed, spread},
    oklab::{Lab, lab},
};

const SLOTS: usize = 1 << 16;
/// Bits of a channel that tell colours apart for a palette that lacks some.
const COARSE_BITS: u32 = 7;
/// How much the contrast within a pattern counts against it, beside how far its mean is off.
const PATTERN_COST: f32 = 0.15;

/// How many times farther than the nearest, as a squared distance, the second entry may be.
const FAR: f32 = 16.0;

/// Bayer's 8 x 8 order, scattered over 0 to 255.
static ORDER: [[u8; 8]; 8] = order();

const fn order() -> [[u8; 8]; 8] {
    let mut order = [[0; 8]; 8];
    let mut at = 0;
    while at < 64 {
        let (x, y) = (at % 8, at / 8);
        // The bits of x ^ y and y, interleaved from the lowest as the highest.
        let mut value = 0;
        let mut bit = 0;
        while bit < 3 {
            value = value << 2 | (((x ^ y) >> bit & 1) << 1 | (y >> bit & 1));
            bit += 1;
        }
        order[y as usize][x as usize] = value * 4 + 2;
        at += 1;
    }
    order
}

/// Two entries, and how much of the second belongs into an area of the colour: 0 to 128 of 256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mix {
    first: u8,
    second: u8,
    share: u8,
}

/// Finds entries of one palette.
pub(crate) struct Matcher {
    /// Of each colour of 128 levels a channel, what was found for it: 0, or 1 above first, second and share. Colours that differ in their last
    /// bits alone get the same entries, so that far fewer are looked for: a palette that lacks colours is less fine. None of one that has
    /// all.
    coarse: Option<Vec<u32>>,
    axes: [Vec<f32>; 3],
    distances: Vec<f32>,
    strength: f32,
    /// The colour, then its mix: 24 bits and three times 8. Each slot holds some colour from the start, so none is ever empty.
    found: Vec<u64>,
}

impl Matcher {
    /// For up to 256 colours. With none, everything is entry 0.
    pub(crate) fn new(colours: &[[u8; 3]], dither: Dither, is_coarse: bool) -> Self {
        let labs: Vec<Lab> = colours.iter().map(|colour| lab(*colour)).collect();
        let axes = std::array::from_fn(|axis| labs.iter().map(|lab| lab[axis]).collect());
        let strength = match dither {
            Dither::None => 0.0,
            Dither::Ordered { strength } => f32::from(strength) / 255.0,
        };
        let coarse = is_coarse.then(|| vec![0; 1 << (3 * COARSE_BITS)]);
        let mut matcher = Self { coarse, axes, distances: vec![0.0; colours.len()], strength, found: Vec::new() };
        let black = entry([0; 3], matcher.search([0; 3]));
        matcher.found = vec![black; SLOTS];
        matcher
    }

    /// The nearest entry.
    pub(crate) fn nearest(&mut self, rgb: [u8; 3]) -> u8 {
        self.mix(rgb).first
    }

    /// The entry for a pixel of this colour at this place of the canvas.
    pub(crate) fn at(&mut self, rgb: [u8; 3], x: usize, y: usize) -> u8 {
        let Mix { first, second, share } = self.mix_at(rgb);
        if share > ORDER[y & 7][x & 7] { second } else { first }
    }

    fn mix_at(&mut self, rgb: [u8; 3]) -> Mix {
        let key = rgb.iter().fold(0, |key, level| key << COARSE_BITS | usize::from(level >> (8 - COARSE_BITS)));
        let Some(&known) = self.coarse.as_ref().and_then(|coarse| coarse.get(key)) else { return self.mix(rgb) };
        if known != 0 {
            let [_, first, second, share] = known.to_be_bytes();
            return Mix { first, second, share };
        }
        let mix = self.search(rgb.map(coarse));
        if let Some(found) = self.coarse.as_mut().and_then(|coarse| coarse.get_mut(key)) {
            *found = u32::from_be_bytes([1, mix.first, mix.second, mix.share]);
        }
        mix
    }

    fn mix(&mut self, rgb: [u8; 3]) -> Mix {
        let key = packed(rgb);
        let slot = spread(key) as usize & (SLOTS - 1);
        let known = self.found[slot];
        if known >> 24 == u64::from(key) {
            let [.., first, second, share] = known.to_be_bytes();
            return Mix { first, second, share };
        }
        let mix = self.search(rgb);
        self.found[slot] = entry(rgb, mix);
        mix
    }

    fn search(&mut self, rgb: [u8; 3]) -> Mix {
        let wanted = lab(rgb);
        let first = nearest(wanted, &self.axes, &mut self.distances);
        let alone = Mix { first: first as u8, second: first as u8, share: 0 };
        let Some(&alone_cost) = self.distances.get(first) else { return alone };
        if self.strength <= 0.0 || alone_cost <= 0.0 {
            return alone;
        }
        let base = [self.axes[0][first], self.axes[1][first], self.axes[2][first]];
        let (mut best, mut best_cost) = (alone, alone_cost);
        for (second, ((l, a), b)) in self.axes[0].iter().zip(&self.axes[1]).zip(&self.axes[2]).enumerate() {
            // One far off would be told so rarely that it isn't worth its contrast.
            if self.distances.get(second).is_none_or(|distance| *distance > FAR * alone_cost) {
                continue;
            }
            let step = [l - base[0], a - base[1], b - base[2]];
            let aim = [wanted[0] - base[0], wanted[1] - base[1], wanted[2] - base[2]];
            let length = step[0] * step[0] + step[1] * step[1] + step[2] * step[2];
            let toward = step[0] * aim[0] + step[1] * aim[1] + step[2] * aim[2];
            if toward <= 0.0 {
                continue;
            }
            let share = (toward / length).min(0.5);
            let cost = alone_cost - 2.0 * share * toward + share * share * length + PATTERN_COST * share * (1.0 - share) * length;
            if cost < best_cost {
                best = Mix { second: second as u8, share: (share * self.strength * 256.0) as u8, ..alone };
                best_cost = cost;
            }
        }
        best
    }
}

/// One of 128 levels from 0 to 255.
fn coarse(level: u8) -> u8 {
    (u16::from(level >> (8 - COARSE_BITS)) * 255 / ((1 << COARSE_BITS) - 1)) as u8
}

fn entry(rgb: [u8; 3], Mix { first, second, share }: Mix) -> u64 {
    let [_, red, green, blue] = packed(rgb).to_be_bytes();
    u64::from_be_bytes([0, 0, red, green, blue, first, second, share])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_of_the_palette_is_itself_at_every_place() {
        let colours: Vec<[u8; 3]> = (0..=255).map(|at: u8| [at, at.wrapping_mul(7), at.wrapping_mul(31)]).collect();
        let mut matcher = Matcher::new(&colours, Dither::Ordered { strength: 255 }, false);
        for (index, colour) in colours.iter().enumerate() {
            for place in 0..64 {
                assert_eq!(usize::from(matcher.at(*colour, place % 8, place / 8)), index);
            }
        }
    }

    #[test]
    fn a_colour_between_two_is_a_pattern_of_both() {
        let colours = [[100, 100, 100], [110, 110, 110], [255, 0, 0]];
        let mut matcher = Matcher::new(&colours, Dither::Ordered { strength: 255 }, false);
        let second = |matcher: &mut Matcher, rgb| (0..64).filter(|at| matcher.at(rgb, at % 8, at / 8) == 1).count();
        assert!((26..=38).contains(&second(&mut matcher, [105, 105, 105])));
        assert!((8..=24).contains(&second(&mut matcher, [103, 103, 103])));
        let mut matcher = Matcher::new(&colours, Dither::None, false);
        assert_eq!(second(&mut matcher, [104, 104, 104]), 0);
    }

    #[test]
    fn no_colours_at_all_are_entry_0() {
        assert_eq!(Matcher::new(&[], Dither::None, false).nearest([1, 2, 3]), 0);
    }
}
