//! An animated WebP's frames as its canvas shows them (WebP container specification, "Assembling the Canvas From Frames").
//!
//! `open` makes it. Several frames are decoded at the same time and drawn one after another.

use std::collections::VecDeque;

use caption_layout::{
    Error, Limits,
    reading::{
        animation::Dispose,
        webp::{AnimatedWebp, Frame},
    },
    rect::Rect,
};
use rayon::prelude::*;

use super::facts::{Facts, Frames, Pixels};
use crate::{
    animated::{batch, canvas::Patch},
    still::webp::frames::decode,
};

pub(super) struct WebpFrames<'a> {
    bytes: &'a [u8],
    webp: AnimatedWebp,
    facts: Facts,
    canvas: Patch<u8>,
    next: usize,
    decoded: VecDeque<Pixels>,
}

impl<'a> WebpFrames<'a> {
    pub(super) fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, Error> {
        let webp = AnimatedWebp::walk(bytes, limits)?;
        let [width_px, height_px] = webp.sides_px;
        let facts = Facts {
            sides_px: webp.sides_px,
            delays_us: webp.frames.iter().map(Frame::delay_us).collect(),
            loop_count: webp.loop_count(),
            is_lossy: webp.frames.iter().any(|frame| frame.is_lossy),
            is_video: false,
        };
        let canvas = Patch::clear(Rect::at(0, 0, width_px, height_px));
        Ok(Self { bytes, webp, facts, canvas, next: 0, decoded: VecDeque::new() })
    }

    /// Decodes some more where none is left.
    fn decode_ahead(&mut self) -> Result<(), Error> {
        if !self.decoded.is_empty() {
            return Ok(());
        }
        let decode = |frame: &Frame| {
            let raster = decode(&self.bytes[frame.data.clone()], [frame.rect.width(), frame.rect.height()])?;
            Ok(raster.data.as_chunks::<4>().0.to_vec())
        };
        let ahead = batch(&self.webp.frames[self.next..], |frame| frame.rect.area());
        let decoded: Vec<Pixels> = ahead.par_iter().map(decode).collect::<Result<_, Error>>()?;
        self.decoded.extend(decoded);
        Ok(())
    }
}

impl Frames for WebpFrames<'_> {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn next(&mut self) -> Result<Option<Pixels>, Error> {
        if self.next == self.webp.frames.len() {
            return Ok(None);
        }
        self.decode_ahead()?;
        let frame = &self.webp.frames[self.next];
        self.next += 1;
        let own = Patch { rect: frame.rect, pixels: self.decoded.pop_front().unwrap_or_default() };
        self.canvas.draw(&own, frame.blend);
        let shown = self.canvas.pixels.clone();
        if frame.dispose == Dispose::Background {
            self.canvas.put(&Patch::clear(frame.rect));
        }
        Ok(Some(shown))
    }

    fn rewind(&mut self) {
        self.next = 0;
        self.decoded.clear();
        self.canvas = Patch::clear(self.canvas.rect);
    }

    fn damage(&self) -> Option<String> {
        self.webp.is_cut.then(|| format!("the file is cut off, {} frames are whole", self.webp.frames.len()))
    }
}
