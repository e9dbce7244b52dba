//! Finds the palette entry for a pixel of the caption: blends the caption's colours over the pixel's, and searches the entry
//! nearest to the blend. Results are remembered from pixel to pixel and, as long as the palette is the same, from frame to frame.
//!
//! Used by `painter` for every pixel of a caption. The answers depend on the palette and the caption alone,
//! never on what was asked before. What is remembered has a fixed bound, however many colours one palette is asked for.

use super::{nearest::NearestEntry, runs::InkRuns};
use crate::{
    difference::Lab,
    mask::{Cover, Pair},
    planning::Palette,
};

/// Bits of each channel by which blends are told apart: half a step of it is less than what palettes are
/// off anyway.
const CELL_BITS: u32 = 5;
const CELLS: usize = 1 << (3 * CELL_BITS);

/// The same for emoji, whose every pixel is seen: 512 kB on a thread that has painted one.
const EMOJI_CELL_BITS: u32 = 6;
const EMOJI_CELLS: usize = 1 << (3 * EMOJI_CELL_BITS);

/// How far an entry may be off the colour of a soft edge, in dE.
const EDGE_DIFFERENCE: f32 = 12.0;

/// The same of an entry that has as much of a colour as the edge of an emoji.
const COLOURED_EDGE_DIFFERENCE: f32 = 20.0;

/// Pairs of colours that are remembered at once, 1.8 MB of caches. Few specs have more on one frame; a frame with more of them finds
/// each again. A thread that is lent a second brush (`work`) stays below 4 MB.
const CACHES: usize = 14;

/// A thread's memory of one palette.
#[derive(Default)]
pub struct Brush {
    palette: Option<Palette>,
    /// The palette's colours that captions may use.
    entries: NearestEntry,
    /// By cell of the colour cube: the entry nearest to its middle, below the number of the palette for which
    /// it was found.
    cells: Vec<u16>,
    /// What was found for captions of each pair of colours, at most [`CACHES`] of them: the last is the selected one, the
    /// first was selected longest ago.
    caches: Vec<ColourCache>,
    /// The same for emoji: the entry that looks most like it. Empty as long as no emoji was painted.
    emoji_cells: Vec<u16>,
    /// By entry, where it was needed.
    labs: Vec<Option<Lab>>,
    /// The palette's number, 1 to 255 before they start again.
    number: u16,
}

/// A caption's entries, below the palette's number as in `cells`.
struct ColourCache {
    pair: Pair,
    /// By cover: where nothing shows from beneath.
    alone: Box<[u16; 1 << 8]>,
    /// By cover and the index beneath.
    over: Box<[u16]>,
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
            self.emoji_cells.clear();
            self.caches.clear();
            self.number = 0;
        }
        self.number += 1;
        self.entries.take_up(palette.usable());
        self.labs.clear();
        self.labs.resize(256, None);
        self.palette = Some(palette.clone());
    }

    /// Makes it ready for a caption; the palette stays.
    pub(super) fn select(&mut self, runs: &InkRuns<'_>) {
        if runs.ink.emoji().is_some() {
            return;
        }
        match self.caches.iter().position(|cache| cache.pair == runs.ink.pair()) {
            Some(known) => self.caches[known..].rotate_left(1),
            None if self.caches.len() < CACHES => self.caches.push(ColourCache::of(runs.ink.pair())),
            None => {
                self.caches.rotate_left(1);
                self.selected().reuse_for(runs.ink.pair());
            }
        }
    }

    /// The cache of the caption that was selected last.
    #[inline]
    fn selected(&mut self) -> &mut ColourCache {
        let last = self.caches.len() - 1;
        &mut self.caches[last]
    }

    /// The entry for a cover over nothing, or one that hides what is beneath.
    #[inline]
    pub(super) fn alone(&mut self, runs: &InkRuns<'_>, cover: Cover) -> u8 {
        let known = self.selected().alone[usize::from(cover.0)];
        if known >> 8 == self.number {
            return entry(known);
        }
        let [fill, under] = runs.ink.pair();
        let found = self.seen_alike(cover, |brush, cover| {
            let wanted = cover.blend(fill, under, None);
            (wanted, brush.entries.nearest(wanted))
        });
        self.selected().alone[usize::from(cover.0)] = self.number << 8 | u16::from(found);
        found
    }

    /// The entry for a cover over an index, which has a colour.
    #[inline]
    pub(super) fn over_index(&mut self, runs: &InkRuns<'_>, cover: Cover, index: u8, colour: [u8; 3]) -> u8 {
        let place = usize::from(cover.0) << 8 | usize::from(index);
        let known = self.selected().over[place];
        if known >> 8 == self.number {
            return entry(known);
        }
        let found = self.over(runs, cover, colour);
        self.selected().over[place] = self.number << 8 | u16::from(found);
        found
    }

    /// The entry that looks most like the colour of an emoji's pixel.
    pub(super) fn emoji_alone(&mut self, colour: [u8; 3]) -> u8 {
        let cell = colour.iter().fold(0, |cell, &v| cell << EMOJI_CELL_BITS | usize::from(v >> (8 - EMOJI_CELL_BITS)));
        self.emoji_cells.resize(EMOJI_CELLS, 0);
        let known = self.emoji_cells[cell % EMOJI_CELLS];
        if known >> 8 == self.number {
            return entry(known);
        }
        let middle = 1 << (7 - EMOJI_CELL_BITS);
        let wanted = Lab::of(colour.map(|v| v & !(2 * middle - 1) | middle));
        let Self { palette, labs, .. } = self;
        let mut nearest = (f32::INFINITY, 0);
        for (entry, colour) in palette.iter().flat_map(Palette::usable) {
            let lab = labs[usize::from(entry)].get_or_insert_with(|| Lab::of(colour));
            let off = lab.squared_difference(wanted);
            if off < nearest.0 {
                nearest = (off, entry);
            }
        }
        self.emoji_cells[cell % EMOJI_CELLS] = self.number << 8 | u16::from(nearest.1);
        nearest.1
    }

    /// The entry for the half covered pixel of an emoji over an index, which has a colour: their mixture where an entry is near it,
    /// else the one of the two that looks more like it.
    pub(super) fn emoji_over(&mut self, colour: [u8; 3], cover: Cover, index: Option<u8>, beneath: [u8; 3]) -> u8 {
        let wanted = cover.blend(colour, colour, Some(beneath));
        let found = self.emoji_alone(wanted);
        if self.is_alike(found, wanted) {
            return found;
        }
        let (wanted, found_lab) = (Lab::of(wanted), self.lab(found));
        // Beside an emoji a grey pixel looks like dirt, one of a colour less so.
        let is_coloured = 2.0 * found_lab.chroma() >= wanted.chroma();
        if is_coloured && found_lab.squared_difference(wanted) <= COLOURED_EDGE_DIFFERENCE * COLOURED_EDGE_DIFFERENCE {
            return found;
        }
        let whole = self.emoji_alone(colour);
        let Some(index) = index else { return whole };
        if Lab::of(beneath).squared_difference(wanted) < self.lab(whole).squared_difference(wanted) { index } else { whole }
    }

    /// How the colour of an entry looks.
    fn lab(&mut self, entry: u8) -> Lab {
        let colour = self.palette.as_ref().and_then(|palette| palette.colour(entry)).unwrap_or_default();
        *self.labs[usize::from(entry)].get_or_insert_with(|| Lab::of(colour))
    }

    /// The entry for a cover over a colour.
    #[inline]
    pub(super) fn over(&mut self, runs: &InkRuns<'_>, cover: Cover, beneath: [u8; 3]) -> u8 {
        self.seen_alike(cover, |brush, cover| {
            let wanted = runs.blend(cover, beneath);
            (wanted, brush.nearest_to_cell(wanted))
        })
    }

    /// The entry that `find` has for a cover or, where that is far off its colour, for the cover next to it whose entry is not: an
    /// edge becomes harder or softer where the palette lacks its colour, and never shows one that nobody asked for.
    #[inline]
    fn seen_alike(&mut self, cover: Cover, find: impl Fn(&mut Self, Cover) -> ([u8; 3], u8)) -> u8 {
        let (wanted, found) = find(self, cover);
        if self.is_alike(found, wanted) {
            return found;
        }
        for cover in cover.harder_and_softer() {
            let (wanted, other) = find(self, cover);
            if self.is_alike(other, wanted) {
                return other;
            }
        }
        found
    }

    /// Whether any entry that captions may use passes for a colour.
    pub(super) fn has_alike(&mut self, wanted: [u8; 3]) -> bool {
        let nearest = self.emoji_alone(wanted);
        self.is_alike(nearest, wanted)
    }

    /// Whether an entry passes for a colour of a soft edge.
    #[inline]
    pub(super) fn is_alike(&mut self, entry: u8, wanted: [u8; 3]) -> bool {
        let Some(shown) = self.palette.as_ref().and_then(|palette| palette.colour(entry)) else { return true };
        // No channel changes more by a level than by one dE.
        if shown.iter().zip(wanted).all(|(shown, wanted)| shown.abs_diff(wanted) <= 4) {
            return true;
        }
        let lab = self.labs[usize::from(entry)].get_or_insert_with(|| Lab::of(shown));
        lab.squared_difference(Lab::of(wanted)) <= EDGE_DIFFERENCE * EDGE_DIFFERENCE
    }

    /// The entry nearest to the middle of a colour's cell.
    #[inline]
    fn nearest_to_cell(&mut self, colour: [u8; 3]) -> u8 {
        let cell = colour.iter().fold(0, |cell, &v| cell << CELL_BITS | usize::from(v >> (8 - CELL_BITS)));
        let known = self.cells[cell % CELLS];
        if known >> 8 == self.number {
            return entry(known);
        }
        let middle = 1 << (7 - CELL_BITS);
        let found = self.entries.nearest(colour.map(|v| v & !(2 * middle - 1) | middle));
        self.cells[cell % CELLS] = self.number << 8 | u16::from(found);
        found
    }
}

impl ColourCache {
    fn of(pair: Pair) -> Self {
        Self { pair, alone: Box::new([0; 1 << 8]), over: vec![0; 1 << 16].into_boxed_slice() }
    }

    /// Forgets everything: the palette's number does not tell one pair from another.
    fn reuse_for(&mut self, pair: Pair) {
        self.pair = pair;
        self.alone.fill(0);
        self.over.fill(0);
    }
}

/// What is remembered without its palette's number.
#[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
fn entry(known: u16) -> u8 {
    known as u8
}

#[cfg(test)]
mod tests;
