//! PNG files of each kind, made here, captioned, and read again by this reader and by the `image` crate.

use caption_layout::{
    Colour as Rgb, ColourFidelity, Font, Hundredths, ImageName, ImageShown, LoadedCaption, LoadedSpec, NEAR_DELTA_E, Position,
    Style,
};
use proptest::prelude::*;
use samples::Noise;

use super::{super::damage::Damage, chunks::Chunk, read::Colour, write::Picture, *};

mod by_rows;

fn spec(style: Style, fill: &str) -> LoadedSpec {
    let mut caption = LoadedCaption::new("still", Position::Top, style, Font::builtin("anton").unwrap());
    caption.spec.fill = Some(fill.parse().unwrap());
    LoadedSpec::new(vec![caption])
}

const SIDES: [usize; 2] = [120, 90];

/// A picture of few colours, or of noise in its own samples.
fn source(colour: Colour, depth: u8, entries: usize, others: Vec<([u8; 4], Vec<u8>)>) -> Vec<u8> {
    let mut noise = Noise::new(7);
    let most = if colour == Colour::Indexed { entries - 1 } else { (1 << depth.min(8)) - 1 };
    let mut sample = || u8::try_from(noise.below(u32::try_from(most).unwrap() + 1)).unwrap();
    let pixel_bytes = colour.channels() * usize::from(depth.div_ceil(8));
    let data = (0..SIDES[0] * SIDES[1] * pixel_bytes).map(|_| sample()).collect();
    let raster = Raster { width: SIDES[0], height: SIDES[1], pixel_bytes, data };
    let level = |v: usize| u8::try_from(v % 256).unwrap();
    Picture {
        colour,
        depth,
        raster: &raster,
        palette: (colour == Colour::Indexed)
            .then(|| (0..entries).flat_map(|i| [level(i * 11), level(i * 5), level(i * 3)]).collect()),
        transparency: (colour == Colour::Indexed).then(|| vec![0, 200]),
        others: [others, Vec::new(), Vec::new()],
        filters: Vec::new(),
        source_bytes: 0,
    }
    .write()
}

fn render_png(bytes: &[u8], spec: &LoadedSpec) -> RenderedStill {
    render(bytes, spec, &Limits::default()).unwrap()
}

/// The pixels outside the mask, of the source and of the output, as other readers see them.
fn assert_same_outside_the_mask(source: &[u8], rendered: &RenderedStill) {
    let [before, after] = [source, &rendered.bytes].map(|bytes| image::load_from_memory(bytes).unwrap().into_rgba16());
    let mut gray = rendered.mask.to_gray(crate::mask::InkSet::ALL);
    rendered.altered.mark(&mut gray, 0);
    let top = rendered.mask.picture_top_px;
    let mut changed = 0;
    for (x, y, pixel) in before.enumerate_pixels() {
        let now = after.get_pixel(x, y + top);
        let touched = gray[((y + top) * after.width() + x) as usize] != 0;
        assert!(touched || now == pixel || now.0[3] == 0 && pixel.0[3] == 0, "{x}, {y}: {pixel:?} is {now:?}");
        changed += usize::from(touched && now != pixel);
    }
    assert!(changed > 50 || top > 0, "{changed}");
}

#[test]
fn every_kind_of_samples_keeps_what_the_caption_does_not_touch() {
    let kinds = [
        (Colour::Grey, [1, 2, 4, 8, 16].as_slice()),
        (Colour::GreyAlpha, &[8, 16]),
        (Colour::Rgb, &[8, 16]),
        (Colour::Rgba, &[8, 16]),
        (Colour::Indexed, &[1, 2, 4, 8]),
    ];
    for (colour, depth) in kinds.into_iter().flat_map(|(colour, depths)| depths.iter().map(move |&depth| (colour, depth))) {
        let bytes = source(colour, depth, 1 << depth.min(8), Vec::new());
        for (style, fill) in [(Style::Overlay, "#fff"), (Style::Overlay, "#f0f"), (Style::Bar, "#000")] {
            let rendered = render_png(&bytes, &spec(style, fill));
            assert_same_outside_the_mask(&bytes, &rendered);
            let output = read::read(&rendered.bytes, &Limits::default()).unwrap();
            assert_eq!(output.damage, None);
            match colour {
                Colour::Grey if fill == "#f0f" && depth < 8 => assert_eq!(output.colour, Colour::Indexed),
                Colour::Grey if fill == "#f0f" => assert_eq!(output.colour, Colour::Rgb),
                Colour::GreyAlpha if fill == "#f0f" => assert_eq!(output.colour, Colour::Rgba),
                colour => assert_eq!(output.colour, colour),
            }
            assert!(output.depth == depth || depth < 8 && output.depth > depth);
        }
    }
}

#[test]
fn indices_outside_the_mask_stay_and_white_gets_a_free_entry() {
    let bytes = source(Colour::Indexed, 8, 200, Vec::new());
    let rendered = render_png(&bytes, &spec(Style::Overlay, "#fff"));
    let [before, after] = [&bytes, &rendered.bytes].map(|bytes| read::read(bytes, &Limits::default()).unwrap());
    assert_eq!(after.palette[..200], before.palette[..]);
    assert!(after.palette[200..].contains(&[255; 3]));
    let gray = rendered.mask.to_gray(crate::mask::InkSet::ALL);
    let indices = before.raster.data.iter().zip(&after.raster.data).zip(&gray);
    assert!(indices.clone().all(|((before, after), mask)| *mask != 0 || before == after));
    assert!(indices.filter(|((before, after), _)| before != after).count() > 50);
    assert_eq!(after.filters, before.filters);
    // The letters are mostly white.
    let white = after.palette.iter().rposition(|entry| *entry == [255; 3]).unwrap();
    assert!(after.raster.data.iter().filter(|&&index| usize::from(index) == white).count() > 50);
}

#[test]
fn a_full_palette_gives_up_what_nobody_sees() {
    // 256 colours, all used: two greys that are close together, and others far from them and from white.
    let close = |i: usize| if i == 255 { [101, 101, 100] } else { [u8::try_from(i).unwrap(), 100, 100] };
    let palette: Vec<u8> = (0..256).flat_map(close).collect();
    let mut noise = Noise::new(1);
    let data = (0..SIDES[0] * SIDES[1]).map(|_| u8::try_from(noise.below(256)).unwrap()).collect();
    let raster = Raster { width: SIDES[0], height: SIDES[1], pixel_bytes: 1, data };
    let others = [Vec::new(), Vec::new(), Vec::new()];
    let bytes = Picture {
        colour: Colour::Indexed,
        depth: 8,
        raster: &raster,
        palette: Some(palette),
        transparency: None,
        others,
        filters: Vec::new(),
        source_bytes: 0,
    }
    .write();
    let rendered = render_png(&bytes, &spec(Style::Overlay, "#fff"));
    let after = read::read(&rendered.bytes, &Limits::default()).unwrap();
    assert!(after.palette.contains(&[255; 3]));
    assert!((1..raster.data.len() as u64 / 20).contains(&rendered.altered.count()), "{}", rendered.altered.count());
    let [before, after] = [&bytes, &rendered.bytes].map(|bytes| image::load_from_memory(bytes).unwrap().into_rgb8());
    let told = &rendered.fidelity;
    assert_eq!(told.changed.count, rendered.altered.count());
    assert!(
        told.changed.delta_e <= NEAR_DELTA_E && told.captions[0].fill == ColourFidelity::exact(Rgb { rgb: [255; 3] }),
        "{told:?}"
    );
    let gray = rendered.mask.to_gray(crate::mask::InkSet::ALL);
    let mut marked = gray.clone();
    rendered.altered.mark(&mut marked, 0);
    for (x, y, pixel) in before.enumerate_pixels().filter(|(x, y, _)| gray[(y * before.width() + x) as usize] == 0) {
        let now = after.get_pixel(x, y);
        assert!(now == pixel || marked[(y * before.width() + x) as usize] == 128, "{x}, {y}");
        assert!(now.0.iter().zip(pixel.0).all(|(a, b)| a.abs_diff(b) <= 6), "{x}, {y}: {pixel:?} is {now:?}");
    }
    let exact = LoadedSpec { exact: true, ..spec(Style::Overlay, "#fff") };
    let rendered = render_png(&bytes, &exact);
    assert_eq!((rendered.altered.count(), rendered.fidelity.changed.count), (0, 0));
    let fill = rendered.fidelity.captions[0].fill;
    assert!(fill.delta_e > Hundredths::default() && fill.shown != fill.asked, "{fill:?}");
}

#[test]
fn chunks_stay_where_they_hold() {
    let exif = b"II\x2A\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let chunks: [([u8; 4], &[u8]); 6] = [
        (*b"gAMA", &100_000_u32.to_be_bytes()),
        (*b"pHYs", b"\0\0\x0E\xC4\0\0\x0E\xC4\x01"),
        (*b"tEXt", b"Comment\0hello"),
        (*b"eXIf", exif),
        (*b"tIME", b"\x07\xE8\x01\x02\x03\x04\x05"),
        (*b"hIST", b"\0\x01"),
    ];
    let bytes = source(Colour::Rgb, 8, 0, chunks.iter().map(|&(kind, data)| (kind, data.to_vec())).collect());
    let rendered = render_png(&bytes, &spec(Style::Overlay, "#bcbcbc"));
    let output = read::read(&rendered.bytes, &Limits::default()).unwrap();
    let found: Vec<[u8; 4]> = output.others.concat().iter().map(|chunk| chunk.kind).collect();
    assert_eq!(found, [b"gAMA", b"pHYs", b"tEXt", b"eXIf", b"tIME"].map(|kind| *kind));
    assert_eq!((output.raster.width, output.raster.height), (SIDES[1], SIDES[0]), "turned");
    assert!(turn_of(&rendered.bytes, MediaType::Png).is_none());
    assert!(
        output.raster.data.as_chunks::<3>().0.iter().filter(|pixel| **pixel == [128; 3]).count() > 10,
        "grey in linear light"
    );
}

#[test]
fn what_is_there_of_a_damaged_picture_is_shown_and_told() {
    let whole = source(Colour::Rgb, 8, 0, Vec::new());
    let damage =
        |bytes: &[u8]| render(bytes, &spec(Style::Overlay, "#fff"), &Limits::default()).map(|rendered| rendered.fidelity.damage);
    assert_eq!(damage(&whole).unwrap(), None);
    assert_eq!(damage(&whole[..whole.len() - 12]).unwrap(), Some(Damage::NoEnd.to_string()));
    assert_eq!(damage(&whole[..whole.len() - 17]).unwrap(), Some(Damage::NoEnd.to_string()), "the check of the stream is cut");
    let cut = read::read(&whole[..whole.len() / 2], &Limits::default()).unwrap().damage;
    let Some(Damage::CutOff { percent_shown }) = cut else { panic!("not told") };
    assert_eq!(damage(&whole[..whole.len() / 2]).unwrap(), cut.map(|cut| cut.to_string()));
    assert!((45..55).contains(&percent_shown), "{percent_shown}");
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 0x55;
    assert!(damage(&flipped).unwrap().is_some());
    for cut in [0, 8, 20, 33, 45] {
        assert_eq!(damage(&whole[..cut]).unwrap_err().code().as_str(), "malformed", "{cut}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_change_to_a_file_is_an_error_or_a_picture(
        kind in 0_usize..4,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), 0_u8..), 0..4),
        cut: prop::sample::Index,
    ) {
        let (colour, depth) = [(Colour::Indexed, 4), (Colour::Rgb, 8), (Colour::Grey, 1), (Colour::GreyAlpha, 16)][kind];
        let mut bytes = source(colour, depth, 13, vec![(*b"tRNS", vec![0, 1])]);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(2 * bytes.len()));
        if let Ok(rendered) = render(&bytes, &spec(Style::Overlay, "#f00"), &Limits::default()) {
            prop_assert!(image::load_from_memory(&rendered.bytes).is_ok());
        }
    }
}

#[test]
fn a_translucent_image_is_solid_in_an_indexed_picture_and_told() {
    let file = emoji::Drawn { left_px: 0, top_px: 0, width_px: 4, pixels: vec![[200, 30, 40, 100]; 16] }.png();
    let asked = LoadedSpec {
        images: [(ImageName::parse("glass").unwrap(), file)].into_iter().collect(),
        captions: vec![LoadedCaption::new("a:glass:", Position::Top, Style::Overlay, Font::builtin("anton").unwrap())],
        ..spec(Style::Overlay, "#fff")
    };
    let told = |colour| {
        let picture = source(colour, 8, 200, Vec::new());
        let rendered = crate::render_with(&picture, &asked, &Limits::default(), &crate::Watch::none()).unwrap();
        rendered.fidelity.images.into_iter().map(|image| image.shown).collect::<Vec<_>>()
    };
    assert_eq!((told(Colour::Indexed), told(Colour::Rgb)), (vec![ImageShown::Solid], Vec::new()));
}
