//! `WebP`s of each kind, captioned and read again by the `image` crate.

use caption_layout::{Font, LoadedCaption, LoadedSpec, Position, Style, WhyOff};
use proptest::prelude::*;

use super::{super::damage::Damage, container::write, *};

fn spec(style: Style) -> LoadedSpec {
    LoadedSpec::new(vec![LoadedCaption::new("still", Position::Top, style, Font::builtin("anton").unwrap())])
}

const SIDES: [u32; 2] = [240, 180];

/// Waves with some texture: what a photo costs.
fn pixels(alpha: u8) -> Vec<u8> {
    let mut noise = samples::Noise::new(5);
    let level = |v: u32| u8::try_from(v % 256).unwrap();
    let pixel = |i: u32| {
        let [x, y] = [i % SIDES[0], i / SIDES[0]];
        let grain = noise.below(24);
        [level((x * x / 300 + y) % 200 + grain), level((y * 2 + x / 3) % 180 + grain), level(90 + grain), alpha]
    };
    (0..SIDES[0] * SIDES[1]).flat_map(pixel).collect()
}

fn file(alpha: u8, kept: Kept, metadata: &Metadata) -> Vec<u8> {
    let file = encode(&pixels(alpha), SIDES[0], SIDES[1], kept, Effort::Usual).unwrap();
    write(&chunks(&file), SIDES, metadata)
}

fn index_of(webp: &[u8]) -> Option<f64> {
    quantiser::mean_index(find(&chunks(webp), *b"VP8 ")?.data)
}

#[test]
fn lossy_stays_lossy_at_its_quantiser_and_weight() {
    for quality in [20.0, 50.0, 75.0, 90.0] {
        for alpha in [255, 100] {
            let source = file(alpha, Kept::Lossy { quality }, &Metadata::default());
            for style in [Style::Overlay, Style::Bar] {
                let rendered = render(&source, &spec(style), &Limits::default()).unwrap();
                let (was, is) = (index_of(&source).unwrap(), index_of(&rendered.bytes).unwrap());
                assert!((-2.0..=19.0).contains(&(is - was)), "quality {quality}: index {was} became {is}");
                let area = f64::from(rendered.mask.height_px) / f64::from(SIDES[1]);
                let alpha_bytes = find(&chunks(&rendered.bytes), *b"ALPH").map_or(0, |chunk| chunk.len);
                let bytes = |len: usize| f64::from(u32::try_from(len).unwrap());
                let weight = bytes(rendered.bytes.len() - alpha_bytes) / bytes(source.len()) / area;
                assert!(weight < 1.2, "quality {quality}: {weight}");
                let seen = image::load_from_memory(&rendered.bytes).unwrap().into_rgba8();
                assert_eq!(seen.dimensions(), (SIDES[0], rendered.mask.height_px));
                assert_eq!(seen.get_pixel(3, rendered.mask.height_px - 3).0[3], alpha);
            }
        }
    }
}

#[test]
fn lossless_changes_under_the_mask_alone() {
    let source = file(77, Kept::Lossless, &Metadata::default());
    let rendered = render(&source, &spec(Style::Overlay), &Limits::default()).unwrap();
    assert_eq!(find(&chunks(&rendered.bytes), *b"VP8 ").map(|chunk| chunk.len), None);
    let after = image::load_from_memory(&rendered.bytes).unwrap().into_rgba8().into_raw();
    let (before, gray) = (pixels(77), rendered.mask.to_gray(crate::mask::InkSet::ALL));
    let pairs = before.as_chunks::<4>().0.iter().zip(after.as_chunks::<4>().0).zip(gray);
    assert!(pairs.clone().all(|((before, after), mask)| mask != 0 || before == after));
    assert!(pairs.filter(|((before, after), _)| before != after).count() > 200);
}

#[test]
fn metadata_stay_but_for_the_turn() {
    let exif = b"II\x2A\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    let metadata = Metadata { icc: Some(vec![7; 131]), exif: Some(exif), xmp: Some(b"<x/>".to_vec()) };
    for kept in [Kept::Lossless, Kept::Lossy { quality: 70.0 }] {
        let source = file(255, kept, &metadata);
        let rendered = render(&source, &spec(Style::Overlay), &Limits::default()).unwrap();
        assert_eq!((rendered.mask.width_px, rendered.mask.height_px), (SIDES[1], SIDES[0]), "turned");
        let found = chunks(&rendered.bytes);
        let data = |kind: &[u8; 4]| find(&found, *kind).unwrap().data.to_vec();
        assert_eq!((data(b"ICCP"), data(b"XMP ")), (vec![7; 131], b"<x/>".to_vec()));
        assert!(turn_of(&rendered.bytes, MediaType::Webp).is_none());
        assert_eq!(data(b"EXIF").len(), 26);
        assert!(image::load_from_memory(&rendered.bytes).is_ok());
    }
}

#[test]
fn a_lossy_frame_that_is_cut_off_is_shown_and_told() {
    let source = file(255, Kept::Lossy { quality: 80.0 }, &Metadata::default());
    let rendered = render(&source[..source.len() * 3 / 5], &spec(Style::Overlay), &Limits::default()).unwrap();
    let told = rendered.fidelity.damage.unwrap();
    assert!((55..65).any(|percent_shown| told == Damage::CutOff { percent_shown }.to_string()), "{told}");
    let [before, after] = [&source, &rendered.bytes].map(|bytes| image::load_from_memory(bytes).unwrap().into_rgb8());
    let off = |x: u32, y: u32| before.get_pixel(x, y).0.iter().zip(after.get_pixel(x, y).0).all(|(a, b)| a.abs_diff(b) < 60);
    let near = (0..SIDES[0]).filter(|&x| off(x, 2)).count();
    assert!(near > 200, "the first rows are there: {near}");
    let lossless = file(255, Kept::Lossless, &Metadata::default());
    let error = render(&lossless[..lossless.len() / 2], &spec(Style::Overlay), &Limits::default()).err().unwrap();
    assert_eq!(error.code().as_str(), "truncated");
}

#[test]
fn what_a_lossy_picture_loses_by_being_coded_again_is_told_and_marked() {
    for style in [Style::Overlay, Style::Bar] {
        let source = file(255, Kept::Lossy { quality: 60.0 }, &Metadata::default());
        let rendered = render(&source, &spec(style), &Limits::default()).unwrap();
        let [before, after] = [&source, &rendered.bytes].map(|bytes| image::load_from_memory(bytes).unwrap().into_rgb8());
        let mut gray = rendered.mask.to_gray(crate::mask::InkSet::ALL);
        let top = rendered.mask.picture_top_px;
        let at = |x: u32, y: u32| ((y + top) * after.width() + x) as usize;
        let differ: Vec<(u32, u32)> = before
            .enumerate_pixels()
            .filter(|&(x, y, pixel)| gray[at(x, y)] == 0 && after.get_pixel(x, y + top) != pixel)
            .map(|(x, y, _)| (x, y))
            .collect();
        let changed = rendered.fidelity.changed;
        assert!(changed.count == differ.len() as u64 && changed.count > 0, "{changed:?}");
        assert_eq!(changed.why, Some(WhyOff::Lossy));
        rendered.altered.mark(&mut gray, 0);
        assert!(differ.into_iter().all(|(x, y)| gray[at(x, y)] == 128));
    }
}

#[test]
fn an_exact_spec_gets_each_pixel_beside_the_letters() {
    let source = file(255, Kept::Lossy { quality: 60.0 }, &Metadata::default());
    let exact = LoadedSpec { exact: true, ..spec(Style::Overlay) };
    let rendered = render(&source, &exact, &Limits::default()).unwrap();
    let [before, after] = [&source, &rendered.bytes].map(|bytes| image::load_from_memory(bytes).unwrap().into_rgba8());
    let gray = rendered.mask.to_gray(crate::mask::InkSet::ALL);
    assert!(before.pixels().zip(after.pixels()).zip(&gray).all(|((before, after), mask)| *mask != 0 || before == after));
    assert!(rendered.fidelity.captions[0].fill.is_near());
}

#[test]
fn a_cut_frame_of_another_size_than_its_canvas_is_refused() {
    let frame = encode(&pixels(255), SIDES[0], SIDES[1], Kept::Lossy { quality: 50.0 }, Effort::Usual).unwrap();
    let metadata = Metadata { exif: Some(vec![0; 10]), ..Metadata::default() };
    let source = write(&chunks(&frame), [SIDES[0] - 10, SIDES[1]], &metadata);
    let error = render(&source[..source.len() / 2], &spec(Style::Overlay), &Limits::default()).err().unwrap();
    assert_eq!(error.code().as_str(), "malformed");
}

#[test]
fn what_stands_behind_the_end_is_no_damage() {
    let source = [&file(255, Kept::Lossy { quality: 50.0 }, &Metadata::default())[..], &[0xAB; 21]].concat();
    assert_eq!(render(&source, &spec(Style::Overlay), &Limits::default()).unwrap().fidelity.damage, None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_change_to_a_file_is_an_error_or_a_picture(
        is_lossless: bool,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), 0_u8..), 0..4),
        cut: prop::sample::Index,
    ) {
        let kept = if is_lossless { Kept::Lossless } else { Kept::Lossy { quality: 30.0 } };
        let mut bytes = file(120, kept, &Metadata::default());
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(2 * bytes.len()));
        let limits = Limits { max_side_px: 400, ..Limits::default() };
        if let Ok(rendered) = render(&bytes, &spec(Style::Overlay), &limits) {
            prop_assert!(image::load_from_memory(&rendered.bytes).is_ok());
        }
    }
}
