//! How different two colours look: CIE76 dE, the distance in CIE L\*a\*b\* under the D65 white, of sRGB colours.
//!
//! Used by planning, where it is decided which entry passes for a colour and which entries may be merged, and by painting for soft
//! edges. Only sums, products, quotients and square roots are taken, which every machine rounds alike: the answer decides bytes.

use std::sync::LazyLock;

/// A colour in L\*a\*b\*.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lab([f32; 3]);

/// By level of sRGB: linear light (IEC 61966-2-1).
static LINEAR: LazyLock<[f32; 256]> = LazyLock::new(|| {
    std::array::from_fn(|level| {
        #[expect(clippy::cast_precision_loss, reason = "at most 255")]
        let level = level as f64 / 255.0;
        #[expect(clippy::cast_possible_truncation, reason = "seven digits are enough")]
        let rounded = |linear: f64| linear as f32;
        if level <= 0.04045 {
            return rounded(level / 12.92);
        }
        // The power 2.4: the square times the fifth root of the square.
        let squared = ((level + 0.055) / 1.055) * ((level + 0.055) / 1.055);
        let root = (0..60).fold(1.0, |root: f64, _| (4.0 * root + squared / (root * root * root * root)) / 5.0);
        rounded(squared * root)
    })
});

/// What red, green and blue have of X, Y and Z, and what white has.
const XYZ: [([f32; 3], f32); 3] =
    [([0.4124, 0.3576, 0.1805], 0.9505), ([0.2126, 0.7152, 0.0722], 1.0), ([0.0193, 0.1192, 0.9505], 1.089)];

impl Lab {
    pub(crate) fn of(rgb: [u8; 3]) -> Self {
        let linear = rgb.map(|level| LINEAR[usize::from(level)]);
        let [x, y, z] = XYZ.map(|(of, white)| compressed((of[0] * linear[0] + of[1] * linear[1] + of[2] * linear[2]) / white));
        Self([116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)])
    }

    /// From 0, black, to 100, white.
    pub(crate) fn lightness(self) -> f32 {
        self.0[0]
    }

    /// How far it is from grey.
    pub(crate) fn chroma(self) -> f32 {
        (self.0[1] * self.0[1] + self.0[2] * self.0[2]).sqrt()
    }

    /// dE.
    pub(crate) fn difference(self, other: Self) -> f32 {
        self.squared_difference(other).sqrt()
    }

    /// dE squared.
    pub(crate) fn squared_difference(self, other: Self) -> f32 {
        let [l, a, b] = [0, 1, 2].map(|i| self.0[i] - other.0[i]);
        l * l + a * a + b * b
    }
}

/// dE between two colours.
pub(crate) fn difference(one: [u8; 3], other: [u8; 3]) -> f32 {
    if one == other { 0.0 } else { Lab::of(one).difference(Lab::of(other)) }
}

/// The cube root, or a line below 0.008856 (CIE 15, section 8.2.1).
fn compressed(share: f32) -> f32 {
    if share <= 0.008_856 {
        return 7.787 * share + 16.0 / 116.0;
    }
    // A third of the exponent is near enough for two of Newton's steps to reach the fifth digit.
    let near = f32::from_bits(share.to_bits() / 3 + 0x2A51_37A0);
    (0..2).fold(near, |root, _| (2.0 * root + share / (root * root)) / 3.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_those_of_the_tables() {
        // Computed with another implementation.
        for (one, other, expected) in [
            ([255, 255, 255], [208, 177, 162], 29.5),
            ([255, 255, 255], [185, 246, 226], 24.6),
            ([255, 255, 255], [247, 243, 234], 6.3),
            ([0, 0, 0], [255, 255, 255], 100.0),
        ] {
            let found = difference(one, other);
            assert!((found - expected).abs() < 0.06, "{one:?} {other:?}: {found}");
        }
        assert!(difference([9, 200, 3], [9, 200, 3]).abs() < f32::EPSILON);
    }

    #[test]
    fn lightness_is_that_of_greys() {
        for (level, lightness) in [(0, 0.0), (1, 0.27), (119, 50.0), (255, 100.0)] {
            let Lab([l, a, b]) = Lab::of([level; 3]);
            assert!((l - lightness).abs() < 0.1 && a.abs() < 0.02 && b.abs() < 0.02, "{level}: {l} {a} {b}");
        }
    }
}
