//! A new PNG file of whole pictures, animated where there are several (PNG, third edition, section 11.3.2).
//!
//! `remake` hands it the pictures in order, several at a time. Each frame draws what differs from the one before. Nothing is lost.

use caption_layout::{Error, reading::animation::Blend};
use rayon::prelude::*;

use super::{
    delta::{Deltas, Drawn},
    pictures::Picture,
};
use crate::still::png::{chunks, read::Colour, write::frame_data};

/// A delay as so many of so many parts of a second: the finest that there is room for.
fn delay(milliseconds: u32) -> [u16; 2] {
    let parts = [(1, 1_000), (10, 100), (1_000, 1)];
    let fits = parts.into_iter().find_map(|(step, parts)| Some([u16::try_from(milliseconds / step).ok()?, parts]));
    fits.unwrap_or([u16::MAX, 1])
}

pub(super) struct PngWriter {
    sides_px: [u32; 2],
    plays: u32,
    deltas: Deltas,
    frames: u32,
    /// fcTL and fdAT are counted together.
    number: u32,
    is_still: bool,
    chunks: Vec<u8>,
}

impl PngWriter {
    /// `loop_count` is as a GIF has it. A still has one picture and no time.
    pub(super) fn new(sides_px: [u32; 2], loop_count: Option<u16>, is_still: bool) -> Self {
        let plays = loop_count.map_or(1, |count| if count == 0 { 0 } else { u32::from(count) + 1 });
        let deltas = Deltas::new(sides_px, 1, true);
        Self { sides_px, plays, deltas, frames: 0, number: 0, is_still, chunks: Vec::new() }
    }

    /// The next pictures, each with how many milliseconds it is shown.
    pub(super) fn add(&mut self, pictures: Vec<Picture>) {
        let drawn: Vec<(Drawn, u32)> =
            pictures.into_iter().map(|picture| (self.deltas.next(picture.pixels), picture.delay)).collect();
        let code = |(drawn, _): &(Drawn, u32)| {
            let rows: Vec<Vec<u8>> =
                drawn.pixels.chunks_exact(drawn.rect.width().max(1) as usize).map(|row| row.as_flattened().to_vec()).collect();
            frame_data(&rows, 4, &vec![None; rows.len()])
        };
        let coded: Vec<Vec<u8>> = drawn.par_iter().map(code).collect();
        for ((Drawn { rect, blend, .. }, delay_ms), data) in drawn.into_iter().zip(coded) {
            if !self.is_still {
                let mut control = self.next_number().to_vec();
                for value in [rect.width(), rect.height(), rect.left, rect.top] {
                    control.extend(value.to_be_bytes());
                }
                control.extend(delay(delay_ms).map(u16::to_be_bytes).as_flattened());
                // It stays until another is drawn over it.
                control.extend([0, u8::from(blend == Blend::Over)]);
                chunks::add(&mut self.chunks, *b"fcTL", &control);
            }
            if self.frames == 0 {
                chunks::add(&mut self.chunks, *b"IDAT", &data);
            } else {
                let number = self.next_number();
                chunks::add(&mut self.chunks, *b"fdAT", &[&number[..], &data].concat());
            }
            self.frames += 1;
        }
    }

    fn next_number(&mut self) -> [u8; 4] {
        self.number += 1;
        (self.number - 1).to_be_bytes()
    }

    /// The file.
    pub(super) fn finish(self) -> Result<Vec<u8>, Error> {
        let mut out = b"\x89PNG\r\n\x1A\n".to_vec();
        let sides = self.sides_px.map(u32::to_be_bytes).concat();
        chunks::add(&mut out, *b"IHDR", &[&sides[..], &[8, Colour::Rgba.byte(), 0, 0, 0]].concat());
        if !self.is_still {
            chunks::add(&mut out, *b"acTL", &[self.frames.to_be_bytes(), self.plays.to_be_bytes()].concat());
        }
        out.extend(self.chunks);
        chunks::add(&mut out, *b"IEND", &[]);
        if u32::try_from(out.len()).is_err() {
            return Err(Error::Encode { what: "more than 4 GiB".to_owned() });
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_delay_has_coarser_parts() {
        assert_eq!([0, 70, 65_535].map(delay), [[0, 1_000], [70, 1_000], [65_535, 1_000]]);
        assert_eq!([65_540, 655_350].map(delay), [[6_554, 100], [65_535, 100]]);
        assert_eq!([655_360, u32::MAX].map(delay), [[655, 1], [65_535, 1]]);
    }
}
