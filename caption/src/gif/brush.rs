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
    /// By cell of the colour cube: the entry nearest to its middle, below the number of the palette for which
    /// it was found.
    cells: Vec<u16>,
    /// By caption and cover: the entry where nothing shows from beneath, in the same way.
    alone: Vec<(Pair, Box<[u16; 256]>)>,
    /// The palette's number, 1 to 255 before they start again.
    number: u16,
}

impl Brush {
    /// Makes it ready for a palette.
    pub(super) fn take_up(&mut self, palette: &Palette) {
        if self.palette.as_ref() == Some(palette) {
            return;
        }
        if self.number == 0 || self.number == 255 {
            self.cells.clear();
            self.cells.resize(CELLS, 0);
            self.alone.clear();
            self.number = 0;
        }
        self.number += 1;
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
        let known = self.alone[place].1[usize::from(cover.0)];
        if known >> 8 == self.number {
            return entry(known);
        }
        let [fill, under] = inked.pair;
        let found = self.nearest(cover.blend(fill, under, None));
        self.alone[place].1[usize::from(cover.0)] = self.number << 8 | u16::from(found);
        found
    }

    /// The entry for a cover over a colour.
    #[inline]
    pub(super) fn over(&mut self, inked: &Inked<'_>, cover: Cover, beneath: [u8; 3]) -> u8 {
        let colour = inked.blend(cover, beneath);
        let cell = colour.iter().fold(0, |cell, &v| cell << CELL_BITS | usize::from(v >> (8 - CELL_BITS)));
        let known = self.cells[cell % CELLS];
        if known >> 8 == self.number {
            return entry(known);
        }
        let middle = 1 << (7 - CELL_BITS);
        let found = self.nearest(colour.map(|v| v & !(2 * middle - 1) | middle));
        self.cells[cell % CELLS] = self.number << 8 | u16::from(found);
        found
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

/// What is remembered without its palette's number.
#[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
fn entry(known: u16) -> u8 {
    known as u8
}
