//! Entries of a full palette that are given up for a caption's own colours: those whose pixels lose least by taking a neighbour's colour.
//!
//! `indexed` asks, unless nothing outside the letters may change. Whoever shows the picture is told which pixels took another colour.

use super::entries::Rgba;
use crate::difference::Lab;

/// So far a pixel's colour may move (dE, CIE76): what nobody sees, and what is given up to if nothing else is left.
const NEAR: [f32; 2] = [2.0, 3.0];

/// At most one pixel in so many takes another colour.
const FEWEST_PIXELS: u64 = 20;

/// Finds `needed` entries to give up: each with the entry that its pixels take. `counts` says how many pixels an entry has; entries in
/// `kept` stay. Entries of one colour come first, as nothing is lost by them; an entry takes part in one merging. With `is_exact`, no
/// pixel may look different, and only entries of one colour are found.
pub(super) fn given_up(palette: &[Rgba], counts: &[u64], kept: &[Rgba], needed: usize, is_exact: bool) -> Vec<(u8, u8)> {
    let labs: Vec<Lab> = palette.iter().map(|&[r, g, b, _]| Lab::of([r, g, b])).collect();
    let count = |i: usize| counts.get(i).copied().unwrap_or(0);
    let total: u64 = counts.iter().sum();
    let (mut left, mut taken) = (total / FEWEST_PIXELS, vec![false; palette.len()]);
    let mut pairs: Vec<(f32, u64, usize, usize)> = Vec::new();
    for i in 0..palette.len() {
        for j in (0..i).filter(|&j| palette[i][3] == palette[j][3] && count(i) > 0 && count(j) > 0) {
            // The one with fewer pixels is given up.
            let (from, to) = if count(i) <= count(j) { (i, j) } else { (j, i) };
            let is_one_colour = palette[i] == palette[j];
            let far = if is_one_colour { 0.0 } else { labs[i].difference(labs[j]) };
            if (is_one_colour || !is_exact && far <= NEAR[1]) && (!kept.contains(&palette[from]) || palette[from] == palette[to])
            {
                pairs.push((far, count(from), from, to));
            }
        }
    }
    let mut found = Vec::new();
    for near in NEAR {
        let cost = |&(far, pixels, ..): &(f32, u64, usize, usize)| {
            #[expect(clippy::cast_precision_loss, reason = "an order among costs")]
            let pixels = pixels as f32;
            far * far * pixels
        };
        pairs.sort_by(|a, b| cost(a).total_cmp(&cost(b)).then((a.2, a.3).cmp(&(b.2, b.3))));
        for &(far, pixels, from, to) in pairs.iter().filter(|(far, ..)| *far <= near) {
            if found.len() >= needed {
                return found;
            }
            let costs = if palette[from] == palette[to] { 0 } else { pixels };
            if !taken[from] && !taken[to] && costs <= left && far <= near {
                (taken[from], taken[to]) = (true, true);
                left -= costs;
                found.extend(u8::try_from(from).ok().zip(u8::try_from(to).ok()));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cheapest_pair_is_merged_and_none_that_is_seen() {
        let palette =
            [[10, 10, 10, 255], [12, 12, 12, 255], [200, 0, 0, 255], [201, 0, 0, 255], [0, 0, 200, 255], [0, 0, 200, 255]];
        let counts = [1000, 10, 500, 400, 900, 800];
        assert_eq!(given_up(&palette, &counts, &[], 1, false), [(5, 4)], "equal colours first, however many pixels they have");
        assert_eq!(given_up(&palette, &counts, &[], 9, false), [(5, 4), (1, 0)], "the reds have more than 5 % of the pixels");
        assert_eq!(given_up(&palette, &counts, &[], 9, true), [(5, 4)], "nothing may look different");
        assert_eq!(given_up(&palette, &counts, &[[12, 12, 12, 255]], 9, false), [(5, 4)], "a colour of the caption stays");
        let apart = [[0, 0, 0, 255], [30, 30, 30, 255], [0, 0, 0, 0]];
        assert_eq!(given_up(&apart, &[100, 1, 1], &[], 1, false), []);
    }
}
