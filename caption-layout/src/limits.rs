//! Checks what a file declares, which is what decoding it would cost, against the limits.
//!
//! The walk over a file's blocks calls it, and the renderer for frames that it grows.

use caption_types::Limits;

use crate::error::Error;

/// Checks against [`Limits`].
pub trait CheckLimits {
    /// Checks the length of a file.
    ///
    /// # Errors
    /// [`Error::FileTooLarge`].
    fn check_bytes(&self, got_bytes: u64) -> Result<(), Error>;

    /// Checks the sides of a canvas or a frame.
    ///
    /// # Errors
    /// [`Error::CanvasTooLarge`].
    fn check_side(&self, width_px: u32, height_px: u32) -> Result<(), Error>;

    /// Checks the pixels of all frames together.
    ///
    /// # Errors
    /// [`Error::TooManyPixels`].
    fn check_total_pixels(&self, got: u64) -> Result<(), Error>;
}

impl CheckLimits for Limits {
    fn check_bytes(&self, got_bytes: u64) -> Result<(), Error> {
        if got_bytes > self.max_bytes {
            return Err(Error::FileTooLarge { got_bytes, limit_bytes: self.max_bytes });
        }
        Ok(())
    }

    fn check_side(&self, width_px: u32, height_px: u32) -> Result<(), Error> {
        if width_px > self.max_side_px || height_px > self.max_side_px {
            return Err(Error::CanvasTooLarge { width_px, height_px, limit_px: self.max_side_px });
        }
        Ok(())
    }

    fn check_total_pixels(&self, got: u64) -> Result<(), Error> {
        if got > self.max_total_pixels {
            return Err(Error::TooManyPixels { got, limit: self.max_total_pixels });
        }
        Ok(())
    }
}
