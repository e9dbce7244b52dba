//! Samples of a block from its coefficients and back (T.81, section A.3.3), in 32-bit floats of which only sums and products are taken:
//! the same on every machine.
//!
//! `paint` and `place` use it for the blocks that change.

use super::frame::{Block, QuantTable, within};

/// 64 samples, 0 to 255 where they are of a picture, and beyond where the coefficients say so.
pub(super) type Samples = [f32; 64];

/// cos((2x + 1) u pi / 16) c(u) / 2, at [u][x].
const BASIS: [[f32; 8]; 8] = [
    [0.353_553_4; 8],
    [0.490_392_64, 0.415_734_8, 0.277_785_12, 0.097_545_16, -0.097_545_16, -0.277_785_12, -0.415_734_8, -0.490_392_64],
    [0.461_939_77, 0.191_341_71, -0.191_341_71, -0.461_939_77, -0.461_939_77, -0.191_341_71, 0.191_341_71, 0.461_939_77],
    [0.415_734_8, -0.097_545_16, -0.490_392_64, -0.277_785_12, 0.277_785_12, 0.490_392_64, 0.097_545_16, -0.415_734_8],
    [0.353_553_4, -0.353_553_4, -0.353_553_4, 0.353_553_4, 0.353_553_4, -0.353_553_4, -0.353_553_4, 0.353_553_4],
    [0.277_785_12, -0.490_392_64, 0.097_545_16, 0.415_734_8, -0.415_734_8, -0.097_545_16, 0.490_392_64, -0.277_785_12],
    [0.191_341_71, -0.461_939_77, 0.461_939_77, -0.191_341_71, -0.191_341_71, 0.461_939_77, -0.461_939_77, 0.191_341_71],
    [0.097_545_16, -0.277_785_12, 0.415_734_8, -0.490_392_64, 0.490_392_64, -0.415_734_8, 0.277_785_12, -0.097_545_16],
];

/// The samples that coefficients stand for, not cut to what 8 bits hold.
pub(super) fn samples(block: &Block, table: &QuantTable) -> Samples {
    let mut rows = [0.0; 64];
    for (v, row) in rows.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        for (u, basis) in BASIS.iter().enumerate() {
            let at = 8 * v + u;
            // Most coefficients are 0.
            if block[at] != 0 {
                add_scaled(row, basis, f32::from(block[at]) * f32::from(table[at]));
            }
        }
    }
    let mut out = [128.0; 64];
    for (v, row) in rows.as_chunks::<8>().0.iter().enumerate() {
        if row.iter().any(|&value| value != 0.0) {
            for (y, line) in out.as_chunks_mut::<8>().0.iter_mut().enumerate() {
                add_scaled(line, row, BASIS[v][y]);
            }
        }
    }
    out
}

/// Adds a row times a factor.
fn add_scaled(to: &mut [f32; 8], row: &[f32; 8], factor: f32) {
    for (to, value) in to.iter_mut().zip(row) {
        *to += value * factor;
    }
}

/// The coefficients nearest to samples, in the table's steps.
pub(super) fn coefficients(samples: &Samples, table: &QuantTable) -> Block {
    // Down the columns first, eight at a time; then along the rows of what that leaves, turned over.
    let mut columns = [[0.0; 8]; 8];
    for (v, column) in columns.iter_mut().enumerate() {
        for (y, line) in samples.as_chunks::<8>().0.iter().enumerate() {
            add_scaled(column, &line.map(|sample| sample - 128.0), BASIS[v][y]);
        }
    }
    let mut out = [0; 64];
    for (v, column) in columns.iter().enumerate() {
        for (u, basis) in BASIS.iter().enumerate() {
            let value: f32 = column.iter().zip(basis).map(|(value, basis)| value * basis).sum();
            #[expect(clippy::cast_possible_truncation, reason = "cut to what fits")]
            let step = (value / f32::from(table[8 * v + u])).round().clamp(-2048.0, 2048.0) as i16;
            out[8 * v + u] = within(8 * v + u, step);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coefficients_come_back_from_their_samples() {
        for seed in 0..50_i16 {
            let mut block = [0; 64];
            for (at, coefficient) in (0_i16..).zip(&mut block) {
                *coefficient = (at * 31 + seed * 17) % 23 - 11;
            }
            let table = [7; 64];
            assert_eq!(coefficients(&samples(&block, &table), &table), block);
        }
        let flat = samples(&[0; 64], &[1; 64]);
        assert!(flat.iter().all(|&sample| (sample - 128.0).abs() < 1e-4));
    }

    #[test]
    fn the_basis_is_the_standards() {
        for (u, row) in BASIS.iter().enumerate() {
            for (x, &value) in row.iter().enumerate() {
                let scale = if u == 0 { 0.5_f64.sqrt() } else { 1.0 } / 2.0;
                let angle = f64::from(u32::try_from((2 * x + 1) * u).unwrap()) * std::f64::consts::PI / 16.0;
                assert!((f64::from(value) - scale * angle.cos()).abs() < 1e-7, "{u}, {x}");
            }
        }
    }
}
