//! Colours within a palette: which entry stands for a wanted colour, and where room for a new one is.
//!
//! Used by `strategies`, which decides for all frames of a palette, and by painting where one frame alone needs
//! a transparent index. The thresholds of the policy stand here.

use crate::{
    lzw::IndexSet,
    mask::Pair,
    reading::{
        colours::{Colours, colours},
        streams::Histogram,
    },
};

/// Mean difference per channel, of 255, at which an entry passes for a wanted colour. On letters a few
/// pixels wide the eye takes (235, 235, 235) for white; beyond this a tint shows.
const CLOSE_ENOUGH: u32 = 20;
/// Difference in lightness, of 255, at which letters can be read on their outline or band.
const READABLE: u32 = 96;

/// A palette that a frame's pixels can be painted with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Palette {
    colours: Colours,
    len: usize,
    /// The file has a table for this frame. Without one the indices are greys to those decoders that
    /// show anything, and no table must be added.
    has_table: bool,
    transparent: Option<u8>,
    /// Entries whose colour is not sure to be shown, or must not change: no caption uses them.
    avoided: IndexSet,
    /// Entries that captions rely on.
    reserved: IndexSet,
    changed: bool,
}

/// Pixels of index `from` must become `to`: their colour gave way to a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merge {
    pub from: u8,
    pub to: u8,
}

impl Palette {
    /// The palette of a table; entries of `avoided` are transparent in some frame.
    pub fn new(table: Option<&[u8]>, avoided: IndexSet) -> Self {
        Self {
            colours: colours(table),
            len: table.map_or(256, |table| (table.len() / 3).min(256)),
            has_table: table.is_some(),
            transparent: None,
            avoided,
            reserved: IndexSet::default(),
            changed: false,
        }
    }

    /// The same for a frame with this transparent index.
    #[must_use]
    pub fn of_frame(&self, transparent: Option<u8>) -> Self {
        let mut own = self.clone();
        own.transparent = transparent;
        if own.usable().all(|(index, _)| Some(index) == transparent) {
            // Other frames' transparent indices are colours here, and there are no others.
            own.avoided = IndexSet::default();
        }
        if let Some(index) = transparent {
            own.avoided.insert(index);
        }
        own
    }

    pub(crate) fn transparent(&self) -> Option<u8> {
        self.transparent
    }

    /// The colour that a pixel of this index shows; `None` where it shows what is beneath.
    pub(crate) fn colour(&self, index: u8) -> Option<[u8; 3]> {
        (Some(index) != self.transparent).then(|| self.colours[usize::from(index)])
    }

    /// The entry nearest to a colour that captions may use, and how far it is off.
    pub(crate) fn nearest(&self, wanted: [u8; 3]) -> (u8, u32) {
        let off = |(index, colour): (u8, [u8; 3])| (index, distance(colour, wanted));
        self.usable().map(off).min_by_key(|&(_, off)| off).unwrap_or((0, u32::MAX))
    }

    /// The entries that captions may use.
    pub(crate) fn usable(&self) -> impl Iterator<Item = (u8, [u8; 3])> {
        let entries = (0..=u8::MAX).zip(self.colours[..self.len].iter().copied());
        entries.filter(|&(index, _)| !self.avoided.contains(index))
    }

    /// Whether the file has a table that can be changed.
    pub(crate) fn has_table(&self) -> bool {
        self.has_table
    }

    /// Whether this table was changed and has to be written.
    pub(crate) fn is_changed(&self) -> bool {
        self.changed
    }

    /// The table to write: a power of two of entries.
    pub(crate) fn table(&self) -> Vec<u8> {
        self.colours[..self.len.next_power_of_two().max(2)].concat()
    }

    /// The table was written for all frames: it need not be written with one.
    pub(crate) fn mark_written(&mut self) {
        self.changed = false;
    }

    /// Whether some entry shows each colour of a caption well enough.
    pub(crate) fn is_close(&self, pair: Pair) -> bool {
        pair.into_iter().all(|wanted| self.has_close(wanted))
    }

    /// Whether a caption can be read though its colours are not its own.
    pub(crate) fn is_readable(&self, [fill, under]: Pair) -> bool {
        let shown = |wanted| lightness(self.colours[usize::from(self.nearest(wanted).0)]);
        shown(fill).abs_diff(shown(under)) >= READABLE.min(lightness(fill).abs_diff(lightness(under)))
    }

    /// Whether soft edges between the two colours of a caption ask for entries of their own: the palette is
    /// small, so that they would be hard.
    pub(crate) fn is_coarse(&self, pair: Pair) -> bool {
        self.has_table && self.len <= SMALL_LEN && mixtures(pair).into_iter().any(|mixed| !self.has_close(mixed))
    }

    /// Gives the colours of a caption that no entry shows well enough a free slot each. Says whether all
    /// found one.
    pub(crate) fn take_free_slots(&mut self, pair: Pair, used: &mut IndexSet) -> bool {
        self.reserve_close(pair);
        pair.into_iter().all(|wanted| self.has_close(wanted) || self.take_free_slot(wanted, used).is_some())
    }

    /// Soft edges between the two colours, in slots that are free and make no longer codes.
    pub(crate) fn take_mixtures(&mut self, pair: Pair, used: &mut IndexSet) {
        for mixed in mixtures(pair) {
            if !self.has_close(mixed) && (self.len <= SMALL_LEN || self.unused_entry(*used).is_some()) {
                self.take_free_slot(mixed, used);
            }
        }
    }

    /// Gives the colours that still have no entry the slots whose loss is least.
    pub(crate) fn take_least_slots(&mut self, pair: Pair, kept: &mut Histogram) -> Vec<Merge> {
        let mut merges = Vec::new();
        for wanted in pair {
            if self.has_table
                && !self.has_close(wanted)
                && let Some(merge) = self.least_slot(kept)
            {
                self.set(merge.from, wanted);
                merges.push(merge);
            }
        }
        merges
    }

    /// Keeps the entries nearest to a caption's colours from being taken for anything else.
    pub(crate) fn rely_on(&mut self, pair: Pair) {
        for wanted in pair {
            self.reserved.insert(self.nearest(wanted).0);
        }
    }

    /// The same for those that are near enough.
    fn reserve_close(&mut self, pair: Pair) {
        for wanted in pair {
            if self.has_close(wanted) {
                self.reserved.insert(self.nearest(wanted).0);
            }
        }
    }

    /// Keeps an entry as it is.
    pub(crate) fn reserve_index(&mut self, index: u8) {
        self.reserved.insert(index);
    }

    /// Keeps the entry of exactly this colour, if there is one: it will be needed.
    pub(crate) fn reserve_exact(&mut self, wanted: [u8; 3]) {
        if let (index, 0) = self.nearest(wanted) {
            self.reserved.insert(index);
        }
    }

    /// Gives the frame a transparent index if it has none, at the cost of a merge where no slot is free.
    pub(crate) fn ensure_transparent(&mut self, used: IndexSet, kept: &mut Histogram) -> Option<Merge> {
        if self.transparent.is_some() {
            return None;
        }
        // Behind its end a table needs no entry for it.
        let behind = || (0..=u8::MAX).skip(self.len).find(|&index| !used.contains(index));
        if let Some(index) = self.unused_entry(used).or_else(behind) {
            self.make_transparent(index);
            return None;
        }
        let merge = self.least_slot(kept)?;
        self.make_transparent(merge.from);
        Some(merge)
    }

    /// Gives the frame, which has none, a transparent index that costs neither a colour nor longer codes.
    pub(crate) fn take_unused_as_transparent(&mut self, used: IndexSet) -> Option<u8> {
        let index = self.unused_entry(used).filter(|_| self.has_table)?;
        self.make_transparent(index);
        Some(index)
    }

    /// An entry of exactly this colour, added if there is room; else the nearest. Says whether it is exact.
    pub(crate) fn exact_or_nearest(&mut self, wanted: [u8; 3], used: &mut IndexSet) -> (u8, bool) {
        let (index, off) = self.nearest(wanted);
        if off == 0 {
            return (index, true);
        }
        self.take_free_slot(wanted, used).map_or((index, false), |taken| (taken, true))
    }

    fn has_close(&self, wanted: [u8; 3]) -> bool {
        self.nearest(wanted).1 <= CLOSE_ENOUGH * CLOSE_ENOUGH * 9
    }

    fn make_transparent(&mut self, index: u8) {
        self.transparent = Some(index);
        self.avoided.insert(index);
    }

    fn set(&mut self, index: u8, colour: [u8; 3]) {
        self.colours[usize::from(index)] = colour;
        self.reserved.insert(index);
        self.changed = true;
    }

    fn take_free_slot(&mut self, wanted: [u8; 3], used: &mut IndexSet) -> Option<u8> {
        let index = self.free_slot(used)?;
        self.set(index, wanted);
        Some(index)
    }

    /// A slot that no pixel uses: within the table, else by making the table larger, as long as no pixel
    /// points beyond it (decoders differ on what those show, a colour there would decide). It counts as
    /// used from here on.
    fn free_slot(&mut self, used: &mut IndexSet) -> Option<u8> {
        if !self.has_table {
            return None;
        }
        let index = match self.unused_entry(*used) {
            Some(index) => index,
            None if used.all_below(self.len) => self.new_entry()?,
            None => return None,
        };
        used.insert(index);
        Some(index)
    }

    /// Makes the table longer by one entry, stepping over what is avoided beyond its end.
    fn new_entry(&mut self) -> Option<u8> {
        let at = (self.len..256).filter_map(|at| u8::try_from(at).ok()).find(|&at| !self.avoided.contains(at))?;
        self.len = usize::from(at) + 1;
        self.changed = true;
        Some(at)
    }

    /// An entry of the table that neither pixels nor captions need.
    fn unused_entry(&self, used: IndexSet) -> Option<u8> {
        let needed = used.union(self.avoided).union(self.reserved);
        (0..=u8::MAX).take(self.len).find(|&index| !needed.contains(index))
    }

    /// Frees the slot whose pixels lose least by taking the colour of the entry nearest to them.
    fn least_slot(&mut self, kept: &mut Histogram) -> Option<Merge> {
        let entries: Vec<(u8, [u8; 3])> = self.usable().collect();
        let mut offs = vec![0; entries.len()];
        let may_go = |&(_, &(index, _)): &(usize, &(u8, [u8; 3]))| !self.reserved.contains(index);
        let losses = entries.iter().enumerate().filter(may_go).filter_map(|(i, &(from, colour))| {
            // All at once: there are tens of thousands of pairs.
            offs.iter_mut().zip(&entries).for_each(|(off, &(_, other))| *off = distance(colour, other));
            offs[i] = u32::MAX;
            let (nearest, &off) = offs.iter().enumerate().min_by_key(|&(_, &off)| off).filter(|&(nearest, _)| nearest != i)?;
            Some((u64::from(kept[usize::from(from)]) * u64::from(off), Merge { from, to: entries[nearest].0 }))
        });
        let (_, merge) = losses.min_by_key(|&(loss, _)| loss)?;
        kept[usize::from(merge.to)] = kept[usize::from(merge.to)].saturating_add(kept[usize::from(merge.from)]);
        self.reserved.insert(merge.from);
        // Its pixels have a new home, which must not go either.
        self.reserved.insert(merge.to);
        Some(merge)
    }
}

/// Palettes up to this length get entries for soft edges: longer ones have colours enough.
const SMALL_LEN: usize = 16;

/// A half and the quarters of the way between two colours.
fn mixtures([fill, under]: Pair) -> [[u8; 3]; 3] {
    [2, 1, 3].map(|quarters| {
        std::array::from_fn(|c| {
            let sum = u32::from(fill[c]) * quarters + u32::from(under[c]) * (4 - quarters);
            u8::try_from(sum / 4).unwrap_or(u8::MAX)
        })
    })
}

/// Nine times the squared difference, weighted as the eye weighs red, green and blue.
fn distance(a: [u8; 3], b: [u8; 3]) -> u32 {
    let squared = |c: usize| u32::from(a[c].abs_diff(b[c])).pow(2);
    2 * squared(0) + 4 * squared(1) + 3 * squared(2)
}

/// 0 to 255.
fn lightness([r, g, b]: [u8; 3]) -> u32 {
    (2 * u32::from(r) + 5 * u32::from(g) + u32::from(b)) / 8
}

#[cfg(test)]
mod tests;
