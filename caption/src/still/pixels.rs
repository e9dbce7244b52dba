//! A still as pixels, upright: for an emoji of one's own, which is drawn on another picture.
//!
//! `images` calls it, after the headers were held against the limits. What decodes is what decodes the same kind of source: a JPEG by
//! the reader of coefficients, which gives the same bytes on every machine. A PNG's gamma is converted; an ICC profile is only known of.

use std::io::Cursor;

use caption_layout::{Error, Limits, MediaType, reading::orientation::turn_of};
use image::{
    DynamicImage, ImageDecoder,
    codecs::{png::PngDecoder, webp::WebPDecoder},
};

use super::{
    colour_space::{Samples, is_srgb_profile},
    jpeg, png,
    raster::Raster,
};

/// An upright still.
pub(crate) struct Upright {
    /// Width and height.
    pub sides: [u32; 2],
    /// Row by row: sRGB and alpha.
    pub pixels: Vec<[u8; 4]>,
    /// Whether its file has a profile of other colours than sRGB, and they are taken for sRGB nevertheless.
    pub has_other_colours: bool,
    /// What is wrong with a JPEG, where what can be read of it is here.
    pub damage: Option<String>,
}

/// A still's pixels; of an animation those of its first picture.
///
/// # Errors
/// [`Error::Malformed`] and [`Error::Truncated`].
pub(crate) fn pixels(bytes: &[u8], media: MediaType, limits: &Limits) -> Result<Upright, Error> {
    let mut damage = None;
    let (raster, profile) = match media {
        MediaType::Png => decoded(PngDecoder::new(Cursor::new(bytes)).map_err(unreadable)?, limits)?,
        MediaType::Webp => decoded(WebPDecoder::new(Cursor::new(bytes)).map_err(unreadable)?, limits)?,
        MediaType::Jpeg => {
            let stored = jpeg::pixels(bytes, limits)?;
            let jpeg::Stored { sides: [width, height], pixels, profile, .. } = stored;
            damage = stored.damage;
            let data = pixels.into_iter().flat_map(|[r, g, b]| [r, g, b, u8::MAX]).collect();
            (Raster { width, height, pixel_bytes: 4, data }, profile)
        }
        MediaType::Gif | MediaType::Mp4 => return Err(Error::UnsupportedMedia),
    };
    let samples = if media == MediaType::Png { png::samples_in(bytes) } else { Samples::Srgb };
    let raster = raster.turned(turn_of(bytes, media));
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    let mut pixels = raster.data.as_chunks::<4>().0.to_vec();
    if samples != Samples::Srgb {
        let shown = samples.shown_by_sample();
        for channel in pixels.iter_mut().flat_map(|[colour @ .., _]| colour) {
            *channel = shown[usize::from(*channel)];
        }
    }
    let has_other_colours = profile.is_some_and(|profile| !is_srgb_profile(&profile));
    Ok(Upright { sides: [side(raster.width), side(raster.height)], pixels, has_other_colours, damage })
}

/// A picture and its profile.
fn decoded(mut decoder: impl ImageDecoder, limits: &Limits) -> Result<(Raster, Option<Vec<u8>>), Error> {
    let mut bounds = image::Limits::default();
    bounds.max_image_width = Some(limits.max_side_px);
    bounds.max_image_height = Some(limits.max_side_px);
    decoder.set_limits(bounds).map_err(unreadable)?;
    // A profile that can't be read is none to any decoder.
    let profile = decoder.icc_profile().unwrap_or_default();
    let picture = DynamicImage::from_decoder(decoder).map_err(unreadable)?.into_rgba8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    Ok((Raster { width, height, pixel_bytes: 4, data: picture.into_raw() }, profile))
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` gives it")]
fn unreadable(error: image::ImageError) -> Error {
    Error::Malformed { what: error.to_string() }
}
