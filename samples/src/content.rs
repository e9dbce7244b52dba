//! What frames show: kinds of pixels that make short and long strings, and so streams of one segment and of many.
//!
//! Called by [`crate::Sample`] for each frame. It deals in indices: what colours they are is the palette's matter.

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

/// What the pixels must keep to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub width: u32,
    pub height: u32,
    /// Indices are below this.
    pub colours: u32,
    pub transparent: Option<u8>,
}

impl Content {
    /// The indices, row by row.
    pub(crate) fn indices(self, room: Room, seed: u32) -> Vec<u8> {
        let mut noise = Noise::new(seed);
        match self {
            Self::Flat => flat(room, &mut noise),
            Self::Runs => runs(room, &mut noise),
            Self::Dithered => dithered(room, &mut noise),
            Self::Delta => delta(room, &mut noise),
        }
    }
}

impl Room {
    fn area(self) -> usize {
        self.width as usize * self.height as usize
    }

    fn any_index(self, noise: &mut Noise) -> u8 {
        index(noise.below(self.colours))
    }

    /// Sets the pixels of a rectangle that begins within the room and may reach beyond it.
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

fn flat(room: Room, noise: &mut Noise) -> Vec<u8> {
    let mut indices = vec![room.any_index(noise); room.area()];
    for _ in 0..noise.below(12) {
        let colour = room.any_index(noise);
        room.fill_patch(&mut indices, noise, |_, _, _| colour);
    }
    indices
}

fn runs(room: Room, noise: &mut Noise) -> Vec<u8> {
    let mut indices = Vec::with_capacity(room.area());
    while indices.len() < room.area() {
        let hole = if noise.below(3) == 0 { room.transparent } else { None };
        let index = hole.unwrap_or_else(|| room.any_index(noise));
        let run = noise.below(30) as usize;
        indices.extend(std::iter::repeat_n(index, run.min(room.area() - indices.len())));
    }
    indices
}

fn dithered(room: Room, noise: &mut Noise) -> Vec<u8> {
    let ramp = Ramp::new(room, noise);
    (0..room.height).flat_map(|y| (0..room.width).map(move |x| (x, y))).map(|(x, y)| ramp.at(x, y, noise)).collect()
}

fn delta(room: Room, noise: &mut Noise) -> Vec<u8> {
    let ground = room.transparent.unwrap_or(0);
    let mut indices = vec![ground; room.area()];
    let ramp = Ramp::new(room, noise);
    for _ in 0..=noise.below(3) {
        room.fill_patch(&mut indices, noise, |x, y, noise| if noise.one_in(9) { ground } else { ramp.at(x, y, noise) });
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
    fn new(room: Room, noise: &mut Noise) -> Self {
        let (across, down) = (1 + noise.below(7), 1 + noise.below(7));
        let length = room.width * across + room.height * down;
        Self { colours: room.colours, across, down, length, spread: 1 + noise.below(1 + room.colours / 4) }
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
                let room = Room { width: 1 + seed * 3, height: 60 - seed, colours: 2 << (seed % 8), transparent: Some(1) };
                let indices = content.indices(room, seed);
                assert_eq!(indices.len(), room.area());
                assert!(indices.iter().all(|&i| u32::from(i) < room.colours), "{content:?} {seed}");
            }
        }
    }

    #[test]
    fn a_dithered_picture_uses_its_palette() {
        let room = Room { width: 200, height: 150, colours: 256, transparent: None };
        let used: HashSet<u8> = Content::Dithered.indices(room, 3).into_iter().collect();
        assert!(used.len() > 240, "{}", used.len());
    }
}
