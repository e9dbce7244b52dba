//! How far apart two colours of pixels look, in whole numbers.
//!
//! `plan` and `search` call it for each pixel, so it is a few multiplications in gamma-encoded sRGB, not Oklab. One scale serves every limit.

/// What `Settings` calls 1, as a squared distance: with it, a number means about what `gifsicle --lossy` takes it for.
const UNIT: u32 = 23;

/// A difference of two colours, level by level.
pub(crate) type Difference = [i32; 3];

/// The squared distance up to which a setting lets two colours pass for one.
pub(crate) fn limit(setting: u16) -> u32 {
    u32::from(setting) * UNIT
}

pub(crate) fn difference(a: [u8; 3], b: [u8; 3]) -> Difference {
    [i32::from(a[0]) - i32::from(b[0]), i32::from(a[1]) - i32::from(b[1]), i32::from(a[2]) - i32::from(b[2])]
}

/// Squared, green above all. Differences of up to 10,000 levels fit.
pub(crate) fn squared([red, green, blue]: Difference) -> u32 {
    (2 * red * red + 4 * green * green + blue * blue).unsigned_abs()
}

pub(crate) fn between(a: [u8; 3], b: [u8; 3]) -> u32 {
    squared(difference(a, b))
}
