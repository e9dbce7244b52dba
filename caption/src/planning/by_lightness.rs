//! A palette's entries in the order of their lightness, to find the nearest neighbour of each.
//!
//! Used by `palette` when it looks for entries to give up.

use crate::difference::Lab;

/// Entries from dark to light. Two are at least as far apart as their lightness is, so that a search for the nearest ends early.
pub(super) struct ByLightness(pub(super) Vec<(u8, Lab)>);

impl ByLightness {
    pub(super) fn of(entries: impl Iterator<Item = (u8, [u8; 3])>) -> Self {
        let mut entries: Vec<(u8, Lab)> = entries.map(|(index, colour)| (index, Lab::of(colour))).collect();
        entries.sort_by(|(_, one), (_, other)| one.lightness().total_cmp(&other.lightness()));
        Self(entries)
    }

    /// The entry nearest to the one at a place, of several the one of the lowest index, and how far it is: at most `most_difference` dE.
    pub(super) fn nearest_to(&self, place: usize, most_difference: f32) -> Option<(u8, f32)> {
        let (_, colour) = *self.0.get(place)?;
        let (mut darker, mut lighter) = (self.0[..place].iter().rev(), self.0[place + 1..].iter());
        let mut best = (most_difference * most_difference, None);
        let mut look = |&(index, other): &(u8, Lab)| {
            let apart = colour.lightness() - other.lightness();
            let squared = colour.squared_difference(other);
            if squared < best.0 || squared <= best.0 && best.1.is_none_or(|least| index < least) {
                best = (squared, Some(index));
            }
            apart * apart <= best.0
        };
        // Each way ends with the first that is too far by its lightness alone.
        let _ = darker.all(&mut look);
        let _ = lighter.all(&mut look);
        let (squared, index) = best;
        index.map(|index| (index, squared.sqrt()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_entry_by_lightness_is_the_nearest_of_all() {
        let mut noise = samples::Noise::new(7);
        let mut level = |levels: u32| u8::try_from(noise.below(levels) * 255 / levels).unwrap();
        for levels in [3, 9, 256] {
            let colours: Vec<[u8; 3]> = (0..200).map(|_| [level(levels), level(levels), level(levels)]).collect();
            let entries = ByLightness::of((0..).zip(colours.iter().copied()));
            for (place, &(from, colour)) in entries.0.iter().enumerate() {
                let others = (0..).zip(&colours).filter(|&(index, _)| index != from);
                let far = others.map(|(index, &other)| (index, colour.squared_difference(Lab::of(other))));
                let (to, squared) = far.min_by(|one, other| one.1.total_cmp(&other.1)).unwrap();
                assert_eq!(entries.nearest_to(place, f32::MAX), Some((to, squared.sqrt())), "{levels}: {from}");
                let within = entries.nearest_to(place, 3.0);
                assert_eq!(within.is_some(), squared <= 9.0, "{levels}: {from}");
            }
        }
    }
}
