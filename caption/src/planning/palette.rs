//! Colours within a palette: which entry stands for a wanted colour, and where room for a new one is.
//!
//! Used by `strategies`, which decides for all frames of a palette, and by painting where one frame alone needs
//! a transparent index. It never reads a stream: which indices are in use it is told.

use std::collections::BTreeSet;

use super::{
    by_lightness::ByLightness,
    room::{FrameCounts, Merge},
};
use crate::{
    difference::difference,
    lzw::IndexSet,
    reading::colours::{Colours, colours},
};

/// Levels of a channel by which an entry may be off and yet be of a colour: two such entries are at most twice that apart.
const SAME_LEVELS: u8 = 1;

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

    /// The same with entries that are transparent in other frames: here they are colours.
    #[must_use]
    pub(crate) fn with_all_usable(mut self) -> Self {
        self.avoided = self.transparent.into_iter().collect();
        self
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

    /// Whether an entry is of a colour, to a level of each channel.
    pub(crate) fn has(&self, wanted: [u8; 3]) -> bool {
        let shown = self.shown(wanted);
        self.has_entries() && shown.iter().zip(wanted).all(|(&shown, wanted)| shown.abs_diff(wanted) <= SAME_LEVELS)
    }

    /// Whether there is any entry that captions may use.
    pub(crate) fn has_entries(&self) -> bool {
        self.usable().next().is_some()
    }

    /// The colour that a pixel is painted in where `wanted` was asked for.
    pub(crate) fn shown(&self, wanted: [u8; 3]) -> [u8; 3] {
        self.colours[usize::from(self.nearest(wanted).0)]
    }

    /// Gives a colour an entry that no pixel uses, below `most_len`. Where the table ends before, it is made longer, as long as no
    /// pixel points beyond it: decoders differ on what those show, and a colour there would decide. The entry counts as used from
    /// here on. Says whether one was found.
    pub(crate) fn take_free(&mut self, wanted: [u8; 3], used: &mut IndexSet, most_len: usize) -> bool {
        if !self.has_table {
            return false;
        }
        let index = match self.unused_entry(*used, most_len) {
            Some(index) => index,
            None if used.all_below(self.len) => match self.new_entry(most_len) {
                Some(index) => index,
                None => return false,
            },
            None => return false,
        };
        used.insert(index);
        self.set(index, wanted);
        true
    }

    /// Gives a colour the entry whose pixels lose least by taking that of another, at most `most_difference` dE and no more pixels
    /// than `counts` allows. Says what those pixels become; `None` where no entry can go so cheaply.
    pub(crate) fn take_merged(&mut self, wanted: [u8; 3], counts: &mut FrameCounts, most_difference: f32) -> Option<Merge> {
        let merge = self.cheapest_merge(counts, most_difference)?;
        self.set(merge.from, wanted);
        Some(merge)
    }

    /// Keeps the entry nearest to a colour from being taken for anything else.
    pub(crate) fn reserve(&mut self, wanted: [u8; 3]) {
        self.reserved.insert(self.nearest(wanted).0);
    }

    /// Keeps an entry as it is.
    pub(crate) fn reserve_index(&mut self, index: u8) {
        self.reserved.insert(index);
    }

    /// Keeps the entries of exactly these colours, where there are some: they will be needed.
    pub(crate) fn reserve_exact(&mut self, wanted: &BTreeSet<[u8; 3]>) {
        for &colour in wanted {
            if let (index, 0) = self.nearest(colour) {
                self.reserved.insert(index);
            }
        }
    }

    /// Gives the frame a transparent index if it has none: a free one, or one whose pixels take another entry, at most `most_difference`
    /// dE away. Answers that merge, if one is needed; `None` where no index can be had.
    #[expect(clippy::option_option, reason = "whether there is an index, and whether it takes a merge")]
    pub(crate) fn ensure_transparent(
        &mut self,
        used: IndexSet,
        counts: &mut FrameCounts,
        most_difference: f32,
    ) -> Option<Option<Merge>> {
        if self.transparent.is_some() || self.take_free_as_transparent(used) {
            return Some(None);
        }
        let merge = self.cheapest_merge(counts, most_difference)?;
        self.make_transparent(merge.from);
        Some(Some(merge))
    }

    /// Gives the frame a transparent index if it has none and one is free, with longer codes if it must be. Says whether it has one.
    pub(crate) fn take_free_as_transparent(&mut self, used: IndexSet) -> bool {
        // Behind its end a table needs no entry for it.
        let behind = || (0..=u8::MAX).skip(self.len).find(|&index| !used.contains(index));
        if self.transparent.is_none()
            && let Some(index) = self.unused_entry(used, 256).or_else(behind)
        {
            self.make_transparent(index);
        }
        self.transparent.is_some()
    }

    /// Gives the frame, which has none, a transparent index that costs neither a colour nor longer codes.
    pub(crate) fn take_unused_as_transparent(&mut self, used: IndexSet) -> Option<u8> {
        let index = self.unused_entry(used, 256).filter(|_| self.has_table)?;
        self.make_transparent(index);
        Some(index)
    }

    /// An entry of exactly this colour, added if there is room; else the nearest. Says whether it is exact.
    pub(crate) fn exact_or_nearest(&mut self, wanted: [u8; 3], used: &mut IndexSet) -> (u8, bool) {
        if self.nearest(wanted).1 != 0 {
            self.take_free(wanted, used, 256);
        }
        let (index, off) = self.nearest(wanted);
        (index, off == 0)
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

    /// Whether the file has a table that ends before an index.
    pub(crate) fn is_behind_end(&self, index: u8) -> bool {
        self.has_table && usize::from(index) >= self.len
    }

    /// How many entries below `most_len` are for the taking.
    pub(crate) fn free_len(&self, used: IndexSet, most_len: usize) -> usize {
        let needed = used.union(self.avoided).union(self.reserved);
        (0..=u8::MAX).take(most_len).filter(|&index| !needed.contains(index)).count()
    }

    /// Makes the table longer by one entry, stepping over what is avoided beyond its end.
    fn new_entry(&mut self, most_len: usize) -> Option<u8> {
        let at = (self.len..most_len).filter_map(|at| u8::try_from(at).ok()).find(|&at| !self.avoided.contains(at))?;
        self.len = usize::from(at) + 1;
        self.changed = true;
        Some(at)
    }

    /// An entry of the table that neither pixels nor captions need.
    fn unused_entry(&self, used: IndexSet, most_len: usize) -> Option<u8> {
        let needed = used.union(self.avoided).union(self.reserved);
        (0..=u8::MAX).take(self.len.min(most_len)).find(|&index| !needed.contains(index))
    }

    /// Finds the entry whose pixels lose least by taking the colour of the entry nearest to them, and counts it as gone.
    fn cheapest_merge(&mut self, counts: &mut FrameCounts, most_difference: f32) -> Option<Merge> {
        let entries = ByLightness::of(self.usable());
        let mut best: Option<(f32, Merge)> = None;
        for (place, &(from, _)) in entries.0.iter().enumerate() {
            if self.reserved.contains(from) || !counts.may_change(from, most_difference) {
                continue;
            }
            // Of entries that nobody can tell apart, the rarest: the fewer pixels, the less is coded again.
            let loss = |difference: f32| (difference + 0.01) * counts.seen(from);
            if best.is_some_and(|(least, _)| loss(0.0) > least) {
                continue;
            }
            let Some((to, difference)) = entries.nearest_to(place, most_difference) else { continue };
            let loss = loss(difference);
            if best.is_none_or(|(least, merge)| loss < least || loss <= least && from < merge.from) {
                best = Some((loss, Merge { from, to, difference }));
            }
        }
        let (_, merge) = best?;
        counts.merge(merge);
        self.reserved.insert(merge.from);
        // Its pixels have a new home, which must not go either.
        self.reserved.insert(merge.to);
        Some(merge)
    }

    /// How far, in dE, the colour is off that is painted where `wanted` was asked for.
    pub(crate) fn off(&self, wanted: [u8; 3]) -> f32 {
        difference(self.shown(wanted), wanted)
    }
}

/// Nine times the squared difference, weighted as the eye weighs red, green and blue.
fn distance(a: [u8; 3], b: [u8; 3]) -> u32 {
    let squared = |c: usize| u32::from(a[c].abs_diff(b[c])).pow(2);
    2 * squared(0) + 4 * squared(1) + 3 * squared(2)
}

#[cfg(test)]
mod tests;
