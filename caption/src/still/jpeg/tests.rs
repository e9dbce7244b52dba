//! JPEGs of each kind, written here, captioned, and read again by this reader and by the `image` crate.

use caption_layout::{Font, LoadedCaption, LoadedSpec, Position, Style, WhyOff, reading::orientation::Turn};
use proptest::prelude::*;
use samples::Noise;

use super::{
    super::damage::Damage,
    frame::{Block, Component, Jpeg, Model},
    *,
};
use crate::mask::Cover;

mod by_rows;

const LIMITS: Limits = Limits {
    max_bytes: 1 << 20,
    max_side_px: 4096,
    max_frames: 1,
    max_total_pixels: 1 << 24,
    max_still_bytes: 0,
    max_still_side_px: 0,
    max_still_pixels: 0,
    max_video_s: 1,
    max_video_frames: 1,
};

fn spec(at: Position, style: Style, fill: &str) -> LoadedSpec {
    let mut caption = LoadedCaption::new("still", at, style, Font::builtin("anton").unwrap());
    caption.spec.fill = Some(fill.parse().unwrap());
    LoadedSpec::new(vec![caption])
}

/// A picture with something in each block.
fn sample(sides: [usize; 2], factors: &[[usize; 2]], model: Model, is_progressive: bool) -> Jpeg {
    let mut table = [9; 64];
    table[0] = 4;
    let component = |(id, &factors): (u8, &[usize; 2])| Component { id, factors, table, blocks: [0, 0], data: Vec::new() };
    let mut segments = vec![(0xE0, b"JFIF\0\x01\x02\x01\0\x48\0\x48\0\0".to_vec()), (0xFE, b"hello".to_vec())];
    if factors.len() == 4 || model == Model::Rgb {
        let transform = u8::from(matches!(model, Model::Ycck { .. })) * 2;
        segments = vec![(0xEE, [b"Adobe\0\x64\0\0\0\0".as_slice(), &[transform]].concat())];
    }
    let components = (1..).zip(factors).map(component).collect();
    let mut jpeg = Jpeg { sides, rows_above: 0, is_progressive, model, components, restart_interval: 0, segments, damage: None };
    jpeg.clear_blocks();
    let mut noise = Noise::new(3);
    for block in jpeg.components.iter_mut().flat_map(|component| &mut component.data) {
        for place in [0, 1, 8, 9, 20, 63] {
            block[place] = i16::try_from(noise.below(21)).unwrap() - 10;
        }
    }
    jpeg
}

fn kinds() -> Vec<Jpeg> {
    let colour = [[[2, 2], [1, 1], [1, 1]], [[1, 1], [1, 1], [1, 1]], [[2, 1], [1, 1], [1, 1]], [[1, 2], [1, 1], [1, 1]]];
    let mut kinds: Vec<Jpeg> = colour.iter().map(|factors| sample([150, 109], factors, Model::Ycc, false)).collect();
    kinds.push(sample([150, 109], &[[1, 1]; 3], Model::Rgb, false));
    kinds.push(sample([150, 109], &[[1, 1]], Model::Grey, false));
    kinds.push(sample([150, 109], &[[1, 1]; 4], Model::Cmyk { is_inverted: true }, false));
    kinds.push(sample([150, 109], &[[2, 2], [1, 1], [1, 1], [2, 2]], Model::Ycck { is_inverted: true }, false));
    let progressive = kinds.iter().map(|jpeg| Jpeg { is_progressive: true, ..jpeg.clone() });
    let restarting = kinds.iter().map(|jpeg| Jpeg { restart_interval: 3, ..jpeg.clone() });
    progressive.chain(restarting).chain(kinds.clone()).collect()
}

/// The blocks of a component with a sample of the picture, by row and column.
fn real(jpeg: &Jpeg, number: usize) -> impl Iterator<Item = ([usize; 2], &Block)> {
    let component = &jpeg.components[number];
    let [wide, high] = jpeg.real_blocks(component);
    (0..high).flat_map(move |y| (0..wide).map(move |x| ([x, y], &component.data[y * component.blocks[0] + x])))
}

#[test]
fn coefficients_are_read_as_they_were_written() {
    for jpeg in kinds() {
        let bytes = jpeg.write();
        let again = read::read(&bytes, &LIMITS).unwrap();
        let name = format!("{:?}, {}", jpeg.model, jpeg.is_progressive);
        assert_eq!((again.model, again.sides, again.damage), (jpeg.model, jpeg.sides, None), "{name}");
        assert_eq!((again.is_progressive, again.restart_interval), (jpeg.is_progressive, jpeg.restart_interval));
        assert_eq!(again.segments, jpeg.segments);
        for number in 0..jpeg.components.len() {
            assert_eq!(again.components[number].table, jpeg.components[number].table);
            assert!(real(&again, number).eq(real(&jpeg, number)), "{name}: component {number}");
        }
        let seen = image::load_from_memory(&bytes).unwrap();
        assert_eq!([seen.width() as usize, seen.height() as usize], jpeg.sides, "{name}");
    }
}

#[test]
fn a_block_changes_only_if_a_pixel_of_it_does() {
    for jpeg in kinds() {
        for (at, style) in [(Position::Top, Style::Overlay), (Position::Bottom, Style::Bar)] {
            let rendered = render(&jpeg.write(), &spec(at, style, "#fff"), &LIMITS).unwrap();
            let output = read::read(&rendered.bytes, &LIMITS).unwrap();
            assert_eq!((output.model, output.is_progressive), (jpeg.model, jpeg.is_progressive));
            let most = jpeg.most_factors();
            let (mut kept, mut changed) = (0, 0);
            for number in 0..jpeg.components.len() {
                let factors = jpeg.components[number].factors;
                let sides = [8 * most[0] / factors[0], 8 * most[1] / factors[1]].map(|side| u32::try_from(side).unwrap());
                for (([x, y], before), stored) in real(&jpeg, number).zip(std::iter::repeat(&output.components[number])) {
                    let now = &stored.data[y * stored.blocks[0] + x];
                    let [left, top] = [u32::try_from(x).unwrap() * sides[0], u32::try_from(y).unwrap() * sides[1]];
                    if rendered.mask.touches(crate::mask::InkSet::ALL, Rect::at(left, top, sides[0], sides[1])) {
                        changed += usize::from(now != before);
                    } else {
                        assert_eq!(now, before, "{:?}: component {number}, block {x}, {y}", jpeg.model);
                        kept += 1;
                    }
                }
            }
            assert!(kept > 100 && (changed > 10 || style == Style::Bar), "{kept} kept, {changed} changed");
        }
    }
}

#[test]
fn letters_have_their_colour_in_every_model() {
    for jpeg in kinds().into_iter().filter(|jpeg| jpeg.restart_interval == 0) {
        for fill in [[255_u8; 3], [255, 0, 255], [0, 128, 0]] {
            let [red, green, blue] = fill;
            let spec = spec(Position::Top, Style::Bar, &format!("#{red:02x}{green:02x}{blue:02x}"));
            let rendered = render(&jpeg.write(), &spec, &LIMITS).unwrap();
            let seen = image::load_from_memory(&rendered.bytes).unwrap().into_rgb8();
            // Inside of letters, where the edge is far.
            let ink = &rendered.mask.inks[0];
            let solid: Vec<(u32, u32)> =
                ink.covers_in(ink.rect).filter(|&(.., cover)| cover == Cover(0xFF)).map(|(x, y, _)| (x, y)).collect();
            let near = |(x, y): &(u32, u32)| seen.get_pixel(*x, *y).0.iter().zip(fill).all(|(a, b)| a.abs_diff(b) < 40);
            let right = solid.iter().filter(|at| near(at)).count();
            assert!(right * 10 > solid.len() * 4 && solid.len() > 50, "{:?} {fill:?}: {right} of {}", jpeg.model, solid.len());
        }
    }
}

#[test]
fn a_turn_by_whole_mcus_loses_nothing_and_turns_back() {
    let jpeg = sample([64, 48], &[[2, 1], [1, 1], [1, 1]], Model::Ycc, false);
    for (there, back) in [(2, 2), (3, 3), (4, 4), (5, 5), (6, 8), (7, 7), (8, 6)] {
        let [there, back] = [there, back].map(Turn::from_exif);
        let turned = jpeg.clone().placed(there, 0, there.sides(jpeg.sides)[1]);
        assert_eq!(turned.sides, there.sides(jpeg.sides));
        let again = turned.placed(back, 0, 48);
        assert!(again.components.iter().zip(&jpeg.components).all(|(a, b)| a.data == b.data && a.factors == b.factors));
    }
}

#[test]
fn a_turned_picture_is_seen_upright() {
    for sides in [[64, 48], [61, 45]] {
        let jpeg = sample(sides, &[[1, 1]; 3], Model::Ycc, false);
        let before = image::load_from_memory(&jpeg.write()).unwrap().into_rgb8();
        for value in 2..=8 {
            let turn = Turn::from_exif(value);
            let turned = jpeg.clone().placed(turn, 0, turn.sides(sides)[1]);
            let after = image::load_from_memory(&turned.write()).unwrap().into_rgb8();
            let mut off = 0;
            for (x, y, pixel) in after.enumerate_pixels() {
                let [stored_x, stored_y] = turn.stored_at([x as usize, y as usize], sides).map(|at| u32::try_from(at).unwrap());
                let stored = before.get_pixel(stored_x, stored_y);
                off += usize::from(pixel.0.iter().zip(stored.0).any(|(a, b)| a.abs_diff(b) > 24));
            }
            assert!(off * 20 < sides[0] * sides[1], "{value}: {off} pixels are others");
        }
    }
}

#[test]
fn profiles_and_turns_stay_only_where_they_hold() {
    let profile = |space: &[u8; 4]| [b"ICC_PROFILE\0\x01\x01".as_slice(), &[0; 16], space, &[0; 100]].concat();
    let exif = b"Exif\0\0II\x2A\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x03\0\0\0\0\0\0\0".to_vec();
    for (factors, model, space, fill, is_kept) in [
        (vec![[1, 1]; 3], Model::Ycc, b"RGB ", "#fff", true),
        (vec![[1, 1]; 3], Model::Ycc, b"CMYK", "#fff", false),
        (vec![[1, 1]; 4], Model::Cmyk { is_inverted: true }, b"CMYK", "#f0f", true),
        (vec![[1, 1]], Model::Grey, b"GRAY", "#fff", true),
        (vec![[1, 1]], Model::Grey, b"GRAY", "#f0f", false),
    ] {
        let mut jpeg = sample([80, 64], &factors, model, false);
        jpeg.segments.extend([(0xE1, exif.clone()), (0xE2, profile(space)), (0xE2, b"MPF\0II".to_vec())]);
        let output =
            read::read(&render(&jpeg.write(), &spec(Position::Top, Style::Overlay, fill), &LIMITS).unwrap().bytes, &LIMITS)
                .unwrap();
        let has = |start: &[u8]| output.segments.iter().any(|(_, data)| data.starts_with(start));
        assert_eq!(has(PROFILE), is_kept, "{model:?} {fill}");
        assert!(has(b"Exif") && !has(b"MPF"));
        assert!(turn_of(&output.write(), MediaType::Jpeg).is_none());
    }
}

#[test]
fn what_is_cut_off_is_grey_and_told() {
    let jpeg = sample([160, 120], &[[2, 2], [1, 1], [1, 1]], Model::Ycc, false);
    let bytes = jpeg.write();
    let damage = |bytes: &[u8]| {
        render(bytes, &spec(Position::Top, Style::Overlay, "#fff"), &LIMITS).map(|rendered| rendered.fidelity.damage)
    };
    assert_eq!(damage(&bytes).unwrap(), None);
    assert_eq!(damage(&bytes[..bytes.len() - 2]).unwrap(), Some(Damage::NoEnd.to_string()));
    let cut = read::read(&bytes[..bytes.len() / 2], &LIMITS).unwrap();
    let Some(Damage::CutOff { percent_shown }) = cut.damage else { panic!("not told") };
    assert!((20..60).contains(&percent_shown), "{percent_shown}");
    assert_eq!(damage(&bytes[..bytes.len() / 2]).unwrap(), cut.damage.map(|cut| cut.to_string()));
    assert_eq!(cut.components[0].data.last(), Some(&[0; 64]));
    assert_eq!(cut.components[0].data[0], jpeg.components[0].data[0]);
    let progressive = Jpeg { is_progressive: true, ..jpeg }.write();
    let cut = read::read(&progressive[..progressive.len() * 2 / 3], &LIMITS).unwrap();
    assert!(matches!(cut.damage, Some(Damage::CutOff { .. })));
    assert_eq!(damage(&bytes[..40]).unwrap_err().code().as_str(), "malformed");
}

#[test]
fn what_blocks_change_beside_the_letters_is_told_and_marked() {
    for (style, is_moved) in [(Style::Overlay, false), (Style::Bar, true)] {
        let jpeg = sample([160, 120], &[[2, 2], [1, 1], [1, 1]], Model::Ycc, false);
        let rendered = render(&jpeg.write(), &spec(Position::Top, style, "#fff"), &LIMITS).unwrap();
        let top = rendered.mask.picture_top_px as usize;
        assert_eq!(!jpeg.keeps_blocks(Turn::default(), top), is_moved);
        let (before, after) = (jpeg.pixels(), read::read(&rendered.bytes, &LIMITS).unwrap().pixels());
        let mut gray = rendered.mask.to_gray(crate::mask::InkSet::ALL);
        let differ = (0..before.len()).filter(|&at| gray[at + 160 * top] == 0 && before[at] != after[at + 160 * top]);
        let changed = rendered.fidelity.changed;
        assert!(differ.clone().count() as u64 == changed.count && changed.count > 0, "{changed:?}");
        assert_eq!(changed.why, Some(WhyOff::Lossy));
        let differ: Vec<usize> = differ.collect();
        rendered.altered.mark(&mut gray, 0);
        assert!(differ.into_iter().all(|at| gray[at + 160 * top] == 128));
        // The `image` crate smooths chroma.
        let [before, after] = [&jpeg.write(), &rendered.bytes].map(|bytes| image::load_from_memory(bytes).unwrap().into_rgb8());
        for (x, y, was) in before.enumerate_pixels().filter(|&(x, y, _)| gray[y as usize * 160 + x as usize + 160 * top] == 0) {
            assert_eq!(after.get_pixel(x, y + rendered.mask.picture_top_px), was, "{x}, {y}");
        }
    }
}

#[test]
fn coefficients_beyond_what_8_bits_have_are_damage_and_cut() {
    let mut jpeg = sample([160, 120], &[[1, 1]; 3], Model::Ycc, false);
    jpeg.components[1].data[0][1] = 20_000;
    let rendered = render(&jpeg.write(), &spec(Position::Bottom, Style::Overlay, "#fff"), &LIMITS).unwrap();
    assert!(rendered.fidelity.damage.is_some_and(|damage| damage.contains("damaged")));
    let output = read::read(&rendered.bytes, &LIMITS).unwrap();
    assert_eq!((output.damage, output.components[1].data[0][1]), (None, 1023));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_change_to_a_file_is_an_error_or_a_picture(
        kind in 0_usize..24,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), 0_u8..), 0..6),
        cut: prop::sample::Index,
        orientation in 0_u8..9,
    ) {
        let mut jpeg = kinds().swap_remove(kind);
        let exif = [b"Exif\0\0II\x2A\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".as_slice(), &[orientation], b"\0\0\0\0\0\0\0"].concat();
        jpeg.segments.push((0xE1, exif));
        let mut bytes = jpeg.write();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(2 * bytes.len()));
        let limits = Limits { max_side_px: 300, ..LIMITS };
        if let Ok(rendered) = render(&bytes, &spec(Position::Top, Style::Overlay, "#f00"), &limits) {
            let again = read::read(&rendered.bytes, &LIMITS).unwrap();
            prop_assert_eq!(again.damage, None);
        }
    }
}
