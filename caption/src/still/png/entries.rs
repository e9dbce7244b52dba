//! Palette entries for the colours that captions need in an indexed PNG.
//!
//! `indexed` asks, with the colours and how many pixels want each. No entry that a pixel uses is changed: an equal entry is taken, then
//! a free one is set, then the nearest stands.

use std::collections::BTreeMap;

/// A colour with its alpha, not premultiplied.
pub(super) type Rgba = [u8; 4];

/// The palette, and the entry of each wanted colour.
pub(super) struct Entries {
    pub palette: Vec<Rgba>,
    pub of: BTreeMap<Rgba, u8>,
    /// How far the worst wanted colour is from its entry, see [`distance`].
    pub worst: u32,
}

/// At most so many colours compete for free entries: those that most pixels want.
const MOST_CANDIDATES: usize = 4096;

/// An entry so near to a colour stands for it: 4 levels a channel, which nobody sees at a soft edge.
const NEGLIGIBLE: u32 = 3 * 4 * 4;

/// How far apart two colours look: the squared distance of their channels as they appear over white and over black, whichever is more.
pub(super) fn distance(a: Rgba, b: Rgba) -> u32 {
    let over = |ground: u32| {
        let shown = |[.., alpha]: Rgba, channel: u8| {
            (u32::from(channel) * u32::from(alpha) + ground * (255 - u32::from(alpha)) + 127) / 255
        };
        (0..3).map(|c| shown(a, a[c]).abs_diff(shown(b, b[c])).pow(2)).sum::<u32>()
    };
    if a[3] == 255 && b[3] == 255 { over(0) } else { over(0).max(over(255)) }
}

fn nearest(palette: &[Rgba], wanted: Rgba) -> (u32, usize) {
    palette.iter().enumerate().map(|(i, &entry)| (distance(entry, wanted), i)).min().unwrap_or((u32::MAX, 0))
}

/// Entries for colours. `used` says which entries of the palette a pixel uses, `first` are colours that come before all others, and
/// `wanted` says how many pixels want a colour. The palette grows to at most `room` entries.
pub(super) fn entries_for_colours(
    palette: &[Rgba],
    used: &[bool],
    first: &[Rgba],
    wanted: &BTreeMap<Rgba, u64>,
    room: usize,
) -> Entries {
    let mut palette = palette.to_vec();
    // What no pixel uses may be set, but is not worth a change where it is right already.
    let mut free: Vec<usize> = (0..palette.len()).filter(|&i| !used.get(i).copied().unwrap_or(false)).collect();
    free.retain(|&i| !wanted.contains_key(&palette[i]) && !first.contains(&palette[i]));
    free.extend(palette.len()..room);
    free.reverse();
    let mut candidates: Vec<(Rgba, u64)> = wanted.iter().map(|(&colour, &pixels)| (colour, pixels)).collect();
    candidates.sort_by_key(|&(colour, pixels)| (std::cmp::Reverse(pixels), colour));
    candidates.truncate(MOST_CANDIDATES);
    let mut far: Vec<u32> = candidates.iter().map(|&(colour, _)| nearest(&palette, colour).0).collect();
    let mut firsts = first.iter().copied().filter(|colour| wanted.contains_key(colour));
    while let Some(&entry) = free.last() {
        let next = firsts.find(|&colour| nearest(&palette, colour).0 > 0).or_else(|| {
            let cost = |i: usize| if far[i] > NEGLIGIBLE { u64::from(far[i]) * candidates[i].1 } else { 0 };
            let worst = (0..candidates.len()).max_by_key(|&i| (cost(i), std::cmp::Reverse(i)))?;
            (far[worst] > NEGLIGIBLE).then(|| candidates[worst].0)
        });
        let Some(colour) = next else { break };
        free.pop();
        match palette.get_mut(entry) {
            Some(unused) => *unused = colour,
            None => palette.push(colour),
        }
        for (far, &(candidate, _)) in far.iter_mut().zip(&candidates) {
            *far = (*far).min(distance(candidate, colour));
        }
    }
    let mut worst = 0;
    let of = wanted.keys().map(|&colour| {
        let (far, entry) = nearest(&palette, colour);
        worst = worst.max(far);
        (colour, u8::try_from(entry).unwrap_or(u8::MAX))
    });
    let of = of.collect();
    Entries { palette, of, worst }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Rgba = [255, 0, 0, 255];
    const BLUE: Rgba = [0, 0, 255, 255];
    const WHITE: Rgba = [255; 4];

    #[test]
    fn an_equal_entry_is_taken_then_a_free_one_then_the_nearest() {
        let wanted = BTreeMap::from([(RED, 5), (WHITE, 1), ([250, 250, 250, 255], 1)]);
        let found = entries_for_colours(&[RED, BLUE, BLUE], &[true, true, false], &[WHITE], &wanted, 3);
        assert_eq!(found.palette, [RED, BLUE, WHITE]);
        assert_eq!((found.of[&RED], found.of[&WHITE], found.of[&[250, 250, 250, 255]], found.worst), (0, 2, 2, 75));
        let found = entries_for_colours(&[RED, BLUE], &[true, true], &[], &wanted, 4);
        assert_eq!((found.palette.len(), found.worst), (4, 0));
        let found = entries_for_colours(&[RED, BLUE], &[true, true], &[WHITE], &wanted, 2);
        assert_eq!((found.palette, found.worst > 0), (vec![RED, BLUE], true));
    }

    #[test]
    fn colours_under_alpha_0_are_all_alike() {
        assert_eq!(distance([9, 9, 9, 0], [200, 0, 1, 0]), 0);
        assert!(distance([255, 255, 255, 0], WHITE) > 100_000);
    }
}
