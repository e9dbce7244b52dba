//! A new JPEG of one picture, for a JPEG that was made smaller or compressed more.
//!
//! `remake` calls it. The `image` crate encodes. What was transparent is black; a JPEG's source has no such pixel.

use caption_layout::Error;
use image::{ExtendedColorType, ImageEncoder as _, codecs::jpeg::JpegEncoder};

use super::frames::Pixels;

/// The file.
pub(super) fn write(pixels: &Pixels, [width_px, height_px]: [u32; 2], quality: u8) -> Result<Vec<u8>, Error> {
    let rgb: Vec<u8> = pixels.iter().flat_map(|&[r, g, b, _]| [r, g, b]).collect();
    let mut out = Vec::new();
    JpegEncoder::new_with_quality(&mut out, quality)
        .write_image(&rgb, width_px, height_px, ExtendedColorType::Rgb8)
        .map_err(|e| Error::Encode { what: e.to_string() })?;
    Ok(out)
}
