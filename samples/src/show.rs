//! What a GIF shows, frame by frame: a decoder and compositor written plainly from `GIF89a`, with which others are compared.
//!
//! Called by [`crate::compare`] and by tests. It must share no code with the engine or with the `gif` crate, and it may be slow. It is as
//! lenient as browsers are:
//!
//! - Pixels that decode before a stream's first error are shown. Missing pixels leave the canvas as it is.
//! - Frames are cropped to the canvas.
//! - The canvas begins transparent, and clearing makes it transparent.
//! - Bytes that begin no block end the file.

mod blocks;
pub mod lzw;

use std::ops::Range;

use blocks::{Block, Blocks, Control, Image};

use crate::rows;

/// A colour, or nothing.
pub type Pixel = Option<[u8; 3]>;

/// What is shown during the time of one frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The canvas, row by row.
    pub canvas: Vec<Pixel>,
    /// How long.
    pub delay_cs: u16,
    /// The frame's disposal method.
    pub disposal: u8,
    /// How many pixels of its rectangle the frame's stream had.
    pub decoded_pixels: usize,
}

/// Why a file shows nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotShown {
    /// There is no header, or it is cut.
    #[error("it has no GIF header")]
    NotGif,
    /// No frame comes before the end, or before bytes that begin no block.
    #[error("it has no frame")]
    NoFrames,
    /// Neither screen nor first frame has a pixel.
    #[error("its canvas has no pixel")]
    ZeroSized,
    /// More pixels than [`Player::MAX_CANVAS_PIXELS`].
    #[error("its canvas is too large to be played here")]
    TooLarge,
}

impl NotShown {
    /// A stable name for the reason, the same in every version.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotGif => "not_gif",
            Self::NoFrames => "no_frames",
            Self::ZeroSized => "zero_sized",
            Self::TooLarge => "too_large",
        }
    }
}

/// A GIF being played: an iterator over what is shown, through the file once.
pub struct Player<'a> {
    /// The canvas's width: the logical screen's, or the right edge of the first frame if that is more.
    pub width_px: usize,
    /// The canvas's height.
    pub height_px: usize,
    blocks: Blocks<'a>,
    control: Option<Control>,
    canvas: Vec<Pixel>,
    disposal: Disposal,
}

/// What must be done before the next frame is drawn.
enum Disposal {
    Leave,
    Clear { rows: Range<usize>, columns: Range<usize> },
    Restore(Vec<Pixel>),
}

impl<'a> Player<'a> {
    /// More than this is not played.
    pub const MAX_CANVAS_PIXELS: usize = 1 << 26;

    /// Opens a file.
    ///
    /// # Errors
    /// [`NotShown`], where no browser would show anything either, or a canvas would take too much memory.
    pub fn open(bytes: &'a [u8]) -> Result<Self, NotShown> {
        let blocks = Blocks::open(bytes).ok_or(NotShown::NotGif)?;
        let first = blocks.clone().find_map(|block| if let Block::Image(image) = block { Some(image) } else { None });
        let first = first.ok_or(NotShown::NoFrames)?;
        let (mut width_px, mut height_px) = blocks.screen;
        if first.width > 0 && first.height > 0 {
            width_px = width_px.max(first.left + first.width);
            height_px = height_px.max(first.top + first.height);
        }
        match width_px * height_px {
            0 => Err(NotShown::ZeroSized),
            pixels if pixels > Self::MAX_CANVAS_PIXELS => Err(NotShown::TooLarge),
            pixels => {
                let canvas = vec![None; pixels];
                Ok(Self { width_px, height_px, blocks, control: None, canvas, disposal: Disposal::Leave })
            }
        }
    }

    /// How often the GIF plays, if it says so; 0 is for ever. The last such extension counts, wherever in the file it is.
    #[must_use]
    pub fn loop_count(&self) -> Option<u16> {
        self.blocks.restarted().filter_map(|block| if let Block::LoopCount(count) = block { Some(count) } else { None }).last()
    }

    fn draw(&mut self, image: &Image<'_>) -> usize {
        let indices = lzw::decode(&image.data, image.min_code_size, image.width * image.height);
        let transparent = self.control.and_then(|c| c.transparent);
        let order = rows::in_stream_order(image.height, image.interlaced);
        for (row, y) in indices.chunks(image.width.max(1)).zip(order) {
            for (&index, x) in row.iter().zip(image.left..) {
                let y = image.top + y;
                let colour = image.palette.as_chunks::<3>().0.get(usize::from(index));
                if let (true, true, Some(&colour)) = (x < self.width_px, y < self.height_px, colour)
                    && Some(index) != transparent
                {
                    self.canvas[y * self.width_px + x] = Some(colour);
                }
            }
        }
        indices.len()
    }

    fn dispose(&mut self) {
        match std::mem::replace(&mut self.disposal, Disposal::Leave) {
            Disposal::Leave => {}
            Disposal::Clear { rows, columns } => {
                for y in rows {
                    self.canvas[y * self.width_px..][columns.clone()].fill(None);
                }
            }
            Disposal::Restore(canvas) => self.canvas = canvas,
        }
    }

    /// Section 23, iv.
    fn disposal_of(&self, image: &Image<'_>, method: u8) -> Disposal {
        match method {
            2 => {
                let within = |from: usize, len: usize, end: usize| from.min(end)..(from + len).min(end);
                Disposal::Clear {
                    rows: within(image.top, image.height, self.height_px),
                    columns: within(image.left, image.width, self.width_px),
                }
            }
            3 => Disposal::Restore(self.canvas.clone()),
            _ => Disposal::Leave,
        }
    }
}

impl Iterator for Player<'_> {
    type Item = Shown;

    fn next(&mut self) -> Option<Shown> {
        loop {
            match self.blocks.next()? {
                Block::Control(control) => self.control = Some(control),
                Block::LoopCount(_) | Block::Other => {}
                Block::Image(image) => {
                    self.dispose();
                    let disposal = self.control.map_or(0, |c| c.disposal);
                    let next = self.disposal_of(&image, disposal);
                    let decoded_pixels = self.draw(&image);
                    self.disposal = next;
                    let delay_cs = self.control.take().map_or(0, |c| c.delay_cs);
                    return Some(Shown { canvas: self.canvas.clone(), delay_cs, disposal, decoded_pixels });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
