//! Stills: PNG, JPEG and WebP in, the same kind out, with the same layout as a GIF's.
//!
//! Called by `picture`. Each kind has a room of its own, which keeps what is particular to it: samples, coefficients, quantisers,
//! metadata. All of them draw by the same mask, and turn the picture upright as its EXIF data say.

mod colour_space;
mod damage;
mod png;
mod raster;
mod webp;

use std::io::Cursor;

use image::{
    DynamicImage, ExtendedColorType, ImageBuffer, ImageDecoder, ImageEncoder, Primitive, Rgba,
    codecs::{
        jpeg::{JpegDecoder, JpegEncoder},
        png::PngEncoder,
        webp::{WebPDecoder, WebPEncoder},
    },
};

use caption_layout::{Error, Limits, LoadedSpec, MediaType, reading::orientation::orientation_in, rect::Rect};

use crate::mask::{Cover, Mask};

pub use self::damage::Damage;

/// A captioned still and the mask it was drawn with.
pub(crate) struct RenderedStill {
    pub bytes: Vec<u8>,
    pub mask: Mask,
    /// What is wrong with the source, if it is shown all the same.
    pub damage: Option<Damage>,
}

/// JPEG quality at which letters keep clean edges.
const JPEG_QUALITY: u8 = 92;

pub(crate) fn render(bytes: &[u8], media: MediaType, spec: &LoadedSpec, limits: &Limits) -> Result<RenderedStill, Error> {
    match media {
        MediaType::Png => return png::render(bytes, spec, limits),
        MediaType::Webp => return webp::render(bytes, spec, limits),
        _ => {}
    }
    let mut decoder = decoder(bytes, media, limits).map_err(unreadable)?;
    let profile = decoder.icc_profile().map_err(unreadable)?;
    let orientation = decoder.orientation().map_err(unreadable)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
    // Turned upright before anything is written on it; the new file says nothing of turning.
    picture.apply_orientation(orientation);

    let mask = Mask::draw(spec, picture.width(), picture.height(), Rect::at(0, 0, picture.width(), picture.height()))?;
    let is_grey = |rgb: [u8; 3]| rgb[0] == rgb[1] && rgb[1] == rgb[2];
    let inks_grey = mask.inks.iter().all(|ink| is_grey(ink.fill) && is_grey(ink.under));
    let (has_alpha, stays_grey) = (picture.color().has_alpha(), !picture.color().has_color() && inks_grey);
    let is_deep = picture.color().bytes_per_pixel() / picture.color().channel_count() > 1;
    let drawn: DynamicImage = if is_deep {
        draw(&picture.into_rgba16(), &mask, |level| u16::from(level) * 257).into()
    } else {
        draw(&picture.into_rgba8(), &mask, |level| level).into()
    };
    let captioned = match (stays_grey, has_alpha, is_deep) {
        (true, true, true) => drawn.into_luma_alpha16().into(),
        (true, true, false) => drawn.into_luma_alpha8().into(),
        (true, false, true) => drawn.into_luma16().into(),
        (true, false, false) => drawn.into_luma8().into(),
        (false, true, _) => drawn,
        (false, false, true) => drawn.into_rgb16().into(),
        (false, false, false) => drawn.into_rgb8().into(),
    };
    let bytes = encode(captioned, media, profile).map_err(|e| Error::Encode { what: e.to_string() })?;
    Ok(RenderedStill { bytes, mask, damage: None })
}

/// EXIF data that turn nothing: the pixels have been turned.
fn exif_without_turn(exif: &[u8]) -> Vec<u8> {
    let mut exif = exif.to_vec();
    if let Some(found) = orientation_in(&exif) {
        let value = if found.is_big_endian { 1_u16.to_be_bytes() } else { 1_u16.to_le_bytes() };
        exif[found.at..found.at + 2].copy_from_slice(&value);
    }
    exif
}

/// A grey PNG, a byte a pixel.
pub(crate) fn gray_png(gray: &[u8], width_px: u32, height_px: u32) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    PngEncoder::new(&mut out)
        .write_image(gray, width_px, height_px, ExtendedColorType::L8)
        .map_err(|e| Error::Encode { what: e.to_string() })?;
    Ok(out)
}

#[expect(clippy::needless_pass_by_value, reason = "its shape is `map_err`'s")]
fn unreadable(error: image::ImageError) -> Error {
    Error::Malformed { what: error.to_string() }
}

fn decoder<'a>(bytes: &'a [u8], media: MediaType, limits: &Limits) -> image::ImageResult<Box<dyn ImageDecoder + 'a>> {
    let input = Cursor::new(bytes);
    let mut decoder: Box<dyn ImageDecoder + 'a> = match media {
        MediaType::Jpeg => Box::new(JpegDecoder::new(input)?),
        _ => Box::new(WebPDecoder::new(input)?),
    };
    let mut bounds = image::Limits::default();
    bounds.max_image_width = Some(limits.max_side_px);
    bounds.max_image_height = Some(limits.max_side_px);
    decoder.set_limits(bounds)?;
    Ok(decoder)
}

fn encode(picture: DynamicImage, media: MediaType, profile: Option<Vec<u8>>) -> image::ImageResult<Vec<u8>> {
    let mut out = Vec::new();
    match media {
        MediaType::Jpeg => {
            // JPEG has neither alpha nor more than 8 bits.
            let flat: DynamicImage =
                if picture.color().has_color() { picture.into_rgb8().into() } else { picture.into_luma8().into() };
            write(JpegEncoder::new_with_quality(&mut out, JPEG_QUALITY), &flat, profile)?;
        }
        _ => {
            // Lossless, and 8 bits a channel.
            let shallow: DynamicImage =
                if picture.color().has_alpha() { picture.into_rgba8().into() } else { picture.into_rgb8().into() };
            write(WebPEncoder::new_lossless(&mut out), &shallow, profile)?;
        }
    }
    Ok(out)
}

fn write(mut encoder: impl ImageEncoder, picture: &DynamicImage, profile: Option<Vec<u8>>) -> image::ImageResult<()> {
    if let Some(profile) = profile {
        // A kind that can't carry a profile loses it; the picture is still right in sRGB.
        let _ = encoder.set_icc_profile(profile);
    }
    encoder.write_image(picture.as_bytes(), picture.width(), picture.height(), picture.color().into())
}

/// The picture on the mask's canvas, captions blended over it. `scale` takes 0 to 255 to the depth.
fn draw<T>(picture: &ImageBuffer<Rgba<T>, Vec<T>>, mask: &Mask, scale: fn(u8) -> T) -> ImageBuffer<Rgba<T>, Vec<T>>
where
    T: Primitive + Into<u32> + TryFrom<u32>,
    Rgba<T>: image::Pixel<Subpixel = T>,
{
    let opaque = scale(255);
    let mut canvas = ImageBuffer::from_pixel(mask.width_px, mask.height_px, Rgba([opaque; 4]));
    image::imageops::replace(&mut canvas, picture, 0, i64::from(mask.picture_top_px));
    for ink in &mask.inks {
        for (x, y, cover) in ink.covers_in(ink.rect) {
            if cover == Cover::NONE {
                continue;
            }
            let beneath = &mut canvas.get_pixel_mut(x, y).0;
            *beneath = cover.composite(ink.fill.map(scale), ink.under.map(scale), *beneath, opaque);
        }
    }
    canvas
}

#[cfg(test)]
mod tests {
    use super::*;
    use caption_layout::{Font, LoadedCaption, Position, Style};
    use image::{GenericImageView, GrayImage, ImageFormat, Luma, RgbaImage};

    fn spec(style: Style) -> LoadedSpec {
        let font = Font::builtin("anton").unwrap();
        LoadedSpec::new(vec![LoadedCaption::new("still", Position::Top, style, font)])
    }

    fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        picture.write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    #[test]
    fn a_png_changes_under_the_mask_alone_and_keeps_its_depth() {
        let source =
            DynamicImage::ImageRgba8(RgbaImage::from_fn(120, 90, |x, y| Rgba([x, y, 90, 200].map(|v| u8::try_from(v).unwrap()))));
        let deep = DynamicImage::ImageLuma16(ImageBuffer::from_fn(120, 90, |x, y| Luma([u16::try_from(x * 500 + y).unwrap()])));
        for source in [source, deep] {
            let rendered =
                render(&encoded(&source, ImageFormat::Png), MediaType::Png, &spec(Style::Overlay), &Limits::default()).unwrap();
            let output = image::load_from_memory(&rendered.bytes).unwrap();
            assert_eq!((output.color(), output.dimensions()), (source.color(), source.dimensions()));
            let (before, after, mask) = (source.to_rgba16(), output.to_rgba16(), rendered.mask.to_gray());
            let changed = mask.iter().zip(before.pixels().zip(after.pixels())).filter(|(m, (b, a))| **m != 0 && b != a).count();
            assert!(changed > 50);
            assert!(mask.iter().zip(before.pixels().zip(after.pixels())).all(|(m, (b, a))| *m != 0 || b == a));
        }
    }

    #[test]
    fn each_kind_comes_out_as_what_it_was_with_a_bar_on_top() {
        let grey = DynamicImage::ImageLuma8(GrayImage::from_pixel(100, 80, Luma([90])));
        for (media, format) in
            [(MediaType::Png, ImageFormat::Png), (MediaType::Jpeg, ImageFormat::Jpeg), (MediaType::Webp, ImageFormat::WebP)]
        {
            let input =
                encoded(&if media == MediaType::Webp { DynamicImage::ImageRgb8(grey.to_rgb8()) } else { grey.clone() }, format);
            let rendered = render(&input, media, &spec(Style::Bar), &Limits::default()).unwrap();
            assert_eq!(image::guess_format(&rendered.bytes).unwrap(), format);
            let output = image::load_from_memory(&rendered.bytes).unwrap();
            assert_eq!((output.width(), output.height()), (100, rendered.mask.height_px));
            assert!(output.height() > 80);
            let corner = output.get_pixel(0, output.height() - 1).0;
            assert!(corner[0].abs_diff(90) <= 2, "{media:?}: the picture stands below the bar, got {corner:?}");
            assert!(output.get_pixel(0, 0).0[0] >= 253, "{media:?}: the band is white");
        }
    }

    #[test]
    fn a_still_that_does_not_decode_is_malformed() {
        let mut png = encoded(&DynamicImage::new_rgb8(40, 40), ImageFormat::Png);
        png.truncate(40);
        assert_eq!(
            render(&png, MediaType::Png, &spec(Style::Overlay), &Limits::default()).err().unwrap().code().as_str(),
            "malformed"
        );
    }
}
