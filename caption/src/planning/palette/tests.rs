//! Each way to find room for a colour, on palettes that are given.

use super::*;
use crate::planning::room::{MOST_DIFFERENCE, UNSEEN_DIFFERENCE};

const WHITE: [u8; 3] = [255; 3];
const BLACK: [u8; 3] = [0; 3];

fn palette(table: &[u8], transparent: Option<u8>) -> Palette {
    Palette::new(Some(table), IndexSet::default()).of_frame(transparent)
}

fn all_but(free: &[u8]) -> IndexSet {
    (0..=255).filter(|index| !free.contains(index)).collect()
}

fn first(count: u8) -> IndexSet {
    (0..count).collect()
}

/// 256 colours a step of dE or two apart, none of them light or dark.
fn flat() -> Vec<u8> {
    (0..=255u8).flat_map(|i| [100 + i % 16 * 2, 100 + i / 16 * 2, 100]).collect()
}

/// One frame in which each index has so many pixels.
fn counts(of: impl Fn(u8) -> u32) -> FrameCounts {
    FrameCounts::of([std::array::from_fn(|i| of(u8::try_from(i).unwrap()))])
}

#[test]
fn an_entry_is_of_a_colour_to_a_level() {
    let table = [254, 255, 254, 0, 1, 1, 90, 90, 90, 253, 160, 160];
    let palette = palette(&table, None);
    assert!(palette.has(WHITE) && palette.has(BLACK) && !palette.has([88, 90, 90]));
    assert!(!palette.is_changed());
    assert_eq!((palette.nearest(WHITE).0, palette.nearest(BLACK).0), (0, 1));
}

#[test]
fn an_unused_entry_is_taken_before_the_table_grows() {
    let mut palette = palette(&flat(), None);
    let mut used = all_but(&[7, 9]);
    assert!(palette.take_free(WHITE, &mut used, 256) && palette.take_free(BLACK, &mut used, 256));
    assert!(!palette.take_free([9, 200, 9], &mut used, 256), "there is no third");
    assert_eq!((palette.nearest(WHITE), palette.nearest(BLACK)), ((7, 0), (9, 0)));
    assert_eq!((palette.is_changed(), palette.table().len()), (true, 768));
}

#[test]
fn a_small_table_grows_as_far_as_codes_reach_but_never_over_indices_that_pixels_use() {
    let table = [200, 0, 0, 0, 0, 200, 90, 0, 0, 0, 90, 0];
    assert!(!palette(&table, None).take_free(WHITE, &mut first(4), 4));
    let mut grown = palette(&table, None);
    assert!(grown.take_free(WHITE, &mut first(4), 8));
    assert_eq!((grown.nearest(WHITE), grown.table().len()), ((4, 0), 24));
    let mut used = first(4);
    used.insert(100);
    assert!(!palette(&table, Some(4)).take_free(WHITE, &mut used, 256));
}

#[test]
fn a_transparent_index_beyond_the_table_is_stepped_over() {
    let mut palette = palette(&[200, 0, 0, 0, 0, 200], Some(2));
    let mut used = first(2);
    assert!(palette.take_free(WHITE, &mut used, 256) && palette.take_free(BLACK, &mut used, 256));
    assert_eq!((palette.nearest(WHITE), palette.nearest(BLACK)), ((3, 0), (4, 0)));
}

#[test]
fn what_other_frames_show_nothing_by_is_never_a_colour() {
    let palette = Palette::new(Some(&[255, 255, 255, 250, 250, 250]), IndexSet::from_iter([0]));
    assert_eq!(palette.of_frame(None).nearest(WHITE).0, 1);
}

#[test]
fn of_equal_entries_the_rarer_goes_and_no_pixel_looks_different() {
    let mut table = flat();
    table.copy_within(60..63, 600);
    let mut palette = palette(&table, None);
    let mut counts = counts(|index| if index == 200 { 3 } else { 1000 });
    let merge = palette.take_merged(WHITE, &mut counts, 0.0).unwrap();
    assert_eq!(merge, Merge { from: 200, to: 20, difference: 0.0 });
    assert_eq!(palette.nearest(WHITE), (200, 0));
    assert!(palette.take_merged(BLACK, &mut counts, 0.0).is_none(), "no other two are equal");
}

#[test]
fn the_merge_that_is_seen_least_is_found_within_its_bounds() {
    let mut palette = palette(&flat(), None);
    let mut counts = counts(|index| if index == 33 { 2 } else { 100 });
    let merge = palette.take_merged(WHITE, &mut counts, UNSEEN_DIFFERENCE).unwrap();
    assert_eq!(merge.from, 33, "the rarest goes first");
    assert!(merge.difference > 0.0 && merge.difference <= UNSEEN_DIFFERENCE);
    let next = palette.take_merged(BLACK, &mut counts, UNSEEN_DIFFERENCE).unwrap();
    assert!(next.from != merge.to, "the new home of pixels stays");
    assert_eq!((palette.nearest(WHITE).1, palette.nearest(BLACK).1), (0, 0));
}

#[test]
fn no_merge_is_seen_in_more_than_a_twentieth_of_a_frame_or_by_more_than_three() {
    // Two entries alike with half of the pixels each; every other entry is far from all.
    let table = [100, 100, 100, 101, 101, 101, 200, 0, 0, 0, 0, 200];
    let mut counts = counts(|index| if index < 2 { 500 } else { 10 });
    assert!(palette(&table, None).take_merged(WHITE, &mut counts, MOST_DIFFERENCE).is_none());
}

#[test]
fn an_entry_that_captions_rely_on_is_not_made_transparent() {
    let mut palette = palette(&[255, 255, 255, 0, 0, 0, 90, 90, 90, 9, 9, 9], None);
    palette.reserve(WHITE);
    palette.reserve(BLACK);
    assert_eq!(palette.take_unused_as_transparent(IndexSet::from_iter([2])), Some(3));
}

#[test]
fn without_a_table_none_is_added() {
    let mut greys = Palette::new(None, IndexSet::default());
    assert!(!greys.take_free([3, 200, 9], &mut first(0), 256) && !greys.is_changed());
    assert_eq!(greys.nearest(WHITE), (255, 0));
}
