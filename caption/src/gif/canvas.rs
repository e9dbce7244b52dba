//! The source's canvas in colours, composed frame by frame: needed only where a plan has to draw
//! pixels of earlier frames again.
//!
//! Used by `render` for such GIFs (a frame grown for its caption and then disposed to background, over
//! a picture that reaches beyond it); most never come here. One canvas, whatever the number of frames.

use caption_layout::{
    reading::blocks::{Disposal, Frame, Gif},
    rect::Rect,
};

use super::{indices::Indices, lzw::CODE_SIZES, palette::Palette, raster::row_order, scratch::Scratch};

/// What the canvas shows at one pixel: a colour, or nothing.
pub(super) type Shown = Option<[u8; 3]>;

/// Composes the frames of one GIF in order.
pub(super) struct Canvas<'a> {
    bytes: &'a [u8],
    gif: &'a Gif,
    pixels: Vec<Shown>,
    /// Frames drawn and disposed of so far.
    composed: usize,
    scratch: Scratch,
}

impl<'a> Canvas<'a> {
    pub(super) fn new(bytes: &'a [u8], gif: &'a Gif) -> Self {
        Self { bytes, gif, pixels: vec![None; gif.canvas.area()], composed: 0, scratch: Scratch::default() }
    }

    /// The pixels of `rect` (on the source's canvas) as frame `k` finds them, row by row. Calls must
    /// come with rising `k`.
    pub(super) fn before(&mut self, k: usize, rect: Rect) -> Vec<Shown> {
        while self.composed < k {
            let frame = &self.gif.frames[self.composed];
            self.pass(frame);
            self.composed += 1;
        }
        self.copy_of(rect)
    }

    /// Draws a frame and disposes of it.
    fn pass(&mut self, frame: &Frame) {
        let rect = frame.rect.intersect(self.gif.canvas);
        if rect.is_empty() || !CODE_SIZES.contains(&frame.min_code_size) {
            return;
        }
        match frame.disposal {
            Disposal::Previous => {}
            Disposal::Background => self.fill(rect, None),
            Disposal::Keep => self.draw(frame, rect),
        }
    }

    fn draw(&mut self, frame: &Frame, rect: Rect) {
        self.scratch.open(self.bytes, frame);
        let indices = self.scratch.decode(frame);
        let table = frame.local_palette.clone().or_else(|| self.gif.global_palette.clone()).map(|range| &self.bytes[range]);
        let palette = Palette::new(table, Indices::default()).of_frame(frame.transparent);
        let width = frame.rect.width() as usize;
        for (row, y) in indices.chunks(width).zip(row_order(frame.rect.height(), frame.interlaced)) {
            let y = frame.rect.top + y;
            for (&index, x) in row.iter().zip(frame.rect.left..) {
                if rect.contains(x, y)
                    && let Some(colour) = palette.colour(index)
                {
                    self.pixels[y as usize * self.gif.canvas.width() as usize + x as usize] = Some(colour);
                }
            }
        }
    }

    fn fill(&mut self, rect: Rect, shown: Shown) {
        let width = self.gif.canvas.width() as usize;
        for y in rect.top..rect.bottom {
            self.pixels[y as usize * width..][rect.left as usize..rect.right as usize].fill(shown);
        }
    }

    /// What lies outside the canvas shows nothing.
    fn copy_of(&self, rect: Rect) -> Vec<Shown> {
        let width = self.gif.canvas.width() as usize;
        let mut copy = Vec::with_capacity(rect.area());
        for y in rect.top..rect.bottom {
            for x in rect.left..rect.right {
                copy.push(if self.gif.canvas.contains(x, y) { self.pixels[y as usize * width + x as usize] } else { None });
            }
        }
        copy
    }
}
