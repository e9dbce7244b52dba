//! Pictures that are stored as they are, to the bit, in the order in which they are shown; and damage.

use samples::{
    h264::{Kind, luma, parameter_sets, picture},
    mp4::Clip,
};

use super::*;

const SIDES: [u32; 2] = [34, 18];
const COLOURS: Colours = Colours { is_bt709: false, is_full_range: true };

fn decoder(has_b: bool) -> Decoder {
    let [sps, pps] = parameter_sets(SIDES, has_b);
    let setup =
        Setup { parameter_sets: &[&sps, &pps], nal_length_bytes: 4, sides_px: SIDES.map(|side| side as usize), colours: COLOURS };
    Decoder::new(&setup).unwrap()
}

fn sample(unit: &[u8]) -> Vec<u8> {
    [&u32::try_from(unit.len()).unwrap().to_be_bytes()[..], unit].concat()
}

/// Grey of full range is its luma.
fn expected(n: u32) -> Picture {
    let [width, height] = SIDES;
    let pixel = |(y, x)| [luma(n, x, y); 3];
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (y, x))).map(pixel);
    pixels.map(|[r, g, b]| [r, g, b, 255]).collect()
}

fn all(mut decoder: Decoder, samples: &[Vec<u8>]) -> Vec<Picture> {
    let mut pictures = Vec::new();
    for sample in samples {
        pictures.extend(decoder.decode(sample).unwrap());
    }
    while let Some(picture) = decoder.flush().unwrap() {
        pictures.push(picture);
    }
    pictures
}

#[test]
fn stored_pictures_come_out_to_the_bit_and_cropped() {
    let samples: Vec<_> = (0..4).map(|n| sample(&picture(SIDES, Kind::Idr, n, 0, 0))).collect();
    let pictures = all(decoder(false), &samples);
    assert_eq!(pictures.len(), 4);
    for (n, picture) in (0..).zip(&pictures) {
        assert!(*picture == expected(n), "picture {n}");
    }
}

#[test]
fn pictures_come_out_in_the_order_in_which_they_are_shown() {
    let clip = Clip::with_b(SIDES, 3);
    let mut frame_num = 0;
    let samples: Vec<_> = clip
        .pictures
        .iter()
        .map(|&(kind, n)| {
            let unit = picture(SIDES, kind, n, n, frame_num);
            frame_num += u32::from(kind != Kind::B);
            sample(&unit)
        })
        .collect();
    let pictures = all(decoder(true), &samples);
    let order: Vec<_> = pictures.iter().map(|picture| (0..10).find(|&n| *picture == expected(n))).collect();
    assert_eq!(order, (0..10).map(Some).collect::<Vec<_>>());
}

#[test]
fn damage_is_an_error_and_another_size_too() {
    let mut decoder = decoder(false);
    assert!(decoder.decode(b"").is_err() && decoder.decode(&[0, 0, 0, 9, 0x65]).is_err());
    let whole = sample(&picture(SIDES, Kind::Idr, 0, 0, 0));
    let _ = decoder.decode(&whole[..whole.len() / 2]);
    assert!(is_key(&whole, 4) && !is_key(&sample(&picture(SIDES, Kind::P, 0, 0, 0)), 4));
    let [sps, pps] = parameter_sets([32, 16], false);
    let sides_px = [32, 18];
    let setup = Setup { parameter_sets: &[&sps, &pps], nal_length_bytes: 4, sides_px, colours: COLOURS };
    let other = sample(&picture([32, 16], Kind::Idr, 0, 0, 0));
    let mut decoder = Decoder::new(&setup).unwrap();
    let outcome = decoder.decode(&other).and_then(|none| if none.is_some() { Ok(none) } else { decoder.flush() });
    assert!(outcome.unwrap_err().to_string().contains("32 x 16 in a video of 32 x 18"));
}
