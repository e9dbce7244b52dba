//! What frames show: kinds of pixels that make short or long LZW strings, and so streams of many segments or of one.
//!
//! Called by [`crate::Frame`]. It makes indices, and must not depend on the colours that the palette gives them.

use crate::Noise;

/// A kind of picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A background and a few shapes, each of one colour: long strings.
    Flat,
    /// Runs of any length and any colour, a third of them transparent.
    Runs,
    /// A ramp through the whole palette with noise on it, as a dithered photograph has: short strings, many segments.
    Dithered,
    /// What changed since the frame before: transparent but for a few patches.
    Delta,
}

/// What the indices of a frame have to fit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FrameShape {
    pub width: u32,
    pub height: u32,
    /// Indices are below this.
    pub colours: u32,
    pub transparent: Option<u8>,
}

impl Content {
    /// The indices, row by row.
    pub(crate) fn indices(self, shape: FrameShape, seed: u32) -> Vec<u8> {
        let mut noise = Noise::new(seed);
        match self {
            Self::Flat => flat(shape, &mut noise),
            Self::Runs => runs(shape, &mut noise),
            Self::Dithered => dithered(shape, &mut noise),
            Self::Delta => delta(shape, &mut noise),
        }
    }
}

impl FrameShape {
    fn area(self) -> usize {
        self.width as usize * self.height as usize
    }

    fn any_index(self, noise: &mut Noise) -> u8 {
        index(noise.below(self.colours))
    }

    /// Sets the pixels of a rectangle that begins within the frame and may reach beyond it.
    fn fill_patch(self, indices: &mut [u8], noise: &mut Noise, mut of: impl FnMut(u32, u32, &mut Noise) -> u8) {
        let (left, top) = (noise.below(self.width), noise.below(self.height));
        let (width, height) = (1 + noise.below(self.width / 2 + 1), 1 + noise.below(self.height / 2 + 1));
        for y in top..self.height.min(top + height) {
            for x in left..self.width.min(left + width) {
                indices[(y * self.width + x) as usize] = of(x, y, noise);
            }
        }
    }
}

fn flat(shape: FrameShape, noise: &mut Noise) -> Vec<u8> {
    let mut indices = vec![shape.any_index(noise); shape.area()];
    for _ in 0..noise.below(12) {
        let colour = shape.any_index(noise);
        shape.fill_patch(&mut indices, noise, |_, _, _| colour);
    }
    indices
}

fn runs(shape: FrameShape, noise: &mut Noise) -> Vec<u8> {
    let mut indices = Vec::with_capacity(shape.area());
    while indices.len() < shape.area() {
        let hole = if noise.below(3) == 0 { shape.transparent } else { None };
        let index = hole.unwrap_or_else(|| shape.any_index(noise));
        let run = noise.below(30) as usize;
        indices.extend(std::iter::repeat_n(index, run.min(shape.area() - indices.len())));
    }
    indices
}

fn dithered(shape: FrameShape, noise: &mut Noise) -> Vec<u8> {
    let ramp = Ramp::new(shape, noise);
    (0..shape.height).flat_map(|y| (0..shape.width).map(move |x| (x, y))).map(|(x, y)| ramp.at(x, y, noise)).collect()
}

fn delta(shape: FrameShape, noise: &mut Noise) -> Vec<u8> {
    let ground = shape.transparent.unwrap_or(0);
    let mut indices = vec![ground; shape.area()];
    let ramp = Ramp::new(shape, noise);
    for _ in 0..=noise.below(3) {
        shape.fill_patch(&mut indices, noise, |x, y, noise| if noise.one_in(9) { ground } else { ramp.at(x, y, noise) });
    }
    indices
}

/// A slope through all colours, from corner to corner.
#[derive(Clone, Copy)]
struct Ramp {
    colours: u32,
    across: u32,
    down: u32,
    length: u32,
    spread: u32,
}

impl Ramp {
    fn new(shape: FrameShape, noise: &mut Noise) -> Self {
        let (across, down) = (1 + noise.below(7), 1 + noise.below(7));
        let length = shape.width * across + shape.height * down;
        Self { colours: shape.colours, across, down, length, spread: 1 + noise.below(1 + shape.colours / 4) }
    }

    fn at(self, x: u32, y: u32, noise: &mut Noise) -> u8 {
        let level = (x * self.across + y * self.down) * self.colours / self.length;
        index((level + noise.below(self.spread)) % self.colours)
    }
}

fn index(below_256: u32) -> u8 {
    below_256.to_le_bytes()[0]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_kind_fills_its_room_with_indices_of_the_palette() {
        for content in [Content::Flat, Content::Runs, Content::Dithered, Content::Delta] {
            for seed in 0..50 {
                let shape = FrameShape { width: 1 + seed * 3, height: 60 - seed, colours: 2 << (seed % 8), transparent: Some(1) };
                let indices = content.indices(shape, seed);
                assert_eq!(indices.len(), shape.area());
                assert!(indices.iter().all(|&i| u32::from(i) < shape.colours), "{content:?} {seed}");
            }
        }
    }

    #[test]
    fn a_dithered_picture_uses_its_palette() {
        let shape = FrameShape { width: 200, height: 150, colours: 256, transparent: None };
        let used: HashSet<u8> = Content::Dithered.indices(shape, 3).into_iter().collect();
        assert!(used.len() > 240, "{}", used.len());
    }
}
