//! Captions on palette indices: what they don't touch keeps its index.
//!
//! `mod` calls it for indexed PNGs. Which entries the captions' colours get is said by `entries`.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ops::Range,
};

use crate::{
    difference::difference,
    mask::{Cover, Ink, Mask},
};
use caption_layout::{CaptionFidelity, ChangedPixels, Hundredths, NEAR_DELTA_E, WhyOff, rect::Rect};

use super::{
    super::{colour_space::Samples, raster::Raster, shown::told},
    entries::{Entries, Rgba, entries_for_colours},
    merging::given_up,
};

/// Indices and what they mean.
pub(super) struct Indexed {
    pub raster: Raster,
    /// Bits of an index.
    pub depth: u8,
    pub palette: Vec<Rgba>,
}

/// What became of them.
pub(super) struct Painted {
    pub picture: Indexed,
    /// Pixels that no caption touches and that took a neighbouring colour: (x, y).
    pub altered: Vec<(u32, u32)>,
    pub changed: ChangedPixels,
    /// What there is to tell of each caption of the spec.
    pub captions: Vec<CaptionFidelity>,
}

/// A soft edge may be so far from its colour, as `entries::distance` measures, before the indices get more bits: 24 levels.
const SOFT_EDGE: u32 = 24 * 24;

/// What the picture and its captions ask of the palette.
pub(super) struct Asked {
    /// How many pixels each entry has.
    counts: Vec<u64>,
    /// How many pixels want each colour under the captions.
    wanted: BTreeMap<Rgba, u64>,
}

impl Default for Asked {
    fn default() -> Self {
        Self { counts: vec![0; 256], wanted: BTreeMap::new() }
    }
}

/// What becomes of the palette.
pub(super) struct Decided {
    pub depth: u8,
    found: Entries,
    /// Entries that were given up, each with the one that its pixels take, and how far the worst of them is off.
    merged: Vec<(u8, u8)>,
    largest: Hundredths,
}

impl Asked {
    /// Adds the picture's own pixels.
    pub(super) fn count(&mut self, raster: &Raster) {
        for &index in &raster.data {
            self.counts[usize::from(index)] += 1;
        }
    }

    /// Adds pixels under the captions.
    pub(super) fn want(&mut self, painted: &[(usize, Rgba)]) {
        for &(_, colour) in painted {
            *self.wanted.entry(colour).or_insert(0) += 1;
        }
    }

    /// Decides on a palette. With `is_exact`, no pixel outside the captions may look different.
    pub(super) fn decide(self, palette: &[Rgba], mut depth: u8, mask: &Mask, samples: Samples, is_exact: bool) -> Decided {
        let Self { mut counts, mut wanted } = self;
        // Letters and outlines first.
        let of_inks = |of_emoji: bool| -> Vec<Rgba> {
            let inks = mask.inks.iter().filter(|ink| ink.emoji().is_some() == of_emoji);
            inks.flat_map(Ink::colours).map(|colour| opaque(colour, samples)).collect()
        };
        let mut first = of_inks(false);
        first.retain(|colour| wanted.contains_key(colour));
        for colour in of_inks(true) {
            wanted.entry(colour).or_insert(1);
            first.push(colour);
        }

        let (mut merged, mut largest) = (Vec::new(), Hundredths::default());
        let found = loop {
            let used: Vec<bool> = counts.iter().map(|&count| count > 0).collect();
            let found = entries_for_colours(palette, &used, &first, &wanted, 1 << depth);
            if is_good(&found, &first) {
                break found;
            }
            if depth < 8 {
                depth *= 2;
                continue;
            }
            // A full palette: entries are given up for the captions' own colours, once.
            let lacking = first.iter().filter(|&&colour| !is_near(&found, colour)).count();
            merged = given_up(palette, &counts, &first, lacking, is_exact);
            if merged.is_empty() {
                break found;
            }
            for &(from, to) in &merged {
                counts[usize::from(from)] = 0;
                largest = largest.max(off(palette, to, palette[usize::from(from)]));
            }
            let used: Vec<bool> = counts.iter().map(|&count| count > 0).collect();
            break entries_for_colours(palette, &used, &first, &wanted, 256);
        };
        Decided { depth, found, merged, largest }
    }
}

impl Decided {
    /// The palette.
    pub(super) fn palette(&self) -> Vec<Rgba> {
        self.found.palette.clone()
    }

    /// Gives rows their new indices. `palette` is the source's, and `painted` has the colours under the captions. Returns the pixels that
    /// no caption touches and that took a neighbouring colour.
    pub(super) fn apply(
        &self,
        raster: &mut Raster,
        rows: &Range<u32>,
        palette: &[Rgba],
        painted: &[(usize, Rgba)],
    ) -> impl Iterator<Item = (u32, u32)> + use<> {
        let altered = if self.merged.is_empty() { Vec::new() } else { merge(raster, &self.merged, palette) };
        for &(at, colour) in painted {
            raster.data[at] = self.found.of[&colour];
        }
        let width = raster.width.max(1);
        let touched: HashSet<usize> =
            if altered.is_empty() { HashSet::new() } else { painted.iter().map(|&(at, _)| at).collect() };
        let top = rows.start;
        let place = move |at: usize| (u32::try_from(at % width).unwrap_or(0), top + u32::try_from(at / width).unwrap_or(0));
        altered.into_iter().filter(move |at| !touched.contains(at)).map(place)
    }

    /// What there is to tell of so many pixels that took a neighbouring colour.
    pub(super) fn changed(&self, count: u64) -> ChangedPixels {
        let delta_e = if count == 0 { Hundredths::default() } else { self.largest };
        ChangedPixels { count, delta_e, why: (count > 0).then_some(WhyOff::PaletteFull) }
    }

    /// What there is to tell of each caption of the spec.
    pub(super) fn captions(&self, mask: &Mask, samples: Samples) -> Vec<CaptionFidelity> {
        captions_told(&self.found, mask, samples)
    }
}

impl Indexed {
    /// Draws the captions on the mask's canvas. With `is_exact`, no pixel outside them may look different.
    pub(super) fn paint(self, mask: &Mask, samples: Samples, is_exact: bool) -> Painted {
        let mut asked = Asked::default();
        asked.count(&self.raster);
        let mut raster = self.raster.on_canvas(mask, 0);
        let rows = 0..mask.height_px;
        let painted = colours(&self.palette, &raster, &rows, mask, samples);
        asked.want(&painted);
        let decided = asked.decide(&self.palette, self.depth, mask, samples, is_exact);
        let altered: Vec<(u32, u32)> = decided.apply(&mut raster, &rows, &self.palette, &painted).collect();
        let changed = decided.changed(altered.len() as u64);
        let captions = decided.captions(mask, samples);
        let picture = Self { raster, depth: decided.depth, palette: decided.palette() };
        Painted { picture, altered, changed, captions }
    }
}

/// Gives the pixels of some entries to others. Returns those whose colour that changes.
fn merge(raster: &mut Raster, merged: &[(u8, u8)], palette: &[Rgba]) -> Vec<usize> {
    let mut altered = Vec::new();
    for (at, index) in raster.data.iter_mut().enumerate() {
        if let Some(&(from, to)) = merged.iter().find(|&&(from, _)| from == *index) {
            *index = to;
            if palette.get(usize::from(from)) != palette.get(usize::from(to)) {
                altered.push(at);
            }
        }
    }
    altered
}

/// The colour that each touched pixel of some rows of the canvas should have, by its place among them.
pub(super) fn colours(palette: &[Rgba], raster: &Raster, rows: &Range<u32>, mask: &Mask, samples: Samples) -> Vec<(usize, Rgba)> {
    let held = Rect { left: 0, top: rows.start, right: mask.width_px, bottom: rows.end };
    let mut painted: Vec<(usize, Rgba)> = Vec::new();
    // Of the pixels under captions that lie on others.
    let mut earlier: HashMap<usize, Rgba> = HashMap::new();
    for (number, ink) in mask.inks.iter().enumerate() {
        let lies_on_another = mask.inks[..number].iter().any(|other| !other.rect.intersect(ink.rect).is_empty());
        let lies_under_another = mask.inks[number + 1..].iter().any(|other| !other.rect.intersect(ink.rect).is_empty());
        let in_samples = |colour| opaque(colour, samples);
        let of_letters = ink.pair().map(in_samples);
        for (x, y, cover) in ink.covers_in(held) {
            if cover == Cover::NONE {
                continue;
            }
            let at = (y - rows.start) as usize * raster.width + x as usize;
            let stored = || palette.get(usize::from(raster.data[at])).copied().unwrap_or([0, 0, 0, 255]);
            let beneath = if lies_on_another { earlier.get(&at).copied().unwrap_or_else(stored) } else { stored() };
            let [fill, under] = if ink.emoji().is_some() { ink.pair_at(x, y).map(in_samples) } else { of_letters };
            let [fill, under] = [fill, under].map(|[r, g, b, _]| [r, g, b]);
            let colour = cover.composite(fill, under, beneath, u8::MAX);
            if lies_under_another {
                earlier.insert(at, colour);
            }
            painted.push((at, colour));
        }
    }
    painted
}

/// Whether more bits would not be seen: the captions' own colours are there, and soft edges are near theirs.
fn is_good(found: &Entries, first: &[Rgba]) -> bool {
    found.worst <= SOFT_EDGE && first.iter().all(|&colour| has_own(found, colour))
}

/// What the palette shows for each caption's colours.
fn captions_told(found: &Entries, mask: &Mask, samples: Samples) -> Vec<CaptionFidelity> {
    let mut captions = mask.told.clone();
    for ink in mask.inks.iter().filter(|ink| !ink.is_behind) {
        if let Some(colours) = ink.emoji() {
            let entries = found.palette.iter().filter(|entry| entry[3] == u8::MAX).map(|&[r, g, b, _]| [r, g, b]);
            captions[ink.number].emoji_delta_e = Some(colours.mean_difference(entries));
            continue;
        }
        let [fill, under] = ink.pair().map(|asked| {
            let wanted = opaque(asked, samples);
            let entry = found.of.get(&wanted).and_then(|&entry| found.palette.get(usize::from(entry)));
            // The numbers of the picture's samples, which are sRGB in all but the rarest.
            let [r, g, b, _] = entry.copied().unwrap_or(wanted);
            let shown = if [r, g, b, 255] == wanted { asked } else { [r, g, b] };
            told(asked, shown, WhyOff::PaletteFull)
        });
        (captions[ink.number].fill, captions[ink.number].under) = (fill, under);
    }
    captions
}

/// How far an entry is off from a colour, in dE.
fn off(palette: &[Rgba], entry: u8, [r, g, b, _]: Rgba) -> Hundredths {
    palette
        .get(usize::from(entry))
        .map_or_else(Hundredths::default, |&[er, eg, eb, _]| difference([er, eg, eb], [r, g, b]).into())
}

/// Whether the entry that stands for a colour passes for it.
fn is_near(found: &Entries, colour: Rgba) -> bool {
    found.of.get(&colour).is_none_or(|&entry| off(&found.palette, entry, colour) <= NEAR_DELTA_E)
}

/// Whether a colour has an entry of exactly its own.
fn has_own(found: &Entries, colour: Rgba) -> bool {
    found.of.get(&colour).is_none_or(|&entry| found.palette.get(usize::from(entry)) == Some(&colour))
}

fn opaque(colour: [u8; 3], samples: Samples) -> Rgba {
    let [r, g, b] = colour.map(|channel| u8::try_from(samples.sample(channel, 255)).unwrap_or(u8::MAX));
    [r, g, b, 255]
}
