//! A set of palette indices.
//!
//! Tells scans and palettes which entries are in use; 32 bytes, whatever it holds.

/// Some of the 256 indices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IndexSet([u64; 4]);

impl IndexSet {
    pub fn contains(self, index: u8) -> bool {
        self.0[usize::from(index >> 6)] >> (index & 63) & 1 == 1
    }

    pub fn insert(&mut self, index: u8) {
        self.0[usize::from(index >> 6)] |= 1 << (index & 63);
    }

    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] | other.0[i]))
    }

    /// Whether none is `from` or above.
    pub fn all_below(self, from: usize) -> bool {
        (from..256).all(|index| u8::try_from(index).is_ok_and(|index| !self.contains(index)))
    }
}

impl FromIterator<u8> for IndexSet {
    fn from_iter<I: IntoIterator<Item = u8>>(indices: I) -> Self {
        let mut set = Self::default();
        indices.into_iter().for_each(|index| set.insert(index));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_was_put_in() {
        let set: IndexSet = [0, 63, 64, 255].into_iter().collect();
        let held: Vec<u8> = (0..=255).filter(|&i| set.contains(i)).collect();
        assert_eq!(held, [0, 63, 64, 255]);
        assert!(!set.all_below(255) && set.all_below(256) && IndexSet::from_iter([9]).all_below(10));
        assert_eq!(IndexSet::from_iter([1]).union(IndexSet::from_iter([2])), IndexSet::from_iter([1, 2]));
    }

    #[test]
    fn all_below_is_asked_of_every_index() {
        for index in 0..=255u8 {
            let set = IndexSet::from_iter([index]);
            let bounds: Vec<usize> = (0..=257).filter(|&bound| set.all_below(bound)).collect();
            assert_eq!(bounds, (usize::from(index) + 1..=257).collect::<Vec<_>>());
        }
        assert!(IndexSet::default().all_below(0));
    }
}
