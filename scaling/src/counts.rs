//! Counts become real numbers and real numbers counts, in one place.
//!
//! Used by everything here that divides. What is out of range becomes the nearest that is in it, and never a panic.

use std::time::Duration;

/// A count as a real number: exact up to 2^53, which no simulation here comes near.
#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53")]
pub(crate) fn real(count: u64) -> f64 {
    count as f64
}

/// As [`real`], of a length.
pub(crate) fn real_len(len: usize) -> f64 {
    real(u64::try_from(len).unwrap_or(u64::MAX))
}

/// Rounded up; a negative number and none at all are 0.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and NaN becomes 0")]
pub(crate) fn ceil(number: f64) -> u32 {
    // 3.0000000000000004 pods are three: what is left of a division that would have come out even.
    (number - 1e-9).ceil() as u32
}

/// Rounded down; a negative number and none at all are 0.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and NaN becomes 0")]
pub(crate) fn floor(number: f64) -> u32 {
    (number + 1e-9).floor() as u32
}

/// The place of a quantile among so many sorted values: the smallest place below which at least that share lies.
pub(crate) fn place(share: f64, len: usize) -> usize {
    let place = usize::try_from(ceil(share * real_len(len))).unwrap_or(usize::MAX);
    place.clamp(1, len.max(1)) - 1
}

/// How often `part` goes into `whole`, in real numbers; 0 if there is no part.
pub(crate) fn ratio(whole: Duration, part: Duration) -> f64 {
    if part.is_zero() { 0.0 } else { whole.as_secs_f64() / part.as_secs_f64() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divisions_that_come_out_even_are_not_rounded_away() {
        assert_eq!((ceil(3.0), ceil(0.3 / 0.1), ceil(3.01), floor(64.8), floor(2.999_999_999_999)), (3, 3, 4, 64, 3));
        assert_eq!((ceil(-1.0), ceil(f64::NAN), ceil(f64::INFINITY)), (0, 0, u32::MAX));
    }

    #[test]
    fn quantiles_are_values_that_were_seen() {
        assert_eq!((place(0.5, 100), place(0.95, 100), place(1.0, 100)), (49, 94, 99));
        assert_eq!((place(0.0, 3), place(0.5, 1), place(0.5, 0)), (0, 0, 0));
    }
}
