//! Each way to find room for a colour, on palettes that are given.

use super::*;

const WHITE: [u8; 3] = [255; 3];
const BLACK: [u8; 3] = [0; 3];
const PAIR: Pair = [WHITE, BLACK];

fn palette(table: &[u8], transparent: Option<u8>) -> Palette {
    Palette::new(Some(table), IndexSet::default()).of_frame(transparent)
}

fn all_but(free: &[u8]) -> IndexSet {
    (0..=255).filter(|index| !free.contains(index)).collect()
}

fn first(count: u8) -> IndexSet {
    (0..count).collect()
}

/// 256 colours, none of them light or dark.
fn flat() -> Vec<u8> {
    (0..=255u8).flat_map(|i| [100 + i % 16, 100 + i / 16, 100]).collect()
}

#[test]
fn a_near_white_passes_for_white_and_nothing_changes() {
    let mut palette = palette(&[240, 240, 240, 8, 8, 8, 90, 90, 90, 160, 160, 160], None);
    assert!(palette.is_close(PAIR) && palette.take_free_slots(PAIR, &mut first(4)));
    assert!(!palette.is_changed());
    assert_eq!((palette.nearest(WHITE).0, palette.nearest(BLACK).0), (0, 1));
}

#[test]
fn an_unused_slot_is_taken_before_the_table_grows() {
    let mut palette = palette(&flat(), None);
    assert!(palette.take_free_slots(PAIR, &mut all_but(&[7, 9])));
    assert_eq!((palette.nearest(WHITE), palette.nearest(BLACK)), ((7, 0), (9, 0)));
    assert_eq!((palette.is_changed(), palette.table().len()), (true, 768));
}

#[test]
fn a_small_table_grows_but_never_over_indices_that_pixels_use() {
    let table = [200, 0, 0, 0, 0, 200, 90, 0, 0, 0, 90, 0];
    let mut grown = palette(&table, None);
    assert!(grown.take_free_slots(PAIR, &mut first(4)));
    assert_eq!((grown.nearest(WHITE), grown.table().len()), ((4, 0), 24));
    let mut used = first(4);
    used.insert(100);
    assert!(!palette(&table, Some(4)).take_free_slots(PAIR, &mut used));
}

#[test]
fn a_transparent_index_beyond_the_table_is_stepped_over() {
    let mut palette = palette(&[200, 0, 0, 0, 0, 200], Some(2));
    assert!(palette.take_free_slots(PAIR, &mut first(2)));
    assert_eq!((palette.nearest(WHITE), palette.nearest(BLACK)), ((3, 0), (4, 0)));
}

#[test]
fn what_other_frames_show_nothing_by_is_never_a_colour() {
    let palette = Palette::new(Some(&[255, 255, 255, 250, 250, 250]), IndexSet::from_iter([0]));
    assert_eq!(palette.of_frame(None).nearest(WHITE).0, 1);
}

#[test]
fn a_full_table_that_reads_well_enough_is_said_to() {
    let greys: Vec<u8> = (0..=255u8).flat_map(|grey| [grey / 2, grey, grey]).collect();
    assert!(!palette(&greys, None).is_close(PAIR) && palette(&greys, None).is_readable(PAIR));
    assert!(!palette(&flat(), None).is_readable(PAIR));
}

#[test]
fn where_nothing_could_be_read_the_least_slots_give_way() {
    let mut kept = [10; 256];
    kept[33] = 1;
    let mut palette = palette(&flat(), None);
    let merges = palette.take_least_slots(PAIR, &mut kept);
    assert_eq!(merges.len(), 2);
    assert_eq!(merges[0].from, 33, "the rarest goes first");
    assert_eq!((palette.nearest(WHITE).1, palette.nearest(BLACK).1), (0, 0));
    assert!(merges.iter().all(|merge| merges.iter().all(|other| other.from != merge.to)), "a new home must stay");
}

#[test]
fn an_entry_that_captions_rely_on_is_not_made_transparent() {
    let mut palette = palette(&[255, 255, 255, 0, 0, 0, 90, 90, 90, 9, 9, 9], None);
    palette.rely_on(PAIR);
    assert_eq!(palette.take_unused_as_transparent(IndexSet::from_iter([2])), Some(3));
}

#[test]
fn without_a_table_none_is_added() {
    let mut greys = Palette::new(None, IndexSet::default());
    assert!(greys.take_free_slots([[3, 200, 9], BLACK], &mut first(0)) || !greys.is_changed());
    assert_eq!(greys.nearest(WHITE), (255, 0));
}
