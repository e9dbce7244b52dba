//! The pixels of an animated PNG's frames in 8 bits and sRGB, for a file of another kind or size.
//!
//! `remake` reads with it. What 16 bits have more is left out, and a gamma is converted.

use caption_layout::{Error, reading::apng::Frame};

use super::samples::Stored;
use crate::still::{
    colour_space::Samples,
    png::{
        read::{self, Header},
        samples_in,
    },
};

/// Reads the frames of one file.
pub(crate) struct ColourReader<'a> {
    bytes: &'a [u8],
    header: Header,
    stored: Stored,
    /// What each sample shows, where it is not sRGB already.
    shown: Option<[u8; 256]>,
}

impl<'a> ColourReader<'a> {
    pub(crate) fn of(bytes: &'a [u8], header: Header) -> Result<Self, Error> {
        let stored = Stored::of(bytes, &header)?;
        let samples = samples_in(bytes);
        let shown = (samples != Samples::Srgb).then(|| samples.shown_by_sample());
        Ok(Self { bytes, header, stored, shown })
    }

    /// A frame's own pixels, row by row.
    pub(crate) fn read(&self, frame: &Frame) -> Result<Vec<[u8; 4]>, Error> {
        let sides = [frame.rect.width() as usize, frame.rect.height() as usize];
        let pieces = frame.data.iter().map(|range| &self.bytes[range.clone()]);
        let (raster, _) = read::frame(&Header { sides, ..self.header }, pieces)?;
        let pixels = raster.data.chunks_exact(raster.pixel_bytes);
        let mut pixels: Vec<[u8; 4]> = if self.header.depth == 16 {
            let high = |sample: u16| sample.to_be_bytes()[0];
            pixels.map(|pixel| self.stored.rgba::<u16>(pixel).map(high)).collect()
        } else {
            pixels.map(|pixel| self.stored.rgba(pixel)).collect()
        };
        if let Some(shown) = &self.shown {
            for channel in pixels.iter_mut().flat_map(|[colour @ .., _]| colour) {
                *channel = shown[usize::from(*channel)];
            }
        }
        Ok(pixels)
    }
}
