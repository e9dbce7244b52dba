//! Colours in Oklab, where equal distances look equally large.
//!
//! `cluster` and `matcher` compare colours here. It must never call a function of the platform's mathematics library: those differ from
//! machine to machine. Plain `f32` and `f64` arithmetic does not.

/// Lightness and two opponent axes. Black to white is 1.
pub(crate) type Lab = [f32; 3];

/// sRGB's transfer function for each level.
static LINEAR: [f32; 256] = linear_levels();

#[expect(clippy::cast_possible_truncation, reason = "the table is in f32")]
const fn linear_levels() -> [f32; 256] {
    let mut levels = [0.0; 256];
    let mut level = 0_u8;
    loop {
        let share = level as f64 / 255.0;
        levels[level as usize] = if share <= 0.040_45 {
            share / 12.92
        } else {
            // x^2.4 is x^2 times the fifth root of x^2.
            let base = (share + 0.055) / 1.055;
            base * base * fifth_root(base * base)
        } as f32;
        if level == u8::MAX {
            return levels;
        }
        level += 1;
    }
}

/// Newton's method from above, for 0 to 1.
const fn fifth_root(of: f64) -> f64 {
    let mut root = 1.0;
    let mut step = 0;
    while step < 64 {
        let fourth = root * root * root * root;
        root -= (fourth * root - of) / (5.0 * fourth);
        step += 1;
    }
    root
}

fn cube_root(of: f32) -> f32 {
    if of <= 0.0 {
        return 0.0;
    }
    // A third of the exponent is a good guess, and each step of Newton's method doubles its digits.
    let mut root = f32::from_bits(of.to_bits() / 3 + 0x2a51_4067);
    for _ in 0..3 {
        root = (2.0 * root + of / (root * root)) / 3.0;
    }
    root
}

/// From sRGB, by the matrices of Ottosson's definition.
pub(crate) fn lab(rgb: [u8; 3]) -> Lab {
    let linear = rgb.map(|level| LINEAR[usize::from(level)]);
    let times = |row: [f32; 3], column: Lab| row[0] * column[0] + row[1] * column[1] + row[2] * column[2];
    let cones = [
        times([0.412_221_46, 0.536_332_55, 0.051_445_995], linear),
        times([0.211_903_5, 0.680_699_5, 0.107_396_96], linear),
        times([0.088_302_46, 0.281_718_85, 0.629_978_7], linear),
    ]
    .map(cube_root);
    [
        times([0.210_454_26, 0.793_617_8, -0.004_072_047], cones),
        times([1.977_998_5, -2.428_592_2, 0.450_593_7], cones),
        times([0.025_904_037, 0.782_771_77, -0.808_675_77], cones),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_colours_are_where_the_definition_has_them() {
        for (rgb, wanted) in [
            ([255, 255, 255], [1.0, 0.0, 0.0]),
            ([0, 0, 0], [0.0, 0.0, 0.0]),
            ([255, 0, 0], [0.627_955, 0.224_863, 0.125_846]),
            ([0, 0, 255], [0.452_014, -0.032_457, -0.311_528]),
        ] {
            for (got, wanted) in lab(rgb).into_iter().zip(wanted) {
                assert!((got - wanted).abs() < 1e-4, "{rgb:?}: {got} is not {wanted}");
            }
        }
    }
}
