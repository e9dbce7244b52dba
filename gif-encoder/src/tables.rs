//! The colour tables of a file: the global one, and those of single frames in the exact mode.
//!
//! `encoder` chooses among them by what `plan` needs. Index 0 is the transparent one where a table has one, so that frames with few colours
//! need few bits. It must never change a colour.

use crate::{Dither, histogram::Colours, matcher::Matcher, palette::MOST_ENTRIES, search::Table};

/// Colours, and what finds them.
pub(crate) struct Entries {
    colours: Vec<[u8; 3]>,
    pub(crate) has_transparent: bool,
    matcher: Matcher,
}

impl Entries {
    pub(crate) fn new(colours: Vec<[u8; 3]>, has_transparent: bool, dither: Dither, is_coarse: bool) -> Self {
        let matcher = Matcher::new(&colours, dither, is_coarse);
        Self { colours, has_transparent, matcher }
    }

    /// A table for these colours alone. None if they are too many.
    pub(crate) fn of(colours: &Colours, has_transparent: bool) -> Option<Self> {
        let mut counted = colours.sorted();
        if counted.len() + usize::from(has_transparent) > usize::from(MOST_ENTRIES) {
            return None;
        }
        counted.sort_unstable_by(|a, b| b.pixels.cmp(&a.pixels).then(a.rgb.cmp(&b.rgb)));
        Some(Self::new(counted.into_iter().map(|one| one.rgb).collect(), has_transparent, Dither::None, false))
    }

    pub(crate) fn transparent(&self) -> Option<u8> {
        self.has_transparent.then_some(0)
    }

    pub(crate) fn table(&self) -> Table<'_> {
        Table { colours: &self.colours, transparent: self.transparent() }
    }

    /// As it is written: never empty.
    pub(crate) fn written(&self) -> Vec<[u8; 3]> {
        let transparent = (self.has_transparent || self.colours.is_empty()).then_some([0; 3]);
        transparent.into_iter().chain(self.colours.iter().copied()).collect()
    }

    /// The index and the colour for a pixel at a place.
    #[inline]
    pub(crate) fn at(&mut self, rgb: [u8; 3], x: usize, y: usize) -> (u8, [u8; 3]) {
        let entry = self.matcher.at(rgb, x, y);
        self.entry(entry)
    }

    /// The index and the colour that are nearest.
    #[inline]
    pub(crate) fn nearest(&mut self, rgb: [u8; 3]) -> (u8, [u8; 3]) {
        let entry = self.matcher.nearest(rgb);
        self.entry(entry)
    }

    fn entry(&self, entry: u8) -> (u8, [u8; 3]) {
        (entry.saturating_add(u8::from(self.has_transparent)), self.colours.get(usize::from(entry)).copied().unwrap_or_default())
    }

    /// The index of exactly this colour.
    pub(crate) fn exactly(&mut self, rgb: [u8; 3]) -> Option<u8> {
        let (index, found) = self.nearest(rgb);
        (found == rgb && !self.colours.is_empty()).then_some(index)
    }
}
