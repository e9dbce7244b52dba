//! From a cover over an index to the entry that shows it: blends and the search for their nearest entry,
//! remembered from pixel to pixel and, as long as the palette is the same, from frame to frame.
//!
//! Used by `paint` for every pixel of a caption. The answers depend on the palette and the caption alone,
//! never on what was asked before.

use super::palette::{Pair, Palette};
use crate::mask::{Cover, Ink};

/// Bits of each channel by which blends are told apart: half a step of it is less than what palettes are
/// off anyway.
const CELL_BITS: u32 = 5;
const CELLS: usize = 1 << (3 * CELL_BITS);

/// What a cover makes of the colour beneath it: `(base + weight * beneath) / 225` for each channel.
#[derive(Clone, Copy, Debug, Default)]
struct Blend {
    base: [u16; 3],
    weight: u16,
}

/// The blends of one caption, by cover. Made once a job.
pub(super) struct Blends {
    pair: Pair,
    by_cover: Box<[Blend; 256]>,
}

impl Blends {
    pub(super) fn of(ink: &Ink) -> Self {
        let blend = |cover: u8| {
            let [fill, under, weight] = Cover(cover).weights();
            Blend { base: std::array::from_fn(|c| u16::from(ink.fill[c]) * fill + u16::from(ink.under[c]) * under), weight }
        };
        let mut by_cover = Box::new([Blend::default(); 256]);
        for (cover, place) in (0..=u8::MAX).zip(by_cover.iter_mut()) {
            *place = blend(cover);
        }
        Self { pair: [ink.fill, ink.under], by_cover }
    }
}

/// A thread's memory of one palette.
#[derive(Default)]
pub(super) struct Brush {
    palette: Option<Palette>,
    /// The palette's colours that captions may use, channel by channel, with the entries they are.
    channels: [Vec<i32>; 3],
    entries: Vec<u8>,
    /// By cell of the colour cube: the entry nearest to its middle, plus one; 0 is not known yet.
    cells: Vec<u16>,
    /// The entries of covers that hide what is beneath, by caption and cover.
    solid: Vec<(Pair, [u8; 256])>,
}

impl Brush {
    /// Makes it ready for a palette.
    pub(super) fn take_up(&mut self, palette: &Palette) {
        if self.palette.as_ref() == Some(palette) {
            return;
        }
        self.cells.clear();
        self.cells.resize(CELLS, 0);
        self.solid.clear();
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

    /// The entries of one caption's solid covers, by cover.
    pub(super) fn solid(&mut self, blends: &Blends) -> [u8; 256] {
        if let Some((_, known)) = self.solid.iter().find(|(pair, _)| *pair == blends.pair) {
            return *known;
        }
        let mut solid = [0; 256];
        for (cover, entry) in (0..=u8::MAX).zip(&mut solid) {
            if Cover(cover).is_opaque() {
                *entry = self.nearest(blends.by_cover[usize::from(cover)].base.map(mean));
            }
        }
        self.solid.push((blends.pair, solid));
        solid
    }

    /// The entry for a cover over a colour.
    #[inline]
    pub(super) fn soft(&mut self, blends: &Blends, cover: Cover, beneath: [u8; 3]) -> u8 {
        let Blend { base, weight } = blends.by_cover[usize::from(cover.0)];
        let colour: [u8; 3] = std::array::from_fn(|c| mean(base[c] + weight * u16::from(beneath[c])));
        let cell = colour.iter().fold(0, |cell, &v| cell << CELL_BITS | usize::from(v >> (8 - CELL_BITS)));
        match self.cells[cell] {
            0 => {
                let middle = 1 << (7 - CELL_BITS);
                let entry = self.nearest(colour.map(|v| v & !(2 * middle - 1) | middle));
                self.cells[cell] = u16::from(entry) + 1;
                entry
            }
            #[expect(clippy::cast_possible_truncation, reason = "an entry plus one")]
            known => (known - 1) as u8,
        }
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

/// A sum of weights of 225 in all, divided by them and rounded.
#[expect(clippy::cast_possible_truncation, reason = "a mean of bytes")]
fn mean(sum: u16) -> u8 {
    ((u32::from(sum) + 112) / 225) as u8
}
