//! Each policy at its threshold, and that the tables of a GIF agree, on GIFs whose palettes and indices are given.

use proptest::prelude::*;

use caption_layout::{Font, Limits, LoadedCaption, LoadedSpec, Position, Style};

use super::*;
use crate::{
    lzw::whole,
    mask::Pair,
    planning::frames::{plan, written_on},
};

const WHITE: [u8; 3] = [255; 3];
const BLACK: [u8; 3] = [0; 3];
const SIDE_PX: u8 = 64;

type Table24 = [[u8; 3]];

/// A frame that fills the screen with the indices, again and again.
struct Given<'a> {
    local: Option<&'a Table24>,
    indices: &'a [u8],
}

fn shared(indices: &[u8]) -> Given<'_> {
    Given { local: None, indices }
}

fn with_own<'a>(local: &'a Table24, indices: &'a [u8]) -> Given<'a> {
    Given { local: Some(local), indices }
}

fn size_flags(table: &Table24) -> u8 {
    0x80 | u8::try_from(table.len().ilog2() - 1).unwrap()
}

fn gif(global: &Table24, frames: &[Given<'_>]) -> Vec<u8> {
    let mut out = b"GIF89a".to_vec();
    // The background is the last entry, which stays as it is.
    out.extend([SIDE_PX, 0, SIDE_PX, 0, size_flags(global), u8::try_from(global.len() - 1).unwrap(), 0]);
    out.extend(global.concat());
    for Given { local, indices } in frames {
        out.extend([0x21, 0xF9, 4, 0, 5, 0, 0, 0]);
        out.extend([0x2C, 0, 0, 0, 0, SIDE_PX, 0, SIDE_PX, 0, local.map_or(0, size_flags)]);
        out.extend(local.map(<[_]>::concat).unwrap_or_default());
        let all: Vec<u8> = indices.iter().copied().cycle().take(usize::from(SIDE_PX).pow(2)).collect();
        out.push(8);
        out.extend(whole::encode(&all, 8));
    }
    out.push(0x3B);
    out
}

/// The same with another disposal of frame `k`.
fn disposed(mut bytes: Vec<u8>, k: usize, disposal: u8) -> Vec<u8> {
    let control = Gif::walk(&bytes, &Limits::default()).unwrap().frames[k].control.unwrap();
    bytes[control] |= disposal << 2;
    bytes
}

/// What is decided for white letters on black.
struct Decided {
    /// By frame: its palette, and the indices that give way.
    tables: Vec<PalettePlan>,
    used: Vec<Option<IndexSet>>,
    changed_global: Option<Vec<u8>>,
    may_become_transparent: bool,
    told: [ColourFidelity; 2],
}

fn decided(bytes: &[u8]) -> Decided {
    decided_exactly(bytes, false)
}

fn decided_exactly(bytes: &[u8], is_exact: bool) -> Decided {
    let caption = LoadedCaption::new("Hi", Position::Bottom, Style::Overlay, Font::builtin("anton").unwrap());
    let gif = Gif::walk(bytes, &Limits::default()).unwrap();
    let mask = Mask::draw(&LoadedSpec::new(vec![caption]), gif.canvas.width(), gif.canvas.height(), written_on(&gif)).unwrap();
    let plans = plan(&gif, &mask);
    let palettes = Palettes::decide(bytes, &gif, &mask, &plans, is_exact);
    let tables = gif.frames.iter().enumerate().map(|(k, frame)| palettes.of(k, frame).into_owned()).collect();
    let changed_global = palettes.changed_global();
    let (may_become_transparent, told) = (palettes.may_become_transparent, palettes.shown[0]);
    Decided { tables, may_become_transparent, used: palettes.used, changed_global, told }
}

impl Decided {
    /// What frame `k` shows for white and for black.
    fn shown(&self, k: usize) -> Pair {
        let palette = self.tables[k].palette.of_frame(None);
        [WHITE, BLACK].map(|wanted| palette.shown(wanted))
    }

    fn merges(&self, k: usize) -> usize {
        self.tables[k].merges.len()
    }
}

fn grey(level: u8) -> [u8; 3] {
    [level; 3]
}

/// A table of steps that are easy to tell apart, with greys for soft edges, but without light and dark entries other than the two
/// given.
fn dull_but(light: [u8; 3], dark: [u8; 3]) -> Vec<[u8; 3]> {
    let coloured = (0..27).map(|i| [80 + i % 3 * 40, 80 + i / 9 * 40, 80 + i / 3 % 3 * 40]);
    coloured.chain([grey(64), grey(128), grey(191), light, dark]).collect()
}

fn every_index() -> Vec<u8> {
    (0..32).collect()
}

fn all_but(free: &[u8]) -> Vec<u8> {
    (0..32).filter(|index| !free.contains(index)).collect()
}

#[test]
fn entries_of_the_colours_are_taken_and_no_stream_is_read() {
    let table = dull_but(grey(254), grey(1));
    let found = decided(&gif(&table, &[shared(&all_but(&[3])), shared(&every_index())]));
    assert_eq!((found.shown(0), found.merges(0)), ([grey(254), grey(1)], 0));
    assert_eq!((found.changed_global, found.used), (None, vec![None, None]));
}

#[test]
fn entries_that_are_near_are_taken_where_every_table_has_the_same() {
    let table = dull_but(grey(250), grey(3));
    let one = decided(&gif(&table, &[shared(&all_but(&[3])), shared(&every_index())]));
    assert_eq!((one.shown(0), one.used), ([grey(250), grey(3)], vec![None, None]));
    assert!(one.told.iter().all(|part| part.is_near() && part.frames_off == 0 && part.asked != part.shown));
    // In another table it is white itself: letters must not change.
    let other = dull_but(WHITE, grey(3));
    let cleared = disposed(gif(&table, &[shared(&all_but(&[3])), with_own(&other, &every_index())]), 0, 2);
    let two = decided(&cleared);
    assert_eq!([two.shown(0), two.shown(1)], [[WHITE, grey(3)]; 2]);
}

#[test]
fn an_entry_that_no_frame_uses_is_taken_for_all_of_them() {
    let table = dull_but(grey(240), grey(0));
    // Each frame leaves out another two entries; only number 3 is used by none.
    let found = decided(&gif(&table, &[shared(&all_but(&[3, 9])), shared(&all_but(&[3, 12]))]));
    for k in 0..2 {
        assert_eq!((found.shown(k), found.merges(k)), ([WHITE, BLACK], 0));
        assert!(!found.tables[k].palette.is_changed(), "it is written once, with the header");
    }
    let written = found.changed_global.unwrap();
    let changed: Vec<usize> = (0..32).filter(|&i| written[i * 3..i * 3 + 3] != table[i]).collect();
    assert_eq!(changed, [3]);
}

#[test]
fn the_background_stays_as_it_is_where_a_decoder_may_show_it() {
    let table = dull_but(grey(234), BLACK);
    let mut bytes = gif(&table, &[shared(&all_but(&[3])), shared(&all_but(&[3]))]);
    bytes[11] = 3;
    // The first frame covers the screen: the background is never seen.
    assert_eq!(decided(&bytes).changed_global.unwrap()[9..12], WHITE);
    let found = decided(&disposed(bytes, 1, 2));
    assert_eq!(found.shown(1), [WHITE, BLACK]);
    assert_eq!(found.changed_global.unwrap()[..96], table.concat());
}

#[test]
fn a_small_table_grows_where_every_entry_is_used() {
    let table = &[[110; 3], [120; 3], [115, 110, 110], [110, 120, 110]];
    let found = decided(&gif(table, &[shared(&[0, 1, 2, 3])]));
    assert_eq!(found.shown(0), [WHITE, BLACK]);
    assert_eq!(found.merges(0), 0);
    assert_eq!(found.changed_global.unwrap()[..12], table.concat());
}

/// A full table: every entry in use, none to be added, each hard to tell from its neighbour.
fn full_but(light: [u8; 3], dark: [u8; 3]) -> Vec<[u8; 3]> {
    (0..=253).map(|i| [110 + i % 16, 110, 110 + i / 16]).chain([light, dark]).collect()
}

/// The same, but its entries are easy to tell apart.
fn full_and_coarse() -> Vec<[u8; 3]> {
    (0..=255).map(|i: u8| [40 + i % 7 * 25, 40 + i / 7 % 6 * 30, 40 + i / 42 * 28]).collect()
}

fn all_256() -> Vec<u8> {
    (0..=255).collect()
}

#[test]
fn where_no_entry_is_free_the_two_that_are_seen_least_become_one() {
    let table = full_but(grey(200), grey(90));
    let indices: Vec<u8> = all_256().into_iter().chain((0..=255).filter(|&i| i != 77)).collect();
    let found = decided(&gif(&table, &[shared(&indices)]));
    assert_eq!((found.shown(0), found.merges(0)), ([WHITE, BLACK], 2));
    assert!(found.tables[0].merges.iter().any(|merge| merge.from == 77), "the rarest goes");
    assert!(found.tables[0].merges.iter().all(|merge| merge.difference <= 2.0));
    assert!(found.told.iter().all(|part| part.asked == part.shown));
}

#[test]
fn where_no_pixel_may_change_the_nearest_is_painted_and_told() {
    let table = full_but(grey(200), grey(90));
    let found = decided_exactly(&gif(&table, &[shared(&all_256())]), true);
    assert_eq!((found.shown(0), found.merges(0), found.changed_global), ([grey(200), grey(90)], 0, None));
    let [fill, under] = found.told;
    assert_eq!([fill.shown.rgb, under.shown.rgb], [grey(200), grey(90)]);
    assert!(!fill.is_near() && fill.frames_off == 1 && under.frames_off == 1);
}

#[test]
fn where_every_merge_would_be_seen_the_nearest_is_painted_and_told() {
    let found = decided(&gif(&full_and_coarse(), &[shared(&all_256())]));
    assert_eq!((found.merges(0), found.changed_global.is_none()), (0, true));
    assert!(!found.told[0].is_near() && found.told[0].frames_off == 1);
}

#[test]
fn what_gives_way_in_touched_frames_stays_in_those_that_share_their_table() {
    let colours = full_but(grey(100), grey(60));
    let mut source = gif(&colours, &[shared(&all_256()), shared(&all_256()), shared(&all_256())]);
    // The second frame ends above the caption.
    let descriptor = Gif::walk(&source, &Limits::default()).unwrap().frames[1].descriptor.start;
    source[descriptor + 7] = 8;
    let Decided { tables, changed_global, .. } = decided(&source);
    assert_eq!(changed_global, None, "the second frame shows the colours that gave way");
    assert!(!tables[0].merges.is_empty() && tables[0].palette.is_changed());
    assert!(tables[1].merges.is_empty() && !tables[1].palette.is_changed());
}

#[test]
fn a_table_without_room_takes_none_from_the_others() {
    let (full, roomy) = (full_and_coarse(), dull_but(grey(200), grey(60)));
    let (all, without) = (all_256(), all_but(&[3, 4]));
    let frames = [with_own(&full, &all), with_own(&roomy, &without), shared(&without)];
    // Each is cleared away: none could show the caption of the one before.
    let bytes = (0..frames.len()).fold(gif(&roomy, &frames), |bytes, k| disposed(bytes, k, 2));
    let found = decided(&bytes);
    assert!(found.shown(0) != [WHITE, BLACK]);
    assert_eq!([found.shown(1), found.shown(2)], [[WHITE, BLACK]; 2]);
    assert_eq!(found.told[0].frames_off, 1);
}

#[test]
fn one_free_entry_goes_to_the_letters_and_the_other_colour_finds_its_own_way() {
    let table = full_but(grey(200), grey(90));
    let indices: Vec<u8> = all_256().into_iter().filter(|&i| i != 9).collect();
    let found = decided(&gif(&table, &[shared(&indices)]));
    assert_eq!((found.shown(0), found.merges(0)), ([WHITE, BLACK], 1));
    assert_eq!(found.tables[0].palette.nearest(WHITE).0, 9);
}

#[test]
fn a_table_by_which_a_standing_caption_can_show_through_stays_as_it_is() {
    let roomy = dull_but(grey(200), grey(60));
    let without = all_but(&[3, 4]);
    let found = decided(&gif(&roomy, &[shared(&without), with_own(&roomy, &without)]));
    assert_eq!([found.shown(0), found.shown(1)], [[WHITE, BLACK], [grey(200), grey(60)]]);
    assert!(found.told.iter().all(|part| part.asked == part.shown), "it is the first frame's that is seen");
}

#[test]
fn a_table_that_no_caption_meets_decides_nothing() {
    let (unreadable, near) = (full_but(grey(120), grey(110)), dull_but(grey(255), grey(0)));
    let all = all_256();
    let mut bytes = gif(&near, &[shared(&[1, 2]), with_own(&unreadable, &all)]);
    // The second frame is moved up into the first rows.
    let descriptor = Gif::walk(&bytes, &Limits::default()).unwrap().frames[1].descriptor.clone();
    bytes[descriptor.start + 7] = 4;
    let found = decided(&bytes);
    assert_eq!((found.shown(0), found.merges(1), found.changed_global), ([grey(255), grey(0)], 0, None));
    assert_eq!(found.tables[1].palette, Palette::new(Some(&unreadable.concat()), IndexSet::default()));
}

#[test]
fn frames_that_clear_keep_every_frame_from_becoming_transparent() {
    let of = |disposal| {
        let bytes = disposed(gif(&dull_but(WHITE, BLACK), &[shared(&[1]), shared(&[2])]), 1, disposal);
        decided(&bytes).may_become_transparent
    };
    assert_eq!([0, 1, 2, 3].map(of), [true, true, false, false]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_table_with_room_shows_the_colours(
        light in 100u8..=255, dark in 0u8..100, len in prop::sample::select(vec![32usize, 256]), is_local: bool,
        free in prop::collection::vec((any::<u8>(), any::<u8>()), 1..4),
    ) {
        let table = if len == 32 { dull_but(grey(light), grey(dark)) } else { full_but(grey(light), grey(dark)) };
        let indices: Vec<Vec<u8>> = free
            .iter()
            .map(|&(a, b)| all_256().into_iter().take(len).filter(|&i| i != a || a == 0).filter(|&i| i != b || b == 0).collect())
            .collect();
        let frames: Vec<Given<'_>> =
            indices.iter().map(|indices| if is_local { with_own(&table, indices) } else { shared(indices) }).collect();
        // Each is cleared away, so that each is painted opaque.
        let bytes = (0..frames.len()).fold(gif(&table, &frames), |bytes, k| disposed(bytes, k, 2));
        let found = decided(&bytes);
        for k in 1..frames.len() {
            for (shown, (first, wanted)) in found.shown(k).into_iter().zip(found.shown(0).into_iter().zip([WHITE, BLACK])) {
                prop_assert!(Hundredths::from(difference(shown, wanted)) <= NEAR_DELTA_E, "frame {}: {:?}", k, shown);
                prop_assert!(shown.iter().zip(first).all(|(&one, other)| one.abs_diff(other) <= 2), "frame {}: {:?}", k, shown);
            }
        }
    }
}
