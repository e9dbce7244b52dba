//! Captions on palette indices: what they don't touch keeps its index.
//!
//! `mod` calls it for indexed PNGs. Which entries the captions' colours get is said by `entries`.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::mask::{Cover, Ink, Mask};

use super::{
    super::{colour_space::Samples, raster::Raster},
    entries::{Entries, Rgba, entries_for_colours},
    merging::given_up,
};

/// Indices and what they mean.
pub(super) struct Indexed {
    pub raster: Raster,
    /// Bits of an index.
    pub depth: u8,
    pub palette: Vec<Rgba>,
    /// Pixels that no caption touches and that took a neighbouring colour: (x, y).
    pub altered: Vec<(u32, u32)>,
}

/// A soft edge may be so far from its colour, as `entries::distance` measures, before the indices get more bits: 24 levels.
const SOFT_EDGE: u32 = 24 * 24;

impl Indexed {
    /// Draws the captions on the mask's canvas.
    pub(super) fn paint(self, mask: &Mask, samples: Samples) -> Self {
        let mut counts = vec![0_u64; 256];
        for &index in &self.raster.data {
            counts[usize::from(index)] += 1;
        }
        let mut raster = self.raster.on_canvas(mask, 0);
        let painted = colours(&self.palette, &raster, mask, samples);
        let mut wanted = BTreeMap::new();
        for &(_, colour) in &painted {
            *wanted.entry(colour).or_insert(0_u64) += 1;
        }
        let mut first: Vec<Rgba> = mask.inks.iter().flat_map(Ink::pair).map(|colour| opaque(colour, samples)).collect();
        first.retain(|colour| wanted.contains_key(colour));

        let mut depth = self.depth;
        let mut altered = Vec::new();
        let found = loop {
            let used: Vec<bool> = counts.iter().map(|&count| count > 0).collect();
            let found = entries_for_colours(&self.palette, &used, &first, &wanted, 1 << depth);
            if is_good(&found, &first) {
                break found;
            }
            if depth < 8 {
                depth *= 2;
                continue;
            }
            // A full palette: entries are given up for the captions' own colours, once.
            let lacking = first.iter().filter(|&&colour| !has_own(&found, colour)).count();
            let merged = given_up(&self.palette, &counts, &first, lacking);
            if merged.is_empty() {
                break found;
            }
            altered = merge(&mut raster, &merged, &self.palette);
            for (from, _) in merged {
                counts[usize::from(from)] = 0;
            }
            let used: Vec<bool> = counts.iter().map(|&count| count > 0).collect();
            break entries_for_colours(&self.palette, &used, &first, &wanted, 256);
        };
        for &(at, colour) in &painted {
            raster.data[at] = found.of[&colour];
        }
        let width = raster.width.max(1);
        let touched: HashSet<usize> =
            if altered.is_empty() { HashSet::new() } else { painted.iter().map(|&(at, _)| at).collect() };
        let place = |at: usize| (u32::try_from(at % width).unwrap_or(0), u32::try_from(at / width).unwrap_or(0));
        let altered = altered.into_iter().filter(|at| !touched.contains(at)).map(place).collect();
        Self { raster, depth, palette: found.palette, altered }
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

/// The colour that each touched pixel should have, by its place.
fn colours(palette: &[Rgba], raster: &Raster, mask: &Mask, samples: Samples) -> Vec<(usize, Rgba)> {
    let mut painted: Vec<(usize, Rgba)> = Vec::new();
    // Of the pixels under captions that lie on others.
    let mut earlier: HashMap<usize, Rgba> = HashMap::new();
    for (number, ink) in mask.inks.iter().enumerate() {
        let lies_on_another = mask.inks[..number].iter().any(|other| !other.rect.intersect(ink.rect).is_empty());
        let lies_under_another = mask.inks[number + 1..].iter().any(|other| !other.rect.intersect(ink.rect).is_empty());
        let [fill, under] = ink.pair().map(|colour| opaque(colour, samples)).map(|[r, g, b, _]| [r, g, b]);
        for (x, y, cover) in ink.covers_in(ink.rect) {
            if cover == Cover::NONE {
                continue;
            }
            let at = y as usize * raster.width + x as usize;
            let stored = || palette.get(usize::from(raster.data[at])).copied().unwrap_or([0, 0, 0, 255]);
            let beneath = if lies_on_another { earlier.get(&at).copied().unwrap_or_else(stored) } else { stored() };
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

/// Whether a colour has an entry of exactly its own.
fn has_own(found: &Entries, colour: Rgba) -> bool {
    found.of.get(&colour).is_none_or(|&entry| found.palette.get(usize::from(entry)) == Some(&colour))
}

fn opaque(colour: [u8; 3], samples: Samples) -> Rgba {
    let [r, g, b] = colour.map(|channel| u8::try_from(samples.sample(channel, 255)).unwrap_or(u8::MAX));
    [r, g, b, 255]
}
