//! The order of rows in an interlaced frame (`GIF89a`, appendix E).

/// Rows of a frame of this height in the order its stream has them.
pub(super) fn row_order(height: u32, interlaced: bool) -> impl Iterator<Item = u32> {
    let passes: &[(u32, usize)] = if interlaced { &[(0, 8), (4, 8), (2, 4), (1, 2)] } else { &[(0, 1)] };
    passes.iter().flat_map(move |&(first, step)| (first..height).step_by(step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_comes_once_in_four_passes() {
        assert_eq!(row_order(10, true).collect::<Vec<_>>(), [0, 8, 4, 2, 6, 1, 3, 5, 7, 9]);
        assert_eq!(row_order(3, false).collect::<Vec<_>>(), [0, 1, 2]);
        for height in 0..40 {
            let mut rows: Vec<u32> = row_order(height, true).collect();
            rows.sort_unstable();
            assert_eq!(rows, (0..height).collect::<Vec<_>>());
        }
    }
}
