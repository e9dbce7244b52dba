//! A JPEG that is captioned by rows comes out as one that is held whole, byte for byte: each kind and each turn. One that
//! is cut off or damaged has the same pixels.

use super::*;

/// No picture is small enough to be held.
const BY_ROWS: Limits =
    Limits { max_side_px: 8, max_still_bytes: 1 << 20, max_still_side_px: 4096, max_still_pixels: 1 << 24, ..LIMITS };

fn turned(mut jpeg: Jpeg, orientation: u8) -> Vec<u8> {
    let exif =
        [b"Exif\0\0II\x2A\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".as_slice(), &[orientation], b"\0\0\0\0\0\0\0"].concat();
    jpeg.segments.push((0xE1, exif));
    jpeg.write()
}

fn assert_alike(bytes: &[u8], spec: &LoadedSpec, name: &str) {
    let (whole, by_rows) = (render(bytes, spec, &LIMITS), render(bytes, spec, &BY_ROWS));
    match (whole, by_rows) {
        (Ok(whole), Ok(by_rows)) => {
            if whole.fidelity.damage.is_some() {
                // What is missing may be told by other codes.
                let [one, other] = [&whole, &by_rows].map(|made| pixels(&made.bytes, &LIMITS).unwrap().pixels);
                assert!(one == other, "{name}: the pixels differ");
            } else {
                assert!(whole.bytes == by_rows.bytes, "{name}: the bytes differ");
            }
            assert_eq!(whole.fidelity, by_rows.fidelity, "{name}");
            let marks = [&whole, &by_rows].map(|rendered| {
                let mut gray = rendered.mask.to_gray(crate::mask::InkSet::ALL);
                rendered.altered.mark(&mut gray, 0);
                gray
            });
            assert!(marks[0] == marks[1], "{name}: the masks differ");
        }
        (Err(whole), Err(by_rows)) => assert_eq!(whole.code(), by_rows.code(), "{name}: {whole}, {by_rows}"),
        (_, Err(Error::NotByRows { .. })) => {}
        (whole, by_rows) => panic!("{name}: {:?}, {:?}", whole.err(), by_rows.err()),
    }
}

#[test]
fn every_kind_and_turn_comes_out_as_if_it_were_held() {
    for (number, jpeg) in kinds().into_iter().enumerate().filter(|(_, jpeg)| !jpeg.is_progressive) {
        for orientation in 1..=8 {
            // Sides of whole MCUs, and others.
            for sides in [[150, 109], [160, 112]] {
                let factors: Vec<[usize; 2]> = jpeg.components.iter().map(|component| component.factors).collect();
                let jpeg = Jpeg { restart_interval: jpeg.restart_interval, ..sample(sides, &factors, jpeg.model, false) };
                let bytes = turned(jpeg, orientation);
                let (at, fill) = if orientation % 2 == 0 { (Position::Top, "#fff") } else { (Position::Bottom, "#f0f") };
                for style in [Style::Overlay, Style::Bar] {
                    assert_alike(&bytes, &spec(at, style, fill), &format!("{number}, {orientation}, {sides:?}, {style:?}"));
                }
            }
        }
    }
}

#[test]
fn other_kinds_are_refused_by_their_names() {
    let refused = |bytes: &[u8]| {
        let rendered = render(bytes, &spec(Position::Top, Style::Overlay, "#fff"), &BY_ROWS);
        rendered.map(|_| ()).unwrap_err().to_string()
    };
    let progressive = sample([150, 109], &[[1, 1]; 3], Model::Ycc, true);
    let several = sample([150, 109], &[[2, 2]; 3], Model::Ycc, false);
    let start = "the picture is 150 x 109 pixels, the limit of";
    assert!(refused(&progressive.write()).starts_with(&format!("{start} a progressive JPEG is 8 a side")));
    assert!(refused(&several.write()).starts_with(&format!("{start} a JPEG of several scans is 8 a side")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_damaged_file_comes_out_as_if_it_were_held(
        kind in 8_usize..24,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), 0_u8..), 0..6),
        cut: prop::sample::Index,
        orientation in 0_u8..9,
    ) {
        let mut bytes = turned(kinds().swap_remove(kind), orientation);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(2 * bytes.len()));
        assert_alike(&bytes, &spec(Position::Top, Style::Overlay, "#f00"), "damaged");
    }
}
