//! The entry of a palette nearest to a colour, found for many colours of one palette.
//!
//! Used by `brush`. The answer is that of [`crate::planning::Palette::nearest`]; the loop is laid out so that a compiler does several
//! entries at once with what every 64-bit processor has.

/// Entries that are looked at together.
const LANES: usize = 8;

/// A palette's colours, channel by channel.
#[derive(Default)]
pub(super) struct NearestEntry {
    /// Red, green and blue of [`LANES`] entries each; lanes behind the last entry are infinitely far from everything.
    blocks: Vec<[[f32; LANES]; 3]>,
    /// Which entries they are.
    entries: Vec<u8>,
}

impl NearestEntry {
    /// Makes it ready for entries and their colours.
    pub(super) fn take_up(&mut self, colours: impl Iterator<Item = (u8, [u8; 3])>) {
        self.blocks.clear();
        self.entries.clear();
        for (entry, colour) in colours {
            let lane = self.entries.len() % LANES;
            if lane == 0 {
                self.blocks.push([[f32::INFINITY; LANES]; 3]);
            }
            self.entries.push(entry);
            if let Some(block) = self.blocks.last_mut() {
                for (channel, value) in block.iter_mut().zip(colour) {
                    channel[lane] = value.into();
                }
            }
        }
    }

    /// The entry nearest to a colour, the first of several; 0 if there is none.
    #[inline]
    pub(super) fn nearest(&self, wanted: [u8; 3]) -> u8 {
        let [red, green, blue] = wanted.map(f32::from);
        // All sums are whole and below 2^24: exact in a float, which needs no wider multiplication than there is.
        let mut least = [f32::MAX; LANES];
        let mut blocks_of_least = [0_u32; LANES];
        for (number, [reds, greens, blues]) in (0..).zip(&self.blocks) {
            for lane in 0..LANES {
                let (r, g, b) = (reds[lane] - red, greens[lane] - green, blues[lane] - blue);
                let off = 2.0 * r * r + 4.0 * g * g + 3.0 * b * b;
                let is_less = off < least[lane];
                least[lane] = if is_less { off } else { least[lane] };
                blocks_of_least[lane] = if is_less { number } else { blocks_of_least[lane] };
            }
        }
        let mut best = (f32::MAX, usize::MAX);
        for (lane, (&off, &block)) in least.iter().zip(&blocks_of_least).enumerate() {
            let place = block as usize * LANES + lane;
            if off < best.0 || off <= best.0 && place < best.1 {
                best = (off, place);
            }
        }
        self.entries.get(best.1).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{lzw::IndexSet, planning::Palette};

    proptest! {
        #[test]
        fn it_is_the_palettes(
            colours in prop::collection::vec(any::<[u8; 3]>(), 1..=256), wanted: [u8; 3], transparent: Option<u8>, few: bool,
        ) {
            // Few levels give many entries that are equally far.
            let level = |v: u8| if few { v & 0xC0 } else { v };
            let colours: Vec<[u8; 3]> = colours.into_iter().map(|colour| colour.map(level)).collect();
            let palette = Palette::new(Some(&colours.concat()), IndexSet::default()).of_frame(transparent);
            let mut entries = NearestEntry::default();
            entries.take_up(palette.usable());
            prop_assert_eq!(entries.nearest(wanted), palette.nearest(wanted).0);
        }
    }
}
