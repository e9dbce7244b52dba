//! Colours within a palette: which entry stands for a wanted colour, and where room for a new one is.
//!
//! Used by `frame` for each painted frame. The policy, in this order: the nearest entry, if it is
//! within [`CLOSE_ENOUGH`]; a slot that no visible pixel uses; the nearest entry after all, if letters
//! and ground still differ by [`READABLE`]; last, the slot whose loss is least, which the caller must
//! then write into the pixels that had it.

/// Mean difference per channel, of 255, at which an entry passes for a wanted colour. On letters a few
/// pixels wide the eye takes (235, 235, 235) for white; beyond this a tint shows.
const CLOSE_ENOUGH: u32 = 20;
/// Difference in lightness, of 255, at which letters can be read on their outline or band.
const READABLE: u32 = 96;

/// A palette that a frame's pixels can be painted with.
#[derive(Clone)]
pub(super) struct Palette {
    colours: [[u8; 3]; 256],
    len: usize,
    /// The file has a table for this frame. Without one the indices are greys to those decoders that
    /// show anything, and no table must be added.
    has_table: bool,
    transparent: Option<u8>,
    changed: bool,
}

/// How often each index is seen, and may not be lost.
pub(super) type Histogram = [u32; 256];

/// Pixels of index `from` must become `to`: their colour gave way to a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Merge {
    pub from: u8,
    pub to: u8,
}

impl Palette {
    pub(super) fn new(table: Option<&[u8]>, transparent: Option<u8>) -> Self {
        let mut colours = [[0; 3]; 256];
        let len = if let Some(table) = table {
            for (colour, rgb) in colours.iter_mut().zip(table.as_chunks::<3>().0) {
                *colour = *rgb;
            }
            (table.len() / 3).min(256)
        } else {
            for (colour, grey) in colours.iter_mut().zip(0..=u8::MAX) {
                *colour = [grey; 3];
            }
            256
        };
        Self { colours, len, has_table: table.is_some(), transparent, changed: false }
    }

    pub(super) fn transparent(&self) -> Option<u8> {
        self.transparent
    }

    /// The colour that a pixel of this index shows; `None` where it shows what is beneath.
    pub(super) fn colour(&self, index: u8) -> Option<[u8; 3]> {
        (Some(index) != self.transparent).then(|| self.colours[usize::from(index)])
    }

    /// The opaque entry nearest to a colour, and how far it is off.
    pub(super) fn nearest(&self, wanted: [u8; 3]) -> (u8, u32) {
        let mut best = (0, u32::MAX);
        for (index, colour) in (0..=u8::MAX).zip(&self.colours[..self.len]) {
            let off = distance(*colour, wanted);
            if off < best.1 && Some(index) != self.transparent {
                best = (index, off);
                if off == 0 {
                    break;
                }
            }
        }
        best
    }

    /// Makes sure that both colours of a caption have an entry that shows them well enough.
    /// `kept` counts the pixels outside the caption's opaque parts, and what has been taken here.
    pub(super) fn ensure_pair(&mut self, fill: [u8; 3], under: [u8; 3], kept: &mut Histogram) -> Vec<Merge> {
        for wanted in [fill, under] {
            let (index, _) = self.nearest(wanted);
            if self.has_close(wanted) {
                // No pixel may have it so far: nothing else must take it now.
                kept[usize::from(index)] = kept[usize::from(index)].saturating_add(1);
            }
        }
        for wanted in [fill, under] {
            if !self.has_close(wanted) {
                self.take_free_slot(wanted, kept);
            }
        }
        let mut merges = Vec::new();
        if self.has_table && !self.is_readable(fill, under) {
            for wanted in [fill, under] {
                if !self.has_close(wanted)
                    && let Some(merge) = self.least_slot(kept)
                {
                    self.colours[usize::from(merge.from)] = wanted;
                    self.changed = true;
                    merges.push(merge);
                }
            }
        }
        // Soft edges between the two, where they make no longer codes.
        for quarters in [2, 1, 3] {
            let mixed = std::array::from_fn(|c| {
                let sum = u32::from(fill[c]) * quarters + u32::from(under[c]) * (4 - quarters);
                u8::try_from(sum / 4).unwrap_or(u8::MAX)
            });
            if !self.has_close(mixed) && (self.len <= 16 || self.unused_entry(kept).is_some()) {
                self.take_free_slot(mixed, kept);
            }
        }
        merges
    }

    /// Gives the frame a transparent index if it has none, at the cost of a merge where no slot is free.
    pub(super) fn ensure_transparent(&mut self, kept: &mut Histogram) -> Option<Merge> {
        if self.transparent.is_some() {
            return None;
        }
        if let Some(index) = self.free_slot(kept) {
            self.transparent = Some(index);
            return None;
        }
        let merge = self.least_slot(kept)?;
        self.transparent = Some(merge.from);
        Some(merge)
    }

    /// The transparent index, or one that costs neither a colour nor longer codes.
    pub(super) fn transparent_or_unused(&mut self, kept: &mut Histogram) -> Option<u8> {
        if self.transparent.is_none()
            && self.has_table
            && let Some(index) = self.unused_entry(kept)
        {
            self.transparent = Some(index);
            kept[usize::from(index)] += 1;
        }
        self.transparent
    }

    /// Keeps the entry of exactly this colour, if there is one: it will be needed.
    pub(super) fn keep(&self, wanted: [u8; 3], kept: &mut Histogram) {
        if let (index, 0) = self.nearest(wanted) {
            kept[usize::from(index)] += 1;
        }
    }

    /// An entry of exactly this colour, added if there is room; else the nearest. Says whether it is exact.
    pub(super) fn exact_or_nearest(&mut self, wanted: [u8; 3], kept: &mut Histogram) -> (u8, bool) {
        let (index, off) = self.nearest(wanted);
        if off == 0 {
            return (index, true);
        }
        self.take_free_slot(wanted, kept).map_or((index, false), |taken| (taken, true))
    }

    /// The table to write, if it is no longer the source's: a power of two of entries.
    pub(super) fn changed_table(&self) -> Option<Vec<u8>> {
        self.changed.then(|| self.colours[..self.len.next_power_of_two().max(2)].concat())
    }

    fn has_close(&self, wanted: [u8; 3]) -> bool {
        self.nearest(wanted).1 <= CLOSE_ENOUGH * CLOSE_ENOUGH * 9
    }

    fn is_readable(&self, fill: [u8; 3], under: [u8; 3]) -> bool {
        let shown = |wanted| lightness(self.colours[usize::from(self.nearest(wanted).0)]);
        shown(fill).abs_diff(shown(under)) >= READABLE.min(lightness(fill).abs_diff(lightness(under)))
    }

    fn take_free_slot(&mut self, wanted: [u8; 3], kept: &mut Histogram) -> Option<u8> {
        let index = self.free_slot(kept)?;
        self.colours[usize::from(index)] = wanted;
        self.changed = true;
        Some(index)
    }

    /// A slot that no kept pixel uses: within the table, else by making the table larger, as long as
    /// no pixel points beyond it (decoders differ on what those show, a colour there would decide).
    /// Counts it as used from here on.
    fn free_slot(&mut self, kept: &mut Histogram) -> Option<u8> {
        if !self.has_table {
            return None;
        }
        let index = match self.unused_entry(kept) {
            Some(index) => index,
            None if kept[self.len..].iter().all(|&count| count == 0) => self.new_entry()?,
            None => return None,
        };
        kept[usize::from(index)] += 1;
        Some(index)
    }

    /// Makes the table longer by one entry, stepping over a transparent index beyond its end.
    fn new_entry(&mut self) -> Option<u8> {
        let at = (self.len..256).find(|&at| self.transparent.map(usize::from) != Some(at))?;
        self.len = at + 1;
        self.changed = true;
        u8::try_from(at).ok()
    }

    /// An entry of the table that nothing uses. A transparent index is in use.
    fn unused_entry(&self, kept: &Histogram) -> Option<u8> {
        let mut entries = (0..=u8::MAX).zip(kept).take(self.len);
        entries.find(|&(index, &count)| count == 0 && Some(index) != self.transparent).map(|(index, _)| index)
    }

    /// Frees the slot whose pixels lose least by taking the colour of the entry nearest to them.
    fn least_slot(&self, kept: &mut Histogram) -> Option<Merge> {
        let entries = || (0..=u8::MAX).zip(&self.colours[..self.len]).filter(|&(index, _)| Some(index) != self.transparent);
        let losses = entries().filter_map(|(from, colour)| {
            let (to, off) = entries()
                .filter(|&(to, _)| to != from)
                .map(|(to, other)| (to, distance(*colour, *other)))
                .min_by_key(|&(_, off)| off)?;
            Some((u64::from(kept[usize::from(from)]) * u64::from(off), Merge { from, to }))
        });
        let (_, merge) = losses.min_by_key(|&(loss, _)| loss)?;
        kept[usize::from(merge.to)] = kept[usize::from(merge.to)].saturating_add(kept[usize::from(merge.from)]);
        // Taken by what it was freed for: never freed again.
        kept[usize::from(merge.from)] = u32::MAX / 2;
        Some(merge)
    }
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
mod tests {
    use super::*;

    const WHITE: [u8; 3] = [255; 3];
    const BLACK: [u8; 3] = [0; 3];

    fn grey_ramp(len: usize, from: u8) -> Vec<u8> {
        (0..len).flat_map(|i| [from.saturating_add(u8::try_from(i).unwrap()); 3]).collect()
    }

    fn all_used() -> Histogram {
        [10; 256]
    }

    #[test]
    fn a_near_white_passes_for_white_and_nothing_changes() {
        let mut palette = Palette::new(Some(&[240, 240, 240, 8, 8, 8, 90, 90, 90, 160, 160, 160]), None);
        let mut kept = [0; 256];
        kept[..4].fill(5);
        palette.len = 4;
        assert_eq!(palette.ensure_pair(WHITE, BLACK, &mut kept), []);
        assert_eq!((palette.nearest(WHITE).0, palette.nearest(BLACK).0), (0, 1));
    }

    #[test]
    fn an_unused_slot_is_taken_before_the_table_grows() {
        let mut kept = all_used();
        kept[7] = 0;
        let mut palette = Palette::new(Some(&grey_ramp(256, 0)), None);
        palette.colours[255] = [1; 3];
        for c in &mut palette.colours {
            c[2] = 0;
        }
        assert_eq!(palette.ensure_pair([0, 0, 255], BLACK, &mut kept), []);
        assert_eq!(palette.nearest([0, 0, 255]), (7, 0));
        assert_eq!(palette.changed_table().unwrap().len(), 768);
    }

    #[test]
    fn a_small_table_grows_but_never_over_indices_that_pixels_use() {
        let table = [200, 0, 0, 0, 0, 200, 90, 0, 0, 0, 90, 0];
        let mut kept = [0; 256];
        kept[..4].fill(5);
        let mut palette = Palette::new(Some(&table), None);
        palette.ensure_pair(WHITE, BLACK, &mut kept);
        assert_eq!(palette.nearest(WHITE).1, 0);
        let mut beyond = kept;
        beyond[100] = 1;
        let mut palette = Palette::new(Some(&table), Some(4));
        palette.ensure_pair(WHITE, BLACK, &mut beyond);
        assert_eq!(palette.len, 4);
    }

    #[test]
    fn a_transparent_index_beyond_the_table_is_stepped_over() {
        let mut kept = [0; 256];
        kept[..2].fill(5);
        let mut palette = Palette::new(Some(&[200, 0, 0, 0, 0, 200]), Some(2));
        palette.ensure_pair(WHITE, BLACK, &mut kept);
        assert_ne!(palette.nearest(WHITE).0, 2);
        assert_eq!(palette.nearest(WHITE).1, 0);
    }

    #[test]
    fn a_full_table_that_reads_well_enough_is_left_alone() {
        let mut palette = Palette::new(Some(&grey_ramp(256, 0)), None);
        palette.colours.iter_mut().for_each(|c| c[0] /= 2);
        assert_eq!(palette.ensure_pair(WHITE, BLACK, &mut all_used()), []);
        assert!(palette.changed_table().is_none());
    }

    #[test]
    fn where_nothing_could_be_read_the_least_slots_give_way() {
        let flat: Vec<u8> = (0..=255u8).flat_map(|i| [100 + i % 16, 100 + i / 16, 100]).collect();
        let mut kept = all_used();
        kept[33] = 1;
        let mut palette = Palette::new(Some(&flat), None);
        let merges = palette.ensure_pair(WHITE, BLACK, &mut kept);
        assert_eq!(merges.len(), 2);
        assert_eq!(merges[0].from, 33, "the rarest goes first");
        assert_eq!((palette.nearest(WHITE).1, palette.nearest(BLACK).1), (0, 0));
    }

    #[test]
    fn without_a_table_none_is_added() {
        let mut palette = Palette::new(None, None);
        palette.ensure_pair(WHITE, BLACK, &mut all_used());
        assert!(palette.changed_table().is_none());
        assert_eq!(palette.nearest(WHITE), (255, 0));
    }
}
