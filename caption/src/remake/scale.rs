//! A picture made smaller: each new pixel is the mean of what lies beneath it, weighted by how much of it does and by its alpha.
//!
//! `remake` calls it before captions are drawn. Whole numbers alone, so that every machine gives the same bytes. It never makes a picture
//! larger.

use super::frames::Pixels;

/// Parts that a source pixel's side is counted in.
const PARTS: u64 = 256;

/// Which source pixels a new pixel lies on along one side, and by how many parts of each.
struct Span {
    first: usize,
    weights: Vec<u64>,
}

/// Makes pictures of one size smaller, to another.
pub(super) struct Scale {
    from: [usize; 2],
    columns: Vec<Span>,
    rows: Vec<Span>,
}

impl Scale {
    /// None where the sides are the same.
    pub(super) fn of(from_px: [u32; 2], to_px: [u32; 2]) -> Option<Self> {
        let is_same = from_px == to_px;
        let spans = |side: usize| spans(from_px[side], to_px[side]);
        (!is_same).then(|| Self { from: from_px.map(|side| side as usize), columns: spans(0), rows: spans(1) })
    }

    /// The picture made smaller, row by row.
    pub(super) fn apply(&self, pixels: &Pixels) -> Pixels {
        let [width, _] = self.from;
        let mut scaled = Vec::with_capacity(self.columns.len() * self.rows.len());
        // Of each source column: the weighted sums of colours times alpha, and of alpha.
        let mut sums = vec![[0_u64; 4]; width];
        for row in &self.rows {
            sums.fill([0; 4]);
            for (y, &weight) in (row.first..).zip(&row.weights) {
                for (sum, &[r, g, b, alpha]) in sums.iter_mut().zip(&pixels[y * width..(y + 1) * width]) {
                    let weight_alpha = weight * u64::from(alpha);
                    for (sum, channel) in sum.iter_mut().zip([r, g, b]) {
                        *sum += weight_alpha * u64::from(channel);
                    }
                    sum[3] += weight_alpha;
                }
            }
            let row_weight: u64 = row.weights.iter().sum();
            scaled.extend(self.columns.iter().map(|column| mean(column, &sums, row_weight)));
        }
        scaled
    }
}

fn mean(column: &Span, sums: &[[u64; 4]], row_weight: u64) -> [u8; 4] {
    let mut total = [0_u64; 4];
    for (sum, &weight) in sums[column.first..].iter().zip(&column.weights) {
        for (total, sum) in total.iter_mut().zip(sum) {
            *total += weight * sum;
        }
    }
    let [.., alpha] = total;
    if alpha == 0 {
        return [0; 4];
    }
    let weight = row_weight * column.weights.iter().sum::<u64>();
    let byte = |sum: u64, of: u64| u8::try_from((sum + of / 2) / of).unwrap_or(u8::MAX);
    [byte(total[0], alpha), byte(total[1], alpha), byte(total[2], alpha), byte(alpha, weight)]
}

fn spans(from: u32, to: u32) -> Vec<Span> {
    let (from, to) = (u64::from(from), u64::from(to.clamp(1, from.max(1))));
    let edge = |pixel: u64| pixel * from * PARTS / to;
    let span = |pixel: u64| {
        let (start, end) = (edge(pixel), edge(pixel + 1));
        let (first, last) = (start / PARTS, (end - 1) / PARTS);
        let weight = |at: u64| end.min((at + 1) * PARTS) - start.max(at * PARTS);
        Span { first: usize::try_from(first).unwrap_or(0), weights: (first..=last).map(weight).collect() }
    };
    (0..to).map(span).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pixel_is_the_mean_of_those_beneath_it() {
        let black_and_white = [[0, 0, 0, 255], [255, 255, 255, 255]].repeat(8);
        let half = Scale::of([4, 4], [2, 2]).unwrap().apply(&black_and_white);
        assert_eq!(half, [[128, 128, 128, 255]; 4]);
        let third = Scale::of([4, 4], [3, 1]).unwrap().apply(&black_and_white);
        assert_eq!(third, [[64, 64, 64, 255], [128, 128, 128, 255], [191, 191, 191, 255]]);
        assert!(Scale::of([4, 4], [4, 4]).is_none());
    }

    #[test]
    fn what_is_not_seen_has_no_part_in_a_colour() {
        let pixels = [[255, 0, 0, 255], [0, 255, 0, 0], [0, 0, 0, 0], [9, 9, 9, 0]];
        assert_eq!(Scale::of([2, 1], [1, 1]).unwrap().apply(&pixels[..2].to_vec()), [[255, 0, 0, 128]]);
        assert_eq!(Scale::of([2, 1], [1, 1]).unwrap().apply(&pixels[2..].to_vec()), [[0; 4]]);
    }

    proptest::proptest! {
        #[test]
        fn a_flat_picture_stays_flat(from in proptest::array::uniform2(1_u32..40), to in proptest::array::uniform2(1_u32..40), pixel: [u8; 4]) {
            let to = [to[0].min(from[0]), to[1].min(from[1])];
            let Some(scale) = Scale::of(from, to) else { return Ok(()) };
            let scaled = scale.apply(&vec![pixel; (from[0] * from[1]) as usize]);
            proptest::prop_assert_eq!(scaled.len(), (to[0] * to[1]) as usize);
            let wanted = if pixel[3] == 0 { [0; 4] } else { pixel };
            proptest::prop_assert!(scaled.iter().all(|&pixel| pixel == wanted));
        }
    }
}
