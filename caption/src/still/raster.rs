//! A still's pixels as bytes, whatever they mean.
//!
//! The readers of PNG and WebP make one, and captions are drawn on it. It turns pixels upright and sets them below a bar, byte for byte.

use caption_layout::reading::orientation::Turn;

use crate::mask::Mask;

/// Pixels row by row, each of the same number of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Raster {
    pub width: usize,
    pub height: usize,
    pub pixel_bytes: usize,
    pub data: Vec<u8>,
}

impl Raster {
    /// As it is shown.
    pub(super) fn turned(self, turn: Turn) -> Self {
        if turn.is_none() || self.data.is_empty() {
            return self;
        }
        let [width, height] = turn.sides([self.width, self.height]);
        let mut data = Vec::with_capacity(self.data.len());
        for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
            let [stored_x, stored_y] = turn.stored_at([x, y], [self.width, self.height]);
            let at = (stored_y * self.width + stored_x) * self.pixel_bytes;
            data.extend_from_slice(&self.data[at..at + self.pixel_bytes]);
        }
        Self { width, height, pixel_bytes: self.pixel_bytes, data }
    }

    /// On the mask's canvas, with `blank` wherever a bar was added.
    pub(super) fn on_canvas(self, mask: &Mask, blank: u8) -> Self {
        self.among_rows(mask.picture_top_px as usize, mask.height_px as usize, blank)
    }

    /// Below `top` rows of `blank`, and above as many as make `height` together.
    pub(super) fn among_rows(mut self, top: usize, height: usize, blank: u8) -> Self {
        let row_bytes = self.width * self.pixel_bytes;
        if top > 0 {
            self.data.splice(0..0, std::iter::repeat_n(blank, top * row_bytes));
        }
        self.data.resize(height * row_bytes, blank);
        self.height = height;
        self
    }

    /// The pixel at (x, y), which lies on it.
    pub(crate) fn pixel(&self, x: u32, y: u32) -> &[u8] {
        let at = (y as usize * self.width + x as usize) * self.pixel_bytes;
        &self.data[at..at + self.pixel_bytes]
    }

    /// The colour of an RGBA pixel, black where it is invisible.
    pub(crate) fn visible_rgb(&self, x: u32, y: u32) -> [u8; 3] {
        match self.pixel(x, y) {
            [.., 0] => [0; 3],
            pixel => pixel.first_chunk().copied().unwrap_or_default(),
        }
    }

    /// The same to be changed.
    pub(super) fn pixel_mut(&mut self, x: u32, y: u32) -> &mut [u8] {
        self.pixel_mut_at(x as usize, y as usize)
    }

    /// The same for other numbers.
    pub(super) fn pixel_mut_at(&mut self, x: usize, y: usize) -> &mut [u8] {
        let at = (y * self.width + x) * self.pixel_bytes;
        &mut self.data[at..at + self.pixel_bytes]
    }
}
