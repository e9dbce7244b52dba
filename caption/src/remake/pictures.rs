//! The pictures of a new file one after another: the source's, made smaller, with their captions.
//!
//! `make` plays them, twice for a kind with a palette. A picture that is left out is decoded nevertheless: the next may stand on it.

use std::sync::atomic::Ordering;

use caption_layout::{Error, rect::Rect};

use super::{
    frames::{Frames, Pixels},
    pace::Shown,
    scale::Scale,
};
use crate::{
    animated::{canvas::Patch, player::captioned},
    mask::Mask,
    still::colour_space::Samples,
    watch::Watch,
};

/// One of them.
pub(super) struct Picture {
    pub pixels: Pixels,
    /// How long it is shown, in the unit of the new file's kind.
    pub delay: u32,
    /// Its number in the source.
    pub source: usize,
}

pub(super) struct Pictures<'a> {
    pub frames: &'a mut dyn Frames,
    pub scale: Option<Scale>,
    /// Where the captions stand, on a canvas as large as the output.
    pub mask: &'a Mask,
    /// Whether the source's pictures have their captions already.
    pub is_captioned: bool,
    /// Those that are shown.
    pub shown: &'a [Shown],
    pub watch: &'a Watch<'a>,
    /// How many were taken.
    taken: usize,
    /// The number of the source's next picture.
    next: usize,
}

impl<'a> Pictures<'a> {
    pub(super) fn of(
        frames: &'a mut dyn Frames,
        scale: Option<Scale>,
        (mask, is_captioned): (&'a Mask, bool),
        shown: &'a [Shown],
        watch: &'a Watch<'a>,
    ) -> Self {
        frames.rewind();
        Self { frames, scale, mask, is_captioned, shown, watch, taken: 0, next: 0 }
    }

    /// Begins again.
    pub(super) fn rewind(&mut self) {
        self.frames.rewind();
        (self.taken, self.next) = (0, 0);
    }

    /// The next picture.
    pub(super) fn next(&mut self) -> Result<Option<Picture>, Error> {
        let Some(&Shown { source, delay }) = self.shown.get(self.taken) else { return Ok(None) };
        if self.watch.cancelled.load(Ordering::Relaxed) {
            return Err(Error::Cancelled);
        }
        let mut picture = None;
        while self.next <= source {
            picture = self.frames.next()?;
            self.next += 1;
        }
        let Some(pixels) = picture else { return Ok(None) };
        self.taken += 1;
        let pixels = match &self.scale {
            Some(scale) => scale.apply(&pixels),
            None => pixels,
        };
        let pixels = if self.is_captioned { pixels } else { self.with_captions(pixels, source) };
        Ok(Some(Picture { pixels, delay, source }))
    }

    fn with_captions(&self, pixels: Pixels, source: usize) -> Pixels {
        let mask = self.mask;
        let canvas = Rect::at(0, 0, mask.width_px, mask.height_px);
        let height = pixels.len() / (mask.width_px as usize).max(1);
        let picture = Rect::at(0, mask.picture_top_px, mask.width_px, u32::try_from(height).unwrap_or(0));
        let mut whole = Patch { rect: picture, pixels };
        if picture != canvas {
            let mut grown = Patch::clear(canvas);
            grown.put(&whole);
            whole = grown;
        }
        captioned(whole, mask, Samples::Srgb, mask.shown_in(source)).pixels
    }
}
