//! A set of a mask's inks, by their place in it.
//!
//! Plans hold it: which inks a frame shows, and which it lacks.

/// Places of inks. A spec has at most 32 captions of at most three inks each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InkSet(u128);

impl InkSet {
    /// All that there may be.
    pub const ALL: Self = Self(u128::MAX);

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn contains(self, ink: usize) -> bool {
        u32::try_from(ink).is_ok_and(|ink| self.0.checked_shr(ink).is_some_and(|bits| bits & 1 == 1))
    }

    pub(crate) fn intersect(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Those in one of the two and not in the other.
    pub(crate) fn differing(self, other: Self) -> Self {
        Self(self.0 ^ other.0)
    }

    /// Those for which `keep` holds.
    pub(crate) fn filter(self, keep: impl Fn(usize) -> bool) -> Self {
        self.iter().filter(|&ink| keep(ink)).collect()
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = usize> {
        (0..u128::BITS as usize).filter(move |&ink| self.contains(ink))
    }
}

impl FromIterator<usize> for InkSet {
    fn from_iter<I: IntoIterator<Item = usize>>(inks: I) -> Self {
        let bit = |ink: usize| u32::try_from(ink).ok().and_then(|ink| 1_u128.checked_shl(ink)).unwrap_or(0);
        Self(inks.into_iter().fold(0, |bits, ink| bits | bit(ink)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_into_it() {
        let set: InkSet = [0, 5, 127].into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 5, 127]);
        assert_eq!(set.filter(|ink| ink > 4).without([5].into_iter().collect()).iter().collect::<Vec<_>>(), [127]);
        assert!(InkSet::ALL.contains(127) && !InkSet::ALL.contains(128) && InkSet::default().is_empty());
    }
}
