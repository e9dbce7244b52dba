//! An animated PNG's frames as its canvas shows them (PNG, third edition, section 11.3.2.2), in 8 bits and sRGB.
//!
//! `open` makes it. Several frames are decoded at the same time and drawn one after another.

use std::collections::VecDeque;

use caption_layout::{
    Error, Limits,
    reading::{
        animation::Dispose,
        apng::{Apng, Frame},
    },
    rect::Rect,
};
use rayon::prelude::*;

use super::facts::{Facts, Frames, Pixels};
use crate::{
    animated::{apng::ColourReader, batch, canvas::Patch},
    still::png::{chunks::Chunks, read::Header},
};

pub(super) struct ApngFrames<'a> {
    apng: Apng,
    colours: ColourReader<'a>,
    facts: Facts,
    canvas: Patch<u8>,
    next: usize,
    decoded: VecDeque<Pixels>,
}

impl<'a> ApngFrames<'a> {
    pub(super) fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, Error> {
        let apng = Apng::walk(bytes, limits)?;
        let header = Header::read(Chunks::of(bytes).next(), limits.max_side_px)?;
        let [width_px, height_px] = apng.sides_px;
        let facts = Facts {
            sides_px: apng.sides_px,
            delays_us: apng.frames.iter().map(Frame::delay_us).collect(),
            loop_count: apng.loop_count(),
            is_lossy: false,
            is_video: false,
        };
        let canvas = Patch::clear(Rect::at(0, 0, width_px, height_px));
        Ok(Self { apng, colours: ColourReader::of(bytes, header)?, facts, canvas, next: 0, decoded: VecDeque::new() })
    }
}

impl Frames for ApngFrames<'_> {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn next(&mut self) -> Result<Option<Pixels>, Error> {
        if self.next == self.apng.frames.len() {
            return Ok(None);
        }
        if self.decoded.is_empty() {
            let ahead = batch(&self.apng.frames[self.next..], |frame| frame.rect.area());
            let decoded: Vec<Pixels> = ahead.par_iter().map(|frame| self.colours.read(frame)).collect::<Result<_, _>>()?;
            self.decoded.extend(decoded);
        }
        let frame = &self.apng.frames[self.next];
        self.next += 1;
        let own = Patch { rect: frame.rect, pixels: self.decoded.pop_front().unwrap_or_default() };
        let before = (frame.dispose == Dispose::Previous).then(|| self.canvas.part(frame.rect));
        self.canvas.draw(&own, frame.blend);
        let shown = self.canvas.pixels.clone();
        match (frame.dispose, before) {
            (Dispose::Background, _) => self.canvas.put(&Patch::clear(frame.rect)),
            (_, Some(before)) => self.canvas.put(&before),
            _ => {}
        }
        Ok(Some(shown))
    }

    fn rewind(&mut self) {
        self.next = 0;
        self.decoded.clear();
        self.canvas = Patch::clear(self.canvas.rect);
    }

    fn damage(&self) -> Option<String> {
        let (frames, declared) = (self.apng.frames.len(), self.apng.declared_frames);
        (frames != declared as usize).then(|| format!("{frames} frames are whole, and the file says that it has {declared}"))
    }
}
