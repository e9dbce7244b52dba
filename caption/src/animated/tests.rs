//! What the tests of both kinds of animations have in common: specs by chance, and the comparison of what viewers show.

use caption_layout::{Font, Limits, LoadedCaption, LoadedSpec, Position, Seconds, Style, rect::Rect};
use image::RgbaImage;
use proptest::sample::Index;

use crate::{
    mask::{Cover, Ink, Mask},
    picture::{Rendered, render_with},
    planning::{frame_times, shown_frames},
    watch::Watch,
};

/// Numbers by chance, from a seed.
pub(super) struct Chance(pub u64);

impl Chance {
    pub(super) fn below(&mut self, most: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(most.max(1))).unwrap()
    }

    pub(super) fn byte(&mut self, of: &[u8]) -> u8 {
        of[self.below(u32::try_from(of.len()).unwrap()) as usize]
    }
}

pub(crate) fn spec(seed: u64) -> LoadedSpec {
    let mut chance = Chance(seed ^ 0x5EED);
    let font = Font::builtin("anton").unwrap();
    let styles = [Style::Overlay, Style::Bar, Style::Plain, Style::Box];
    let places = [Position::Top, Position::Bottom, Position::Middle];
    let count = 1 + chance.below(2) as usize;
    let captions = (0..count).map(|i| {
        let style = styles[chance.below(4) as usize];
        let at = if style == Style::Bar { places[i] } else { places[chance.below(3) as usize] };
        let mut caption = LoadedCaption::new("Wow", at, style, font.clone());
        if chance.below(2) == 0 {
            caption.spec.from = Some(Seconds::try_from(f64::from(chance.below(5)) / 5.0).unwrap());
            caption.spec.to = Some(Seconds::try_from(1.0 + f64::from(chance.below(5)) / 5.0).unwrap());
        }
        caption
    });
    LoadedSpec::new(captions.collect())
}

pub(crate) fn rendered(file: &[u8], spec: &LoadedSpec) -> Rendered {
    render_with(file, spec, &Limits::default(), &Watch::none()).unwrap()
}

/// Premultiplied, because the colour of what is hardly seen is nobody's.
fn seen([r, g, b, a]: [u8; 4]) -> [i32; 4] {
    let part = |v: u8| i32::from(v) * i32::from(a) / 255;
    [part(r), part(g), part(b), i32::from(a)]
}

/// A file and its output as viewers show them, frame by frame, each for 0.2 s.
pub(crate) struct Shown<'a> {
    pub before: Vec<RgbaImage>,
    pub after: Vec<RgbaImage>,
    pub spec: &'a LoadedSpec,
    /// What a bar's height is a multiple of.
    pub step_px: u32,
    /// How many levels a caption's pixel may be off.
    pub most_off: i32,
}

/// Where the mask is 0 nothing is different, and where it is 255 the captions of that time are there.
pub(crate) fn assert_shows(shown: &Shown<'_>, rendered: &Rendered, seed: u64) {
    let Shown { before, after, spec, step_px, most_off } = shown;
    assert_eq!(before.len(), after.len());
    let times = frame_times((0..before.len()).map(|_| 200_000));
    let captions = spec.captions.iter();
    let shown: Vec<_> = captions.map(|caption| shown_frames(&caption.spec, &times)).collect();
    let whole = Rect::at(0, 0, before[0].width(), before[0].height());
    let mut mask = Mask::draw(*spec, whole.width(), whole.height(), whole).unwrap();
    mask.lower_picture(mask.picture_top_px % step_px);
    for (k, ((before, after), gray)) in before.iter().zip(after).zip(rendered.masks()).enumerate() {
        assert_eq!([after.width(), after.height()], [mask.width_px, mask.height_px]);
        let mut wanted = RgbaImage::new(mask.width_px, mask.height_px);
        image::imageops::replace(&mut wanted, before, 0, mask.picture_top_px.into());
        let shown = |ink: &&Ink| shown[ink.number].contains(&k);
        for ink in mask.inks.iter().filter(shown) {
            for (x, y, cover) in ink.covers_in(ink.rect).filter(|&(.., cover)| cover != Cover::NONE) {
                let [letters, under] = ink.pair_at(x, y);
                let pixel = wanted.get_pixel_mut(x, y);
                pixel.0 = cover.composite(letters, under, pixel.0, 255);
            }
        }
        for ((x, y, wanted), covered) in wanted.enumerate_pixels().zip(&gray) {
            let got = after.get_pixel(x, y).0;
            let off = seen(wanted.0).iter().zip(seen(got)).map(|(one, other)| (one - other).abs()).max().unwrap();
            let allowed = match covered {
                0 => 0,
                128 => 255,
                _ => *most_off,
            };
            assert!(off <= allowed, "seed {seed}, frame {k}, ({x}, {y}): {got:?} for {wanted:?}, mask {covered}");
        }
    }
}

/// A file with some bytes changed, whole and cut, is captioned or refused.
pub(super) fn assert_survives(mut file: Vec<u8>, changes: Vec<(Index, u8)>, cut: Index, seed: u64) {
    for (at, byte) in changes {
        let at = at.index(file.len());
        file[at] = byte;
    }
    let limits = Limits { max_total_pixels: 1 << 20, ..Limits::default() };
    for file in [&file[..], &file[..cut.index(file.len())]] {
        let _ = render_with(file, &spec(seed), &limits, &Watch::none());
    }
}
