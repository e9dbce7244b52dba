//! The colours of a file: what the first pass over its frames gathers.
//!
//! The crate's caller fills a [`PaletteBuilder`] with every frame and builds a [`Palette`], which `encoder` takes. It holds counts, never a frame.

use std::collections::BTreeSet;

use crate::{
    cluster::cluster,
    histogram::{Counted, Histogram},
};

/// As many entries as a colour table has room for (`GIF89a`, section 19).
pub const MOST_ENTRIES: u16 = 256;

/// Up to 256 colours, one of which may be the transparent one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Palette {
    /// Without the transparent one.
    pub(crate) colours: Vec<[u8; 3]>,
    pub(crate) has_transparent: bool,
    exact: bool,
}

impl Palette {
    /// The opaque colours, the most frequent first.
    #[must_use]
    pub fn colours(&self) -> &[[u8; 3]] {
        &self.colours
    }

    /// Whether an entry is left for the transparent index. It says "transparent" where a frame is, and "as before" for pixels that stay.
    #[must_use]
    pub fn has_transparent(&self) -> bool {
        self.has_transparent
    }

    /// Whether it holds every colour that was added, and the transparent one if it was.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.exact
    }
}

/// Counts the colours of all frames.
pub struct PaletteBuilder {
    histogram: Histogram,
    /// In the order in which they were added.
    kept: Vec<[u8; 3]>,
    known: BTreeSet<[u8; 3]>,
}

impl Default for PaletteBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl PaletteBuilder {
    /// Without a colour.
    #[must_use]
    pub fn new() -> Self {
        Self { histogram: Histogram::new(), kept: Vec::new(), known: BTreeSet::new() }
    }

    /// Counts a frame's pixels. One with an alpha under 128 is transparent, whatever its colour.
    pub fn add(&mut self, pixels: &[[u8; 4]]) {
        self.histogram.add(pixels);
    }

    /// Colours, such as those of letters, that get an entry each whatever else there is. The first that were added go first; those for
    /// which no entry is left (255 of them fill a table) are left out.
    pub fn add_kept(&mut self, colours: &[[u8; 3]]) {
        for colour in colours {
            if self.kept.len() < usize::from(MOST_ENTRIES) && self.known.insert(*colour) {
                self.kept.push(*colour);
            }
        }
    }

    /// The palette of `entries` entries (2 to 256; others count as the nearest of these) that comes closest to all pixels, or that holds
    /// all their colours if they are few enough. An entry is the transparent one unless the opaque colours alone fill the table exactly.
    #[must_use]
    pub fn build(&self, entries: u16) -> Palette {
        let entries = usize::from(entries.clamp(2, MOST_ENTRIES));
        let each = self.histogram.each();
        if let Some(each) = &each
            && let Some(palette) = self.all_of(each, entries)
        {
            return palette;
        }
        let room = entries - 1;
        let mut colours: Vec<[u8; 3]> = self.kept.iter().copied().take(room).collect();
        let counted = each.unwrap_or_else(|| self.histogram.cells());
        let found = cluster(&counted, &colours, room - colours.len());
        let taken: BTreeSet<[u8; 3]> = colours.iter().copied().collect();
        colours.extend(found.into_iter().filter(|colour| !taken.contains(colour)));
        Palette { colours, has_transparent: true, exact: false }
    }

    /// The most frequent colours as they are. Frames that are to come out exactly, though all together have too many colours, find most of
    /// theirs in it. None if there are more colours than are counted one by one: those are no repacked GIF's.
    #[must_use]
    pub fn build_most_frequent(&self, entries: u16) -> Option<Palette> {
        let entries = usize::from(entries.clamp(2, MOST_ENTRIES));
        let each = self.histogram.each()?;
        if let Some(palette) = self.all_of(&each, entries) {
            return Some(palette);
        }
        Some(Palette { colours: self.frequent_first(&each, entries - 1), has_transparent: true, exact: false })
    }

    fn all_of(&self, each: &[Counted], entries: usize) -> Option<Palette> {
        let colours = self.frequent_first(each, usize::MAX);
        let has_transparent = self.histogram.has_transparent || colours.len() < entries;
        (colours.len() + usize::from(has_transparent) <= entries).then_some(Palette { colours, has_transparent, exact: true })
    }

    /// Frequent colours get low indices, so that frames with few colours need few bits for them. Kept ones are among them always.
    fn frequent_first(&self, each: &[Counted], most: usize) -> Vec<[u8; 3]> {
        let mut counted: Vec<(bool, u32, [u8; 3])> =
            each.iter().map(|Counted { rgb, pixels }| (!self.known.contains(rgb), *pixels, *rgb)).collect();
        let seen: BTreeSet<[u8; 3]> = each.iter().map(|one| one.rgb).collect();
        counted.extend(self.kept.iter().filter(|colour| !seen.contains(*colour)).map(|colour| (false, 0, *colour)));
        counted.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)).then(a.2.cmp(&b.2)));
        counted.truncate(most);
        counted.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.2.cmp(&b.2)));
        counted.into_iter().map(|(_, _, colour)| colour).collect()
    }
}
