//! Captions on samples that are colours: grey, RGB, with and without alpha, of 8 or 16 bits and grey of fewer.
//!
//! `mod` calls it. A pixel that the mask does not touch keeps its bytes. The kind of the samples changes only where the captions'
//! colours have no place in it.

use std::ops::Range;

use caption_layout::rect::Rect;

use crate::mask::{Cover, Ink, Mask};

use super::{
    super::{colour_space::Samples, raster::Raster},
    read::Colour,
};

/// Samples that captions can be drawn on.
pub(super) struct Direct {
    pub colour: Colour,
    pub depth: u8,
    pub raster: Raster,
    /// The samples of the one colour that is transparent, from tRNS: one for grey, three for RGB.
    pub key: Option<Vec<u32>>,
}

impl Direct {
    /// Draws the captions on the mask's canvas.
    pub(super) fn paint(&mut self, mask: &Mask, samples: Samples) {
        self.paint_rows(mask, samples, 0..mask.height_px);
    }

    /// The same of some rows of the canvas alone; the samples are those of the picture's rows among them.
    pub(super) fn paint_rows(&mut self, mask: &Mask, samples: Samples, rows: Range<u32>) {
        let inks_are_grey = mask.inks.iter().all(Ink::is_grey);
        if !inks_are_grey && !matches!(self.colour, Colour::Rgb | Colour::Rgba) {
            self.widen_to_colour();
        } else if self.depth < 8 {
            self.deepen(mask);
        }
        self.raster = std::mem::replace(&mut self.raster, Raster { width: 0, height: 0, pixel_bytes: 0, data: Vec::new() })
            .among_rows(
                mask.picture_top_px.clamp(rows.start, rows.end).saturating_sub(rows.start) as usize,
                rows.len(),
                if self.depth < 8 { u8::MAX >> (8 - self.depth) } else { u8::MAX },
            );
        let held = Rect { left: 0, top: rows.start, right: mask.width_px, bottom: rows.end };
        let most = (1_u32 << self.depth) - 1;
        for ink in &mask.inks {
            let in_samples = |colour: [u8; 3]| colour.map(|channel| samples.sample(channel, most));
            let of_letters = ink.pair().map(in_samples);
            for (x, y, cover) in ink.covers_in(held) {
                if cover != Cover::NONE {
                    let [fill, under] = if ink.emoji().is_some() { ink.pair_at(x, y).map(in_samples) } else { of_letters };
                    self.paint_pixel([x, y - rows.start], cover, fill, under, most);
                }
            }
        }
    }

    fn paint_pixel(&mut self, [x, y]: [u32; 2], cover: Cover, fill: [u32; 3], under: [u32; 3], most: u32) {
        let is_deep = self.depth == 16;
        let pixel = self.raster.pixel_mut(x, y);
        let mut stored = [0; 4];
        for (i, sample) in stored.iter_mut().enumerate().take(self.colour.channels()) {
            *sample = if is_deep { u32::from(pixel[2 * i]) << 8 | u32::from(pixel[2 * i + 1]) } else { u32::from(pixel[i]) };
        }
        let stored_key = self.key.as_ref().map(|key| (key, stored[..key.len()] == key[..]));
        let [first, second, third, _] = stored;
        let beneath = match self.colour {
            Colour::Rgba => stored,
            Colour::GreyAlpha => [first, first, first, second],
            Colour::Rgb => [first, second, third, most],
            Colour::Grey | Colour::Indexed => [first, first, first, most],
        };
        let mut painted = match stored_key {
            // One colour is transparent and none is half transparent, as in a GIF.
            Some((_, true)) if !cover.is_solid() => return,
            Some((_, true)) => cover.composite(fill, under, [0; 4], most),
            _ => cover.composite(fill, under, beneath, most),
        };
        if let Some((key, _)) = stored_key
            && painted[..key.len()] == key[..]
        {
            // The next colour to it, which is seen.
            let last = &mut painted[key.len() - 1];
            *last = if *last == 0 { 1 } else { *last - 1 };
        }
        let [red, green, blue, alpha] = painted;
        let stored = match self.colour {
            Colour::GreyAlpha => [red, alpha, 0, 0],
            _ => [red, green, blue, alpha],
        };
        #[expect(clippy::cast_possible_truncation, reason = "samples of at most 16 bits")]
        for (i, sample) in stored.into_iter().enumerate().take(self.colour.channels()) {
            if is_deep {
                pixel[2 * i..2 * i + 2].copy_from_slice(&(sample as u16).to_be_bytes());
            } else {
                pixel[i] = sample as u8;
            }
        }
    }

    /// Grey as equal red, green and blue.
    fn widen_to_colour(&mut self) {
        self.scale_to(self.depth.max(8));
        let sample_bytes = usize::from(self.depth / 8);
        let pixels = self.raster.data.chunks_exact(self.raster.pixel_bytes);
        let widened = pixels.flat_map(|pixel| [&pixel[..sample_bytes], &pixel[..sample_bytes], pixel].concat()).collect();
        self.raster.data = widened;
        self.raster.pixel_bytes += 2 * sample_bytes;
        self.colour = if self.colour == Colour::GreyAlpha { Colour::Rgba } else { Colour::Rgb };
        if let Some(grey) = self.key.as_ref().and_then(|key| key.first().copied()) {
            self.key = Some(vec![grey; 3]);
        }
    }

    /// More bits for soft edges: 4 where the captions' colours are among 16 greys, else 8.
    fn deepen(&mut self, mask: &Mask) {
        let is_one_of_16 = |[grey, ..]: [u8; 3]| grey % 17 == 0;
        let few = self.depth <= 4
            && mask.inks.iter().all(|ink| ink.emoji().is_none() && !ink.is_behind && ink.pair().into_iter().all(is_one_of_16));
        self.scale_to(if few { 4 } else { 8 });
    }

    /// To at least as many bits, up to 8; every sample keeps its meaning, as 255 is a multiple of 1, 3 and 15.
    fn scale_to(&mut self, depth: u8) {
        if depth <= self.depth || depth > 8 {
            return;
        }
        let factor = (255 >> (8 - depth)) / (255_u8 >> (8 - self.depth));
        self.raster.data.iter_mut().for_each(|sample| *sample *= factor);
        self.key.iter_mut().flatten().for_each(|sample| *sample *= u32::from(factor));
        self.depth = depth;
    }
}
