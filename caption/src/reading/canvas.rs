//! The source's canvas in colours, composed frame by frame: needed only where a plan has to draw
//! pixels of earlier frames again.
//!
//! Used by `gif` for such GIFs (a frame grown for its caption and then disposed to background, over
//! a picture that reaches beyond it); most never come here. One canvas, whatever the number of frames. `images` takes the first
//! frame of an emoji from it.

use caption_layout::{
    reading::blocks::{Disposal, Frame, Gif},
    rect::Rect,
};

use super::{colours::colours, rows::row_order, streams::StreamReader};
use crate::lzw::CODE_SIZES;

/// What the canvas shows at one pixel: a colour, or nothing.
pub(crate) type Shown = Option<[u8; 3]>;

/// Pixels of a canvas within a rectangle.
#[derive(Default)]
pub struct Patch {
    pub rect: Rect,
    /// Row by row.
    pixels: Vec<Shown>,
}

impl Patch {
    /// What it shows at a pixel; nothing outside it.
    pub(crate) fn at(&self, x: u32, y: u32) -> Shown {
        if !self.rect.contains(x, y) {
            return None;
        }
        let i = (y - self.rect.top) as usize * self.rect.width() as usize + (x - self.rect.left) as usize;
        self.pixels.get(i).copied().flatten()
    }
}

/// Composes the frames of one GIF in order.
pub(crate) struct Canvas<'a> {
    bytes: &'a [u8],
    gif: &'a Gif,
    /// The part that is composed: what lies outside it is asked of nobody.
    needed: Rect,
    pixels: Vec<Shown>,
    /// Frames drawn and disposed of so far.
    composed: usize,
    reader: StreamReader,
}

/// What the canvas shows while the first frame is there, row by row.
pub(crate) fn first_picture(bytes: &[u8], gif: &Gif) -> Vec<Shown> {
    let mut canvas = Canvas::new(bytes, gif, gif.canvas);
    if let Some(frame) = gif.frames.first() {
        canvas.draw_frame(frame);
    }
    canvas.pixels
}

impl<'a> Canvas<'a> {
    pub(crate) fn new(bytes: &'a [u8], gif: &'a Gif, needed: Rect) -> Self {
        let needed = needed.intersect(gif.canvas);
        Self { bytes, gif, needed, pixels: vec![None; gif.canvas.area()], composed: 0, reader: StreamReader::default() }
    }

    /// One that shows these pixels, row by row, to be drawn on frame by frame.
    pub(crate) fn showing(bytes: &'a [u8], gif: &'a Gif, pixels: Vec<Shown>) -> Self {
        Self { bytes, gif, needed: gif.canvas, pixels, composed: 0, reader: StreamReader::default() }
    }

    /// What it shows, row by row.
    pub(crate) fn pixels(&self) -> &[Shown] {
        &self.pixels
    }

    /// The same, to be kept.
    pub(crate) fn into_pixels(self) -> Vec<Shown> {
        self.pixels
    }

    /// Draws a frame, unless decoders don't agree on its codes.
    pub(crate) fn draw_frame(&mut self, frame: &Frame) {
        let rect = frame.rect.intersect(self.needed);
        if !rect.is_empty() && CODE_SIZES.contains(&frame.min_code_size) {
            self.draw(frame, rect);
        }
    }

    /// Makes a frame's rectangle show nothing, unless decoders don't agree on the frame.
    pub(crate) fn clear(&mut self, frame: &Frame) {
        let rect = frame.rect.intersect(self.needed);
        if rect.is_empty() || !CODE_SIZES.contains(&frame.min_code_size) {
            return;
        }
        for y in rect.top..rect.bottom {
            let row = self.place(rect.left, y)..self.place(rect.right, y);
            self.pixels[row].fill(None);
        }
    }

    /// The pixels of `rect` as frame `k` finds them; `rect` is on a canvas on which the picture begins in row `picture_top_px`.
    /// Calls must come with rising `k`.
    pub(crate) fn before(&mut self, k: usize, rect: Rect, picture_top_px: u32) -> Patch {
        if let Some(last) = (self.composed..k).rev().find(|&j| self.hides_all(j)) {
            self.composed = last;
        }
        while self.composed < k {
            let frame = &self.gif.frames[self.composed];
            self.pass(frame);
            self.composed += 1;
        }
        let rows = rect.top - picture_top_px..rect.bottom - picture_top_px;
        let pixels = rows.flat_map(|y| (rect.left..rect.right).map(move |x| (x, y))).map(|(x, y)| self.shown(x, y)).collect();
        Patch { rect, pixels }
    }

    /// Whether nothing of what lies beneath a frame is seen again: it has an opaque pixel everywhere.
    fn hides_all(&mut self, k: usize) -> bool {
        let frame = &self.gif.frames[k];
        let may_hide = frame.transparent.is_none() && frame.disposal == Disposal::Keep && frame.rect.covers(self.needed);
        if !may_hide || !CODE_SIZES.contains(&frame.min_code_size) {
            return false;
        }
        self.reader.open(self.bytes, frame);
        self.reader.scan.pixels >= frame.rect.area()
    }

    /// Draws a frame and disposes of it.
    fn pass(&mut self, frame: &Frame) {
        match frame.disposal {
            Disposal::Previous => {}
            Disposal::Background => self.clear(frame),
            Disposal::Keep => self.draw_frame(frame),
        }
    }

    fn draw(&mut self, frame: &Frame, rect: Rect) {
        let width = self.gif.canvas.width() as usize;
        let table = frame.local_palette.as_ref().or(self.gif.global_palette.as_ref());
        let colours = colours(table.map(|range| &self.bytes[range.clone()]));
        // Browsers draw nothing for an index behind the table's end.
        let entries = table.map_or(256, |table| table.len() / 3);
        self.reader.open(self.bytes, frame);
        let rows = self.reader.decode(frame.min_code_size).chunks(frame.rect.width() as usize);
        for (row, y) in rows.zip(row_order(frame.rect.height(), frame.interlaced)) {
            let y = frame.rect.top + y;
            if !(rect.top..rect.bottom).contains(&y) {
                continue;
            }
            let start = y as usize * width + rect.left as usize;
            let own = row.get((rect.left - frame.rect.left) as usize..).unwrap_or_default();
            for (&index, pixel) in own.iter().zip(&mut self.pixels[start..start + rect.width() as usize]) {
                if Some(index) != frame.transparent && usize::from(index) < entries {
                    *pixel = Some(colours[usize::from(index)]);
                }
            }
        }
    }

    /// What lies outside the canvas shows nothing.
    fn shown(&self, x: u32, y: u32) -> Shown {
        if self.gif.canvas.contains(x, y) { self.pixels[self.place(x, y)] } else { None }
    }

    fn place(&self, x: u32, y: u32) -> usize {
        y as usize * self.gif.canvas.width() as usize + x as usize
    }
}
