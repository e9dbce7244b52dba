//! A PNG that is captioned by rows shows what one shows that is held whole: each kind of samples, with bars, cut off and damaged.

use super::*;

/// No picture is small enough to be held.
const BY_ROWS: Limits = Limits {
    max_bytes: 1 << 20,
    max_side_px: 8,
    max_frames: 1,
    max_total_pixels: 1 << 24,
    max_still_bytes: 1 << 20,
    max_still_side_px: 4096,
    max_still_pixels: 1 << 24,
    max_video_s: 1,
    max_video_frames: 1,
};

const KINDS: [(Colour, u8, usize); 12] = [
    (Colour::Grey, 1, 0),
    (Colour::Grey, 4, 0),
    (Colour::Grey, 8, 0),
    (Colour::Grey, 16, 0),
    (Colour::GreyAlpha, 8, 0),
    (Colour::Rgb, 8, 0),
    (Colour::Rgb, 16, 0),
    (Colour::Rgba, 8, 0),
    (Colour::Rgba, 16, 0),
    (Colour::Indexed, 2, 4),
    (Colour::Indexed, 8, 200),
    (Colour::Indexed, 8, 256),
];

fn assert_alike(bytes: &[u8], spec: &LoadedSpec, name: &str) {
    let (whole, by_rows) = (render(bytes, spec, &Limits::default()), render(bytes, spec, &BY_ROWS));
    let (whole, by_rows) = match (whole, by_rows) {
        (Ok(whole), Ok(by_rows)) => (whole, by_rows),
        (Err(whole), Err(by_rows)) => return assert_eq!(whole, by_rows, "{name}"),
        (_, Err(Error::NotByRows { .. })) => return,
        (whole, by_rows) => panic!("{name}: {:?}, {:?}", whole.err(), by_rows.err()),
    };
    assert_eq!(whole.fidelity, by_rows.fidelity, "{name}");
    assert_eq!(whole.altered, by_rows.altered, "{name}");
    let [a, b] = [&whole.bytes, &by_rows.bytes].map(|bytes| read::read(bytes, &Limits::default()).unwrap());
    assert!(a.raster == b.raster, "{name}: the samples differ");
    assert_eq!((a.colour, a.depth, a.palette, a.transparency), (b.colour, b.depth, b.palette, b.transparency), "{name}");
    assert_eq!((a.damage, b.damage), (None, None), "{name}");
    let others =
        |others: [Vec<Chunk<'_>>; 2]| others.map(|chunks| chunks.iter().map(|c| (c.kind, c.data.to_vec())).collect::<Vec<_>>());
    assert_eq!(others(a.others), others(b.others), "{name}");
}

#[test]
fn every_kind_comes_out_as_if_it_were_held() {
    for (colour, depth, entries) in KINDS {
        for orientation in [1, 2] {
            let exif = [b"II\x2A\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".as_slice(), &[orientation], &[0; 7]].concat();
            let bytes = source(colour, depth, entries, vec![(*b"eXIf", exif), (*b"gAMA", 100_000_u32.to_be_bytes().to_vec())]);
            for (style, fill) in [(Style::Overlay, "#fff"), (Style::Overlay, "#f0f"), (Style::Bar, "#000"), (Style::Bar, "#07f")]
            {
                assert_alike(&bytes, &spec(style, fill), &format!("{colour:?} {depth} {orientation} {style:?} {fill}"));
            }
        }
    }
}

#[test]
fn what_cannot_go_by_rows_is_refused_by_its_name() {
    let exif = [b"II\x2A\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".as_slice(), &[6], &[0; 7]].concat();
    let bytes = source(Colour::Rgb, 8, 0, vec![(*b"eXIf", exif)]);
    let error = render(&bytes, &spec(Style::Overlay, "#fff"), &BY_ROWS).map(|_| ()).unwrap_err().to_string();
    assert!(
        error.starts_with("the picture is 120 x 90 pixels, the limit of a PNG that its EXIF data turn is 8 a side"),
        "{error}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_damaged_file_comes_out_as_if_it_were_held(
        kind in 0_usize..12,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), 0_u8..), 0..4),
        cut: prop::sample::Index,
    ) {
        let (colour, depth, entries) = KINDS[kind];
        let mut bytes = source(colour, depth, entries, Vec::new());
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(2 * bytes.len()));
        assert_alike(&bytes, &spec(Style::Overlay, "#f00"), "damaged");
    }
}
