//! The entries that a brush finds, held against a search without memory.

use proptest::prelude::*;

use super::{
    super::runs::tests::{for_each_pair, with_inks},
    *,
};
use crate::lzw::IndexSet;

fn palette(colours: &[[u8; 3]]) -> Palette {
    Palette::new(Some(&colours.concat()), IndexSet::default())
}

#[test]
fn what_was_asked_of_other_palettes_and_captions_changes_no_answer() {
    with_inks(&[([255; 3], [0; 3]), ([200, 30, 30], [0, 0, 90])], |inks| {
        let mut brush = Brush::default();
        // More palettes than numbers, each of which has every colour at another place.
        for k in 0..600usize {
            let colours: Vec<[u8; 3]> =
                (0..8).map(|i| [0, 1, 2].map(|c| ((k + i * 37 + c * 11) * 29).to_le_bytes()[0])).collect();
            let (palette, mut fresh) = (palette(&colours), Brush::default());
            brush.take_up(&palette);
            fresh.take_up(&palette);
            for runs in inks {
                brush.select(runs);
                fresh.select(runs);
                for cover in [0xF0, 0x0F, 0x70, 0x88].map(Cover) {
                    assert_eq!(brush.alone(runs, cover), fresh.alone(runs, cover), "palette {k}");
                    let wanted = cover.blend(runs.ink.pair()[0], runs.ink.pair()[1], None);
                    assert_eq!(brush.alone(runs, cover), palette.nearest(wanted).0, "palette {k}");
                    assert_eq!(brush.over(runs, cover, [90, 120, 30]), fresh.over(runs, cover, [90, 120, 30]), "palette {k}");
                    let over = brush.over(runs, cover, colours[3]);
                    for _ in 0..2 {
                        assert_eq!(brush.over_index(runs, cover, 3, colours[3]), over, "palette {k}");
                    }
                }
            }
        }
    });
}

/// What a brush keeps on the heap.
fn held_bytes(brush: &Brush) -> usize {
    let caches = brush.caches.iter().map(|cache| size_of_val(&*cache.alone) + size_of_val(&*cache.over)).sum::<usize>();
    caches
        + brush.caches.capacity() * size_of::<ColourCache>()
        + (brush.cells.capacity() + brush.emoji_cells.capacity()) * size_of::<u16>()
        + size_of_val(&brush.entries)
}

#[test]
fn ten_thousand_pairs_of_colours_leave_less_than_two_megabytes_and_change_no_answer() {
    let colours: Vec<[u8; 3]> = (0..64u8).map(|i| [i * 4, 255 - i * 3, i.wrapping_mul(37)]).collect();
    let palette = palette(&colours);
    let mut brush = Brush::default();
    brush.take_up(&palette);
    let pair = |k: u32| {
        let [a, b, c, d] = k.wrapping_mul(2_654_435_761).to_le_bytes();
        [[a, b, c], [d, c, a]]
    };
    let (mut asked, mut largest) = (0, 0);
    // Every third is one of the first: a thread comes back to colours that it has forgotten.
    for_each_pair((0..10_000).map(|k| pair(if k % 3 == 0 { k % 50 } else { k })), |runs| {
        let mut fresh = Brush::default();
        fresh.take_up(&palette);
        brush.select(runs);
        fresh.select(runs);
        for cover in [0xF0, 0x0F, 0x70, 0x88].map(Cover) {
            assert_eq!(brush.alone(runs, cover), fresh.alone(runs, cover), "pair {asked}");
            let over = fresh.over(runs, cover, colours[3]);
            assert_eq!(brush.over_index(runs, cover, 3, colours[3]), over, "pair {asked}");
        }
        asked += 1;
        largest = largest.max(held_bytes(&brush));
    });
    println!("{asked} pairs of colours over one palette: at most {largest} bytes held");
    assert!(largest < 2_000_000, "{largest} bytes");
}

#[test]
fn the_captions_of_three_jobs_are_all_remembered() {
    let mut brush = Brush::default();
    brush.take_up(&palette(&[[0; 3], [255; 3]]));
    for round in 0..3 {
        for_each_pair((0..12).map(|k| [[k; 3], [255 - k; 3]]), |runs| {
            brush.select(runs);
            let known = brush.selected().alone[0xF0] != 0;
            assert_eq!(known, round > 0, "{:?} in round {round}", runs.ink.pair());
            brush.alone(runs, Cover(0xF0));
        });
    }
}

#[test]
fn a_cell_is_judged_by_its_middle() {
    with_inks(&[([255; 3], [0; 3])], |inks| {
        let (mut brush, greys) = (Brush::default(), palette(&[[91; 3], [107; 3]]));
        brush.take_up(&greys);
        let over = [95, 96, 99, 103].map(|grey| brush.over(&inks[0], Cover::NONE, [grey; 3]));
        assert_eq!(over, [0, 1, 1, 1], "the middle of 96 to 103 is 100, that of 88 to 95 is 92");
    });
}

proptest! {
    #[test]
    fn over_a_colour_comes_the_entry_nearest_to_within_half_a_cell_or_another_of_the_edge(
        colours in prop::collection::vec(any::<[u8; 3]>(), 1..64), cover: u8, beneath: [u8; 3],
    ) {
        with_inks(&[([255; 3], [0; 3])], |inks| {
            let (mut brush, palette) = (Brush::default(), palette(&colours));
            brush.take_up(&palette);
            let wanted = inks[0].blend(Cover(cover), beneath);
            let off = |entry: u8| {
                let squared = |c: usize, by: f64| by * f64::from(colours[usize::from(entry)][c].abs_diff(wanted[c])).powi(2);
                (squared(0, 2.0) + squared(1, 4.0) + squared(2, 3.0)).sqrt()
            };
            // Either is off by no more than the way to the middle of the cell, weighted alike.
            let half_a_cell = f64::from(9 * 4u8.pow(2)).sqrt();
            let found = brush.over(&inks[0], Cover(cover), beneath);
            let by_cell = brush.nearest_to_cell(wanted);
            if brush.is_alike(by_cell, wanted) {
                assert!(off(found) <= off(palette.nearest(wanted).0) + 2.0 * half_a_cell);
            }
            let colours = Cover(cover).harder_and_softer().chain([Cover(cover)]).map(|other| inks[0].blend(other, beneath));
            let mut is_reached = false;
            let mut is_of_the_edge = false;
            for colour in colours {
                let by_cell = brush.nearest_to_cell(colour);
                is_reached |= brush.is_alike(by_cell, colour);
                is_of_the_edge |= brush.is_alike(found, colour);
            }
            assert!(is_of_the_edge || !is_reached);
        });
    }
}

#[test]
fn the_edge_of_an_emoji_is_its_mixture_or_the_one_of_the_two_that_looks_more_like_it() {
    let (yellow, green, grey) = ([250, 210, 0], [20, 120, 20], [128; 3]);
    let mut brush = Brush::default();
    brush.take_up(&palette(&[yellow, green, grey]));
    for level in 1..=15 {
        let cover = Cover(level << 4);
        let wanted = Lab::of(cover.blend(yellow, yellow, Some(green)));
        let nearer = u8::from(Lab::of(green).squared_difference(wanted) < Lab::of(yellow).squared_difference(wanted));
        assert_eq!(brush.emoji_over(yellow, cover, Some(1), green), nearer, "level {level}");
    }
    let half = Cover(0x80);
    brush.take_up(&palette(&[yellow, green, half.blend(yellow, yellow, Some(green))]));
    assert_eq!(brush.emoji_over(yellow, half, Some(1), green), 2);
}
