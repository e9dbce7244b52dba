//! A still as pixels, upright: for an emoji of one's own, which is drawn on another picture.
//!
//! `images` calls it, after the headers were held against the limits. What decodes is what decodes the same kind of source: a JPEG by
//! the reader of coefficients, which gives the same bytes on every machine.

use std::io::Cursor;

use caption_layout::{Error, Limits, MediaType, reading::orientation::turn_of};
use image::{
    DynamicImage, ImageDecoder,
    codecs::{png::PngDecoder, webp::WebPDecoder},
};

use super::{jpeg, raster::Raster};

/// Its sides, and its pixels row by row: sRGB and alpha. Of an animation its first picture.
///
/// # Errors
/// [`Error::Malformed`] and [`Error::Truncated`].
pub(crate) fn pixels(bytes: &[u8], media: MediaType, limits: &Limits) -> Result<([u32; 2], Vec<[u8; 4]>), Error> {
    let raster = match media {
        MediaType::Png => decoded(PngDecoder::new(Cursor::new(bytes)).map_err(unreadable)?, limits)?,
        MediaType::Webp => decoded(WebPDecoder::new(Cursor::new(bytes)).map_err(unreadable)?, limits)?,
        MediaType::Jpeg => {
            let ([width, height], pixels) = jpeg::pixels(bytes, limits)?;
            let data = pixels.into_iter().flat_map(|[r, g, b]| [r, g, b, u8::MAX]).collect();
            Raster { width, height, pixel_bytes: 4, data }
        }
        MediaType::Gif => return Err(Error::UnsupportedMedia),
    };
    let raster = raster.turned(turn_of(bytes, media));
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    Ok(([side(raster.width), side(raster.height)], raster.data.as_chunks::<4>().0.to_vec()))
}

fn decoded(mut decoder: impl ImageDecoder, limits: &Limits) -> Result<Raster, Error> {
    let mut bounds = image::Limits::default();
    bounds.max_image_width = Some(limits.max_side_px);
    bounds.max_image_height = Some(limits.max_side_px);
    decoder.set_limits(bounds).map_err(unreadable)?;
    let picture = DynamicImage::from_decoder(decoder).map_err(unreadable)?.into_rgba8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    Ok(Raster { width, height, pixel_bytes: 4, data: picture.into_raw() })
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` gives it")]
fn unreadable(error: image::ImageError) -> Error {
    Error::Malformed { what: error.to_string() }
}
