//! The source of a sample's choices: a seed, or bytes that a fuzzer or a property test varies and shrinks.
//!
//! Called by whatever makes a sample. Zeros must choose the plainest option, and so must bytes that have run out: then a shrunk input
//! makes a plain sample.

use std::ops::RangeInclusive;

/// A linear congruential generator. A library's generator could change with its version, and samples with it.
#[derive(Clone, Debug)]
pub struct Noise(u32);

impl Noise {
    /// The same numbers for the same seed.
    #[must_use]
    pub fn new(seed: u32) -> Self {
        Self(seed)
    }

    /// A number below `bound`, which must be at least 1 and at most 2^24.
    pub fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) % bound.max(1)
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: u32) -> bool {
        self.below(n) == 0
    }

    /// Any byte.
    pub fn byte(&mut self) -> u8 {
        self.below(256).to_le_bytes()[0]
    }
}

/// A source of choices.
#[derive(Clone, Debug)]
pub enum Choices<'a> {
    /// From noise, without end.
    Seeded(Noise),
    /// From bytes, and zeros after their end.
    Given(&'a [u8]),
}

impl<'a> Choices<'a> {
    /// The same choices for the same seed.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        // Multiplied by 2^64 over the golden ratio, so that consecutive seeds do not make similar choices.
        let mixed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        Self::Seeded(Noise::new(u32::try_from(mixed).unwrap_or(0)))
    }

    /// The choices that `bytes` make.
    #[must_use]
    pub fn from_bytes(bytes: &'a [u8]) -> Self {
        Self::Given(bytes)
    }

    /// A number below `bound`: one byte of those given where that is enough, else two.
    pub fn below(&mut self, bound: u32) -> u32 {
        match self {
            Self::Seeded(noise) => noise.below(bound),
            Self::Given(_) => {
                let low = u32::from(self.byte());
                let high = if bound > 256 { u32::from(self.byte()) } else { 0 };
                (high << 8 | low) % bound.max(1)
            }
        }
    }

    /// A number of the range.
    pub fn within(&mut self, range: RangeInclusive<u16>) -> u16 {
        let span = u32::from(range.end().saturating_sub(*range.start())) + 1;
        range.start() + u16::try_from(self.below(span)).unwrap_or(0)
    }

    /// True once in `n` times; never when the bytes have run out.
    pub fn one_in(&mut self, n: u32) -> bool {
        self.below(n) + 1 == n
    }

    /// One of `options`, of which there must be some.
    pub fn pick<T: Copy>(&mut self, options: &[T]) -> T {
        options[self.below(u32::try_from(options.len()).unwrap_or(1)) as usize]
    }

    /// A seed for noise.
    pub fn seed(&mut self) -> u32 {
        self.below(1 << 16)
    }

    fn byte(&mut self) -> u8 {
        match self {
            Self::Seeded(noise) => noise.byte(),
            Self::Given(bytes) => {
                let Some((first, rest)) = bytes.split_first() else { return 0 };
                *bytes = rest;
                *first
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_choose_in_order_and_then_the_plainest() {
        let mut choices = Choices::from_bytes(&[7, 5, 1]);
        assert_eq!((choices.below(4), choices.below(1000), choices.below(1000), choices.one_in(3)), (3, 261, 0, false));
        assert_eq!(choices.within(40..=90), 40);
    }

    #[test]
    fn seeds_that_follow_each_other_choose_differently() {
        let first = |seed| {
            let mut choices = Choices::from_seed(seed);
            (choices.below(1000), choices.below(1000))
        };
        assert_eq!(first(5), first(5));
        let all: std::collections::HashSet<_> = (0..100).map(first).collect();
        assert!(all.len() > 95);
    }
}
