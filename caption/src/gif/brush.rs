//! From a cover over an index to the entry that shows it: blends and the search for their nearest entry,
//! remembered from pixel to pixel and, as long as the palette is the same, from frame to frame.
//!
//! Used by `paint` for every pixel of a caption. The answers depend on the palette and the caption alone,
//! never on what was asked before.

use super::{
    inked::Inked,
    palette::{Pair, Palette},
};
use crate::mask::Cover;

/// Bits of each channel by which blends are told apart: half a step of it is less than what palettes are
/// off anyway.
const CELL_BITS: u32 = 5;
const CELLS: usize = 1 << (3 * CELL_BITS);

/// A thread's memory of one palette.
#[derive(Default)]
pub(super) struct Brush {
    palette: Option<Palette>,
    /// The palette's colours that captions may use, channel by channel, with the entries they are.
    channels: [Vec<i32>; 3],
    entries: Vec<u8>,
    /// By cell of the colour cube: the entry nearest to its middle, plus one; 0 is not known yet.
    cells: Vec<u16>,
    /// By caption and cover: the entry where nothing shows from beneath, in the same way.
    alone: Vec<(Pair, Box<[u16; 256]>)>,
}

impl Brush {
    /// Makes it ready for a palette.
    pub(super) fn take_up(&mut self, palette: &Palette) {
        if self.palette.as_ref() == Some(palette) {
            return;
        }
        self.cells.clear();
        self.cells.resize(CELLS, 0);
        self.alone.clear();
        self.entries.clear();
        self.channels.iter_mut().for_each(Vec::clear);
        for (entry, colour) in palette.usable() {
            self.entries.push(entry);
            for (channel, value) in self.channels.iter_mut().zip(colour) {
                channel.push(value.into());
            }
        }
        self.palette = Some(palette.clone());
    }

    /// The entry for a cover over nothing, or one that hides what is beneath.
    #[inline]
    pub(super) fn alone(&mut self, inked: &Inked<'_>, cover: Cover) -> u8 {
        let place = self.alone.iter().position(|(pair, _)| *pair == inked.pair).unwrap_or_else(|| {
            self.alone.push((inked.pair, Box::new([0; 256])));
            self.alone.len() - 1
        });
        if self.alone[place].1[usize::from(cover.0)] == 0 {
            let [fill, under] = inked.pair;
            self.alone[place].1[usize::from(cover.0)] = u16::from(self.nearest(cover.blend(fill, under, None))) + 1;
        }
        entry(self.alone[place].1[usize::from(cover.0)])
    }

    /// The entry for a cover over a colour.
    #[inline]
    pub(super) fn over(&mut self, inked: &Inked<'_>, cover: Cover, beneath: [u8; 3]) -> u8 {
        let colour = inked.blend(cover, beneath);
        let cell = colour.iter().fold(0, |cell, &v| cell << CELL_BITS | usize::from(v >> (8 - CELL_BITS)));
        if self.cells[cell] == 0 {
            let middle = 1 << (7 - CELL_BITS);
            self.cells[cell] = u16::from(self.nearest(colour.map(|v| v & !(2 * middle - 1) | middle))) + 1;
        }
        entry(self.cells[cell])
    }

    /// The entry nearest to a colour, as [`Palette::nearest`] finds it.
    pub(super) fn nearest(&self, wanted: [u8; 3]) -> u8 {
        let [r, g, b] = wanted.map(i32::from);
        let [reds, greens, blues] = &self.channels;
        let mut best = (i32::MAX, 0);
        for (((&red, &green), &blue), &entry) in reds.iter().zip(greens).zip(blues).zip(&self.entries) {
            let off = 2 * (red - r) * (red - r) + 4 * (green - g) * (green - g) + 3 * (blue - b) * (blue - b);
            if off < best.0 {
                best = (off, entry);
            }
        }
        best.1
    }
}

/// What is remembered as one more.
#[expect(clippy::cast_possible_truncation, reason = "an entry plus one")]
fn entry(plus_one: u16) -> u8 {
    (plus_one - 1) as u8
}
