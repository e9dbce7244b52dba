//! Random animated WebP files, with and without loss, captioned and played.

use caption_layout::{
    Font, LoadedCaption, LoadedSpec, Position, Style,
    reading::animation::{Blend, Dispose},
};
use proptest::{prelude::*, sample::Index};

use super::{
    super::tests::{Chance, Shown, assert_shows, assert_survives, rendered, spec},
    *,
};
use crate::picture::render_with;

/// What a file's frames are.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Lossless,
    Lossy,
    Mixed,
}

fn word(value: u32) -> Vec<u8> {
    value.to_le_bytes()[..3].to_vec()
}

fn chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let len = u32::try_from(data.len()).unwrap().to_le_bytes();
    [&kind[..], &len, data, &vec![0; data.len() % 2]].concat()
}

/// A file whose frames have places, blendings and ends by chance.
fn sample(seed: u64, kind: Kind) -> Vec<u8> {
    let mut chance = Chance(seed);
    let [width, height] = [0, 0].map(|_| 60 + chance.below(60));
    let mut body = b"WEBP".to_vec();
    body.extend(chunk(*b"VP8X", &[vec![0x12, 0, 0, 0], word(width - 1), word(height - 1)].concat()));
    body.extend(chunk(*b"ANIM", &[0, 0, 0, 0, 3, 0]));
    for k in 0..=chance.below(6) {
        let rect = if k == 0 || chance.below(3) == 0 {
            Rect::at(0, 0, width, height)
        } else {
            let [left, top] = [width, height].map(|side| chance.below(side) / 2 * 2);
            Rect::at(left, top, 1 + chance.below(width - left), 1 + chance.below(height - top))
        };
        let is_lossy = kind == Kind::Lossy || kind == Kind::Mixed && chance.below(2) == 0;
        let data = still_frames::encode(
            &content(&mut chance, rect),
            [rect.width(), rect.height()],
            is_lossy.then(|| f64::from(10 + chance.below(60))),
        );
        let head = [rect.left / 2, rect.top / 2, rect.width() - 1, rect.height() - 1, 200].map(word).concat();
        body.extend(chunk(*b"ANMF", &[&head[..], &[chance.byte(&[0, 0, 0, 1, 2, 3])], &data.unwrap()].concat()));
    }
    body.extend(chunk(*b"XMP ", b"said"));
    [&b"RIFF"[..], &u32::try_from(body.len()).unwrap().to_le_bytes(), &body].concat()
}

/// Flat stretches. Alpha is none or whole, and often whole everywhere.
fn content(chance: &mut Chance, rect: Rect) -> Vec<u8> {
    let alphas: &[u8] = if chance.below(2) == 0 { &[255] } else { &[0, 255, 255] };
    let mut pixel = [0; 4];
    let pixels = (0..rect.area()).flat_map(|i| {
        if i == 0 || chance.below(40) == 0 {
            pixel = [chance.byte(&[0, 90, 160, 250]), chance.byte(&[10, 128, 230]), chance.byte(&[0, 255]), chance.byte(alphas)];
        }
        if pixel[3] == 0 { [0; 4] } else { pixel }
    });
    pixels.collect()
}

/// What viewers show after each frame. (The `image` crate's player darkens opaque pixels by a level when it blends them.)
pub(crate) fn played(file: &[u8]) -> Vec<image::RgbaImage> {
    let webp = AnimatedWebp::walk(file, &Limits::default()).unwrap();
    let mut canvas = image::RgbaImage::new(webp.sides_px[0], webp.sides_px[1]);
    let mut cleared = None;
    let mut all = Vec::new();
    for Frame { rect, blend, dispose, data, .. } in webp.frames {
        let places = |rect: Rect| (rect.top..rect.bottom).flat_map(move |y| (rect.left..rect.right).map(move |x| (x, y)));
        cleared.into_iter().flat_map(places).for_each(|(x, y)| canvas.get_pixel_mut(x, y).0 = [0; 4]);
        let own = still_frames::decode(&file[data], [rect.width(), rect.height()]).unwrap();
        for (x, y) in places(rect) {
            let pixel = *own.pixel(x - rect.left, y - rect.top).first_chunk::<4>().unwrap();
            let beneath = canvas.get_pixel_mut(x, y);
            let [alpha, under] = [pixel[3], beneath.0[3]].map(|alpha| f64::from(alpha) / 255.0);
            let sum = alpha + under * (1.0 - alpha);
            match (blend, pixel[3]) {
                (Blend::Source, _) | (_, 255) => beneath.0 = pixel,
                (Blend::Over, 0) => {}
                (Blend::Over, _) => {
                    for (beneath, own) in beneath.0.iter_mut().zip(pixel).take(3) {
                        let mixed = f64::from(own) * alpha + f64::from(*beneath) * under * (1.0 - alpha);
                        *beneath = level(mixed / sum);
                    }
                    beneath.0[3] = level(sum * 255.0);
                }
            }
        }
        cleared = (dispose == Dispose::Background).then_some(rect);
        all.push(canvas.clone());
    }
    all
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 255")]
fn level(value: f64) -> u8 {
    value.round() as u8
}

fn assert_captioned(seed: u64, kind: Kind, is_exact: bool) {
    let (file, mut spec) = (sample(seed, kind), spec(seed));
    spec.exact = is_exact;
    let rendered = rendered(&file, &spec);
    let output = rendered.output.to_vec(&file);
    // A caption of a lossy frame that was coded again is as lossy; under another alpha only soft edges are off.
    let most_off = match (kind, is_exact) {
        (Kind::Lossless, _) => 2,
        (_, true) => 66,
        (_, false) => 255,
    };
    assert!(kind != Kind::Lossless && !is_exact || rendered.fidelity.changed.count == 0);
    assert_shows(&Shown { before: played(&file), after: played(&output), spec: &spec, step_px: 2, most_off }, &rendered, seed);
}

proptest! {
    #[test]
    fn each_frame_shows_the_source_and_its_captions(seed: u64) {
        assert_captioned(seed, Kind::Lossless, false);
    }

    #[test]
    fn a_lossy_file_keeps_what_an_exact_spec_forbids_to_change(seed: u64) {
        assert_captioned(seed, Kind::Mixed, true);
    }

    #[test]
    fn what_coding_a_lossy_frame_again_changes_is_marked(seed: u64) {
        assert_captioned(seed, Kind::Lossy, false);
    }

    #[test]
    fn any_bytes_are_captioned_or_refused(seed: u64, changes in prop::collection::vec((any::<Index>(), 0_u8..), 1..6), cut: Index) {
        assert_survives(sample(seed, Kind::Mixed), changes, cut, seed);
    }
}

fn caption(text: &str, frames: Option<[u32; 2]>) -> LoadedSpec {
    let mut caption = LoadedCaption::new(text, Position::Top, Style::Overlay, Font::builtin("anton").unwrap());
    caption.spec.frames = frames;
    LoadedSpec::new(vec![caption])
}

#[test]
fn frames_that_no_caption_meets_are_copied_and_the_rest_of_the_file_too() {
    let mut copied = 0;
    for seed in 0..100 {
        let file = sample(seed, Kind::Mixed);
        let rendered = rendered(&file, &caption("now", Some([1, 1])));
        let output = rendered.output.to_vec(&file);
        let [walked, source] = [&output, &file].map(|file| AnimatedWebp::walk(file, &Limits::default()).unwrap());
        let both = || walked.frames.iter().zip(&source.frames);
        let same = both().filter(|(one, other)| output[one.data.clone()] == file[other.data.clone()]).count();
        assert!(same >= rendered.stats.frames_copied as usize, "seed {seed}");
        copied += rendered.stats.frames_copied;
        assert_eq!((walked.plays, walked.is_cut), (source.plays, false));
        assert!(both().all(|(one, other)| (one.duration_ms, one.dispose) == (other.duration_ms, other.dispose)));
        assert!(output.ends_with(&chunk(*b"XMP ", b"said")));
    }
    assert!(copied > 50, "{copied}");
}

/// A lossy file of whole opaque frames: three of one picture, then two of another.
fn lossy_file() -> Vec<u8> {
    let picture = |light: u8| -> Vec<u8> {
        let level = |v: u32| u8::try_from(v % 160).unwrap();
        (0..160 * 120_u32).flat_map(|i| [level(i % 160) / 2 + light, level(i / 160), level(i / 7), 255]).collect()
    };
    let mut body = b"WEBP".to_vec();
    body.extend(chunk(*b"VP8X", &[vec![2, 0, 0, 0], word(159), word(119)].concat()));
    body.extend(chunk(*b"ANIM", &[0; 6]));
    for light in [0, 0, 0, 60, 60] {
        let data = still_frames::encode(&picture(light), [160, 120], Some(30.0)).unwrap();
        body.extend(chunk(*b"ANMF", &[&[0, 0, 159, 119, 200].map(word).concat()[..], &[2], &data].concat()));
    }
    [&b"RIFF"[..], &u32::try_from(body.len()).unwrap().to_le_bytes(), &body].concat()
}

#[test]
fn a_lossy_frame_behind_a_caption_that_stands_keeps_its_data_under_another_alpha() {
    let file = lossy_file();
    for is_exact in [false, true] {
        let spec = LoadedSpec { exact: is_exact, ..caption("it stands", None) };
        let rendered = rendered(&file, &spec);
        let output = rendered.output.to_vec(&file);
        let [walked, source] = [&output, &file].map(|file| AnimatedWebp::walk(file, &Limits::default()).unwrap());
        for (k, (one, other)) in walked.frames.iter().zip(&source.frames).enumerate() {
            assert_eq!(one.is_lossy, k > 0 || !is_exact, "frame {k}");
            assert_eq!(output[one.data.clone()].ends_with(&file[other.data.clone()]), k > 0, "frame {k}");
        }
        // The first is coded again: with loss, which is told, or without.
        assert_eq!(rendered.fidelity.changed.count > 0, !is_exact);
        assert_eq!(rendered.mask().contains(&128), !is_exact);
        let shown = Shown { before: played(&file), after: played(&output), spec: &spec, step_px: 2, most_off: 66 };
        if is_exact {
            assert_shows(&shown, &rendered, 0);
        }
    }
}

#[test]
fn a_file_that_is_cut_off_is_captioned_as_far_as_its_frames_are_whole() {
    let file = lossy_file();
    assert_eq!(rendered(&file, &caption("cut", None)).fidelity.damage, None);
    let cut = &file[..file.len() - 40];
    let rendered = rendered(cut, &caption("cut", None));
    assert_eq!(rendered.fidelity.damage.as_deref(), Some("the file is cut off, 4 frames are whole"));
    assert_eq!(played(&rendered.output.to_vec(cut)).len(), 4);
}

#[test]
fn frames_that_grow_for_a_caption_are_held_against_the_limit() {
    // The first is the whole picture; each other one is a pixel, and clears what it is drawn on.
    let data =
        |width, height| still_frames::encode(&[90; 4].repeat(width as usize * height as usize), [width, height], None).unwrap();
    let mut body = b"WEBP".to_vec();
    body.extend(chunk(*b"VP8X", &[vec![2, 0, 0, 0], word(99), word(79)].concat()));
    body.extend(chunk(*b"ANIM", &[0; 6]));
    for k in 0..50 {
        let [width, height] = if k == 0 { [100, 80] } else { [1, 1] };
        let head = [0, 0, width - 1, height - 1, 200].map(word).concat();
        body.extend(chunk(*b"ANMF", &[&head[..], &[u8::from(k > 0)], &data(width, height)].concat()));
    }
    let file = [&b"RIFF"[..], &u32::try_from(body.len()).unwrap().to_le_bytes(), &body].concat();
    let grows = caption("grows", Some([3, 49]));
    assert_eq!(rendered(&file, &grows).stats.frames_recoded, 47);
    let limits = Limits { max_total_pixels: 20_000, ..Limits::default() };
    let refused = render_with(&file, &grows, &limits, &Watch::none()).err().unwrap();
    assert_eq!(refused.code().as_str(), "too_many_pixels");
    assert!(render_with(&file, &caption("stays", None), &limits, &Watch::none()).is_ok());
}
