//! How large a picture may be. Checked by the block walk, before anything is decoded.

use crate::error::Error;

/// Bounds on what is taken on; each is checked against what the file declares, which is what
/// decoding it would cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub max_bytes: u64,
    /// Pixels a side, of the canvas and of every frame.
    pub max_side_px: u32,
    /// Frames.
    pub max_frames: u32,
    /// Width x height, summed over all frames.
    pub max_total_pixels: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_bytes: 25_000_000, max_side_px: 4_096, max_frames: 2_000, max_total_pixels: 400_000_000 }
    }
}

impl Limits {
    /// Holds the length of a file against [`Self::max_bytes`].
    ///
    /// # Errors
    /// [`Error::FileTooLarge`].
    pub fn check_bytes(&self, got_bytes: u64) -> Result<(), Error> {
        if got_bytes > self.max_bytes {
            return Err(Error::FileTooLarge { got_bytes, limit_bytes: self.max_bytes });
        }
        Ok(())
    }

    pub(crate) fn check_side(&self, width_px: u32, height_px: u32) -> Result<(), Error> {
        if width_px > self.max_side_px || height_px > self.max_side_px {
            return Err(Error::CanvasTooLarge { width_px, height_px, limit_px: self.max_side_px });
        }
        Ok(())
    }

    /// Holds the pixels of all frames against [`Self::max_total_pixels`].
    ///
    /// # Errors
    /// [`Error::TooManyPixels`].
    pub fn check_total_pixels(&self, got: u64) -> Result<(), Error> {
        if got > self.max_total_pixels {
            return Err(Error::TooManyPixels { got, limit: self.max_total_pixels });
        }
        Ok(())
    }
}
