//! A frame that was drawn again, as the chunks of its picture, and what its coding made of the picture.
//!
//! `mod` makes them, many at the same time; `write` puts them into the file. A frame that lost something before is coded at its own
//! quantiser, unless a spec is exact; any other without loss.

use caption_layout::{
    CaptionFidelity, Error, WhyOff,
    reading::{animation::Blend, webp::Frame},
    rect::Rect,
};

use super::super::player::Drawn;
use crate::{
    mask::{Cover, Mask},
    still::{
        beside::Beside,
        raster::Raster,
        shown::MeanColours,
        webp::frames::{decode, encode, quantiser_of, with_alpha},
    },
};

/// How often the quantiser is corrected until it is the source's.
const MOST_CORRECTIONS: u32 = 2;
/// Quantiser indices that are alike.
const NEAR: f64 = 1.0;

/// A frame's picture.
pub(super) struct Coded {
    pub rect: Rect,
    pub blend: Blend,
    pub data: Vec<u8>,
    /// Whether any pixel may be seen through.
    pub has_alpha: bool,
    /// Of a lossy one, what a decoder shows.
    shown: Option<Raster>,
}

pub(super) struct FrameEncoder<'a> {
    bytes: &'a [u8],
    mask: &'a Mask,
    is_exact: bool,
    /// What has to be asked of the encoder more than what is to come out: it spreads its segments by the picture. Found with the first
    /// lossy frame.
    shift: Option<f64>,
    colours: MeanColours<'a>,
    beside: Beside,
    lossy_frames: u32,
}

impl<'a> FrameEncoder<'a> {
    pub(super) fn new(bytes: &'a [u8], mask: &'a Mask, is_exact: bool) -> Self {
        let (colours, beside) = (MeanColours::of(mask), Beside::default());
        Self { bytes, mask, is_exact, shift: None, colours, beside, lossy_frames: 0 }
    }

    /// The quantiser index that a frame is to have again; `None` of one that is coded without loss.
    fn quantiser(&self, frame: &Frame) -> Option<f64> {
        if self.is_exact || !frame.is_lossy { None } else { quantiser_of(&self.bytes[frame.data.clone()]) }
    }

    /// Finds out with the first lossy frame what the encoder has to be asked for.
    pub(super) fn find_quality(&mut self, frames: &[Frame], drawn: &[Option<Drawn<u8>>]) -> Result<(), Error> {
        let lossy = frames
            .iter()
            .zip(drawn)
            .find_map(|(frame, drawn)| Some((self.quantiser(frame)?, drawn.as_ref().filter(|drawn| !drawn.keeps_colours)?)));
        let (Some((wanted, drawn)), None) = (lossy, self.shift) else { return Ok(()) };
        let mut shift = 0.0;
        for _ in 0..MOST_CORRECTIONS {
            let data = encode(drawn.patch.pixels.as_flattened(), sides(drawn.patch.rect), Some(wanted + shift))?;
            let off = quantiser_of(&data).unwrap_or(wanted) - wanted;
            if off.abs() <= NEAR {
                break;
            }
            shift -= off;
        }
        self.shift = Some(shift);
        Ok(())
    }

    pub(super) fn code(&self, frame: &Frame, drawn: &Drawn<u8>) -> Result<Coded, Error> {
        let Drawn { patch, blend, keeps_colours } = drawn;
        let (sides, rgba) = (sides(patch.rect), patch.pixels.as_flattened());
        let has_alpha = patch.pixels.iter().any(|pixel| pixel[3] != u8::MAX);
        if *keeps_colours {
            let data = with_alpha(&self.bytes[frame.data.clone()], rgba, sides)?;
            return Ok(Coded { rect: patch.rect, blend: *blend, data, has_alpha, shown: None });
        }
        let quantiser = self.quantiser(frame).map(|wanted| wanted + self.shift.unwrap_or_default());
        let data = encode(rgba, sides, quantiser)?;
        let shown = quantiser.map(|_| decode(&data, sides)).transpose()?;
        Ok(Coded { rect: patch.rect, blend: *blend, data, has_alpha, shown })
    }

    /// Notes what the coding of frame `k` has changed.
    pub(super) fn compare(&mut self, k: usize, coded: &Coded, drawn: &Drawn<u8>) {
        let Some(shown) = &coded.shown else { return };
        self.lossy_frames += 1;
        let (rect, patch) = (coded.rect, &drawn.patch);
        let is = |x: u32, y: u32| shown.visible_rgb(x - rect.left, y - rect.top);
        let places = (rect.top..rect.bottom).flat_map(|y| (rect.left..rect.right).map(move |x| [x, y]));
        let seen = places.map(|[x, y]| ([x, y], patch.at(x, y))).filter(|(_, pixel)| pixel[3] > 0);
        let pixels = seen.map(|([x, y], [r, g, b, _])| ([x, y], [r, g, b], is(x, y)));
        self.beside.compare_frame(k, self.mask, rect, pixels);
        let inks = self.mask.shown_in(k);
        for (number, ink) in self.mask.inks.iter().enumerate().filter(|&(number, _)| inks.contains(number)) {
            for (x, y, cover) in ink.covers_in(rect).filter(|&(.., cover)| cover != Cover::NONE) {
                if patch.at(x, y)[3] > 0 {
                    self.colours.add(number, [x, y], cover, is(x, y));
                }
            }
        }
    }

    /// What there is to tell of the captions' colours, and of the pixels beside them.
    pub(super) fn told(self) -> (Vec<CaptionFidelity>, Beside) {
        if self.lossy_frames == 0 {
            return (self.mask.told.clone(), self.beside);
        }
        let mut captions = self.colours.told();
        for colour in captions.iter_mut().flat_map(|caption| [&mut caption.fill, &mut caption.under]) {
            if colour.why_off == Some(WhyOff::Lossy) {
                colour.frames_off = self.lossy_frames;
            }
        }
        (captions, self.beside)
    }
}

fn sides(rect: Rect) -> [u32; 2] {
    [rect.width(), rect.height()]
}
