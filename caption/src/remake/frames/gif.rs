//! A GIF's frames as its canvas shows them (`GIF89a`, section 23).
//!
//! `open` makes it. It draws as the engine's own canvas does: what browsers don't draw is not drawn.

use caption_layout::{
    Error, Limits,
    reading::blocks::{Disposal, Gif},
};

use super::facts::{Facts, Frames, Pixels};
use crate::{
    planning::delays_us,
    reading::canvas::{Canvas, Shown},
};

pub(super) struct GifFrames<'a> {
    bytes: &'a [u8],
    gif: Gif,
    facts: Facts,
    canvas: Vec<Shown>,
    next: usize,
}

impl<'a> GifFrames<'a> {
    pub(super) fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, Error> {
        let gif = Gif::walk(bytes, limits)?;
        let facts = Facts {
            sides_px: [gif.canvas.width(), gif.canvas.height()],
            delays_us: delays_us(&gif).collect(),
            loop_count: gif.loop_count,
            is_lossy: false,
            is_video: false,
        };
        let canvas = vec![None; gif.canvas.area()];
        Ok(Self { bytes, gif, facts, canvas, next: 0 })
    }
}

impl Frames for GifFrames<'_> {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn next(&mut self) -> Result<Option<Pixels>, Error> {
        let Some(frame) = self.gif.frames.get(self.next) else { return Ok(None) };
        self.next += 1;
        let mut canvas = Canvas::showing(self.bytes, &self.gif, std::mem::take(&mut self.canvas));
        let before = (frame.disposal == Disposal::Previous).then(|| canvas.pixels().to_vec());
        canvas.draw_frame(frame);
        let pixel = |&shown: &Shown| shown.map_or([0; 4], |[r, g, b]| [r, g, b, u8::MAX]);
        let pixels = canvas.pixels().iter().map(pixel).collect();
        if frame.disposal == Disposal::Background {
            canvas.clear(frame);
        }
        self.canvas = before.unwrap_or_else(|| canvas.into_pixels());
        Ok(Some(pixels))
    }

    fn rewind(&mut self) {
        self.next = 0;
        self.canvas.fill(None);
    }

    fn damage(&self) -> Option<String> {
        self.gif.damage.as_ref().map(ToString::to_string)
    }
}
