//! Rows of a PNG's samples: filters (third edition, section 9), passes (section 8) and bytes of several samples (section 7.2).
//!
//! `read` undoes them and `write` does them. Nothing here knows a colour.

/// The passes of an interlaced picture: first column, first row, and the steps between those of a pass.
const ADAM7: [[usize; 4]; 7] = [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]];

/// Rows that lie in the file one after another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pass {
    pub first: [usize; 2],
    pub step: [usize; 2],
    /// Pixels in a row, and rows; neither is 0.
    pub sides: [usize; 2],
}

/// The passes of a picture in the file's order.
pub(super) fn passes([width, height]: [usize; 2], is_interlaced: bool) -> Vec<Pass> {
    if !is_interlaced {
        return vec![Pass { first: [0, 0], step: [1, 1], sides: [width, height] }];
    }
    let pass = |[x, y, step_x, step_y]: [usize; 4]| Pass {
        first: [x, y],
        step: [step_x, step_y],
        sides: [width.saturating_sub(x).div_ceil(step_x), height.saturating_sub(y).div_ceil(step_y)],
    };
    ADAM7.into_iter().map(pass).filter(|pass| !pass.sides.contains(&0)).collect()
}

/// The filter of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    None,
    Sub,
    Up,
    Average,
    Paeth,
}

impl Filter {
    pub(super) const ALL: [Self; 5] = [Self::None, Self::Sub, Self::Up, Self::Average, Self::Paeth];

    pub(super) fn of(byte: u8) -> Option<Self> {
        Self::ALL.get(usize::from(byte)).copied()
    }

    fn predict(self, [left, above, above_left]: [u8; 3]) -> u8 {
        match self {
            Self::None => 0,
            Self::Sub => left,
            Self::Up => above,
            #[expect(clippy::cast_possible_truncation, reason = "a mean of bytes")]
            Self::Average => u16::midpoint(u16::from(left), u16::from(above)) as u8,
            Self::Paeth => {
                let [a, b, c] = [left, above, above_left].map(i16::from);
                let [to_left, to_above, to_corner] = [(b - c).abs(), (a - c).abs(), (a + b - 2 * c).abs()];
                if to_left <= to_above && to_left <= to_corner {
                    left
                } else if to_above <= to_corner {
                    above
                } else {
                    above_left
                }
            }
        }
    }

    /// Undoes it in place. `above` is the row before, or nothing. `step` is how many bytes a pixel has, at least one.
    pub(super) fn undo(self, row: &mut [u8], above: &[u8], step: usize) {
        if self == Self::None {
            return;
        }
        for at in 0..row.len() {
            let (left, above_left) =
                if at < step { (0, 0) } else { (row[at - step], above.get(at - step).copied().unwrap_or(0)) };
            let above = above.get(at).copied().unwrap_or(0);
            row[at] = row[at].wrapping_add(self.predict([left, above, above_left]));
        }
    }

    /// Appends the filtered row, without the byte that names the filter.
    pub(super) fn apply(self, row: &[u8], above: &[u8], step: usize, out: &mut Vec<u8>) {
        if self == Self::None {
            out.extend_from_slice(row);
            return;
        }
        out.extend(row.iter().enumerate().map(|(at, &byte)| {
            let (left, above_left) =
                if at < step { (0, 0) } else { (row[at - step], above.get(at - step).copied().unwrap_or(0)) };
            byte.wrapping_sub(self.predict([left, above.get(at).copied().unwrap_or(0), above_left]))
        }));
    }
}

/// The samples of a row that has several to a byte.
pub(super) fn unpack(row: &[u8], depth: u8, samples: usize) -> impl Iterator<Item = u8> + '_ {
    let per_byte = 8 / usize::from(depth);
    let most = u8::MAX >> (8 - depth);
    (0..samples).map(move |i| {
        let shift = 8 - usize::from(depth) * (i % per_byte + 1);
        row.get(i / per_byte).map_or(0, |byte| byte >> shift & most)
    })
}

/// Appends samples, several to a byte; the last byte is filled up with zeros.
pub(super) fn pack(samples: &[u8], depth: u8, out: &mut Vec<u8>) {
    if depth == 8 {
        out.extend_from_slice(samples);
        return;
    }
    let per_byte = 8 / usize::from(depth);
    out.extend(samples.chunks(per_byte).map(|of_a_byte| {
        of_a_byte.iter().enumerate().fold(0, |byte, (i, sample)| byte | sample << (8 - usize::from(depth) * (i + 1)))
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_undo_what_they_do() {
        let row = |seed: u8| (0..48_u8).map(|i| i.wrapping_mul(37).wrapping_add(seed).rotate_left(3)).collect::<Vec<_>>();
        for (filter, step) in Filter::ALL.into_iter().flat_map(|filter| [1, 3, 8].map(|step| (filter, step))) {
            for above in [row(9), Vec::new()] {
                let mut filtered = Vec::new();
                filter.apply(&row(1), &above, step, &mut filtered);
                filter.undo(&mut filtered, &above, step);
                assert_eq!(filtered, row(1), "{filter:?} {step}");
            }
        }
    }

    #[test]
    fn samples_come_out_of_bytes_as_they_went_in() {
        for depth in [1, 2, 4, 8] {
            let samples: Vec<u8> = (0..19_u8).map(|i| i.wrapping_mul(7) & (255 >> (8 - depth))).collect();
            let mut packed = Vec::new();
            pack(&samples, depth, &mut packed);
            assert_eq!(packed.len(), (19 * usize::from(depth)).div_ceil(8));
            assert_eq!(unpack(&packed, depth, 19).collect::<Vec<_>>(), samples);
        }
    }

    #[test]
    fn the_passes_have_every_pixel_once() {
        for sides in [[1, 1], [3, 2], [8, 8], [19, 5]] {
            let count: usize = passes(sides, true).iter().map(|pass| pass.sides[0] * pass.sides[1]).sum();
            assert_eq!(count, sides[0] * sides[1]);
        }
    }
}
