//! A few things without an order, in a fixed array: what a queue holds.
//!
//! Sorted inside, so that two states which hold the same things are the same state. A queue that could deliver only its oldest
//! message would hide what happens when another comes first.

/// At most so many things; one more is a mistake in the bounds of the model, and panics.
pub const CAPACITY: usize = 8;

/// A multiset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Bag<T> {
    len: u8,
    /// The first `len`, in order; behind them all are the default.
    items: [T; CAPACITY],
}

impl<T: Copy + Default + Ord> Bag<T> {
    /// What it holds, in order.
    pub fn items(&self) -> &[T] {
        &self.items[..usize::from(self.len)]
    }

    /// How many it holds.
    pub fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Puts one in.
    pub fn put(&mut self, item: T) {
        let at = self.items().partition_point(|&held| held <= item);
        self.items[at..=usize::from(self.len)].rotate_right(1);
        self.items[at] = item;
        self.len += 1;
    }

    /// Takes one out; whether it was there.
    pub fn take(&mut self, item: T) -> bool {
        let Ok(at) = self.items().binary_search(&item) else { return false };
        let len = self.len();
        self.items[at] = T::default();
        self.items[at..len].rotate_left(1);
        self.len -= 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_things_make_the_same_bag() {
        let bag = |items: &[u8]| {
            let mut bag = Bag::default();
            items.iter().for_each(|&item| bag.put(item));
            bag
        };
        assert_eq!(bag(&[3, 1, 2, 1]), bag(&[1, 1, 2, 3]));
        let mut taken = bag(&[1, 2, 3]);
        assert!(taken.take(1) && !taken.take(7));
        assert_eq!(taken, bag(&[3, 2]));
    }
}
