//! Stills: PNG, JPEG and WebP in, the same kind out, with the same layout as a GIF's.
//!
//! Called by `picture`. Each kind has a room of its own, which keeps what is particular to it: samples, coefficients, quantisers,
//! metadata. All of them draw by the same mask, and turn the picture upright as its EXIF data say.

pub(crate) mod beside;
pub(crate) mod colour_space;
mod damage;
mod exif;
mod jpeg;
mod pixels;
pub(crate) mod png;
pub(crate) mod raster;
mod rendered;
pub(crate) mod shown;
pub(crate) mod webp;

use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};

use caption_layout::{Error, Limits, MediaType};

pub(crate) use self::{
    pixels::{Upright, pixels},
    rendered::RenderedStill,
};
use crate::mask::DecodedSpec;

pub(crate) fn render<'a>(
    bytes: &[u8],
    media: MediaType,
    spec: impl Into<DecodedSpec<'a>>,
    limits: &Limits,
) -> Result<RenderedStill, Error> {
    match media {
        MediaType::Png => png::render(bytes, spec, limits),
        MediaType::Jpeg => jpeg::render(bytes, spec, limits),
        MediaType::Webp => webp::render(bytes, spec, limits),
        MediaType::Gif | MediaType::Mp4 => Err(Error::UnsupportedMedia),
    }
}

/// Whether the picture's pixels are entries of a palette.
pub(crate) fn is_indexed(bytes: &[u8], media: MediaType) -> bool {
    media == MediaType::Png && png::is_indexed(bytes)
}

/// A grey PNG, a byte a pixel.
pub(crate) fn gray_png(gray: &[u8], width_px: u32, height_px: u32) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    PngEncoder::new(&mut out)
        .write_image(gray, width_px, height_px, ExtendedColorType::L8)
        .map_err(|e| Error::Encode { what: e.to_string() })?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use caption_layout::{Font, LoadedCaption, LoadedSpec, Position, Style};
    use image::{DynamicImage, GenericImageView, GrayImage, ImageBuffer, ImageFormat, Luma, Rgba, RgbaImage};

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
            let (before, after, mask) = (source.to_rgba16(), output.to_rgba16(), rendered.mask.to_gray(crate::mask::InkSet::ALL));
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
    fn a_bar_may_make_a_picture_larger_than_a_source_may_be() {
        let limits = Limits { max_side_px: 100, ..Limits::default() };
        let picture = DynamicImage::ImageRgb8(image::RgbImage::from_pixel(100, 100, image::Rgb([90, 120, 200])));
        let lossy = webp::lossy(picture.as_bytes(), [100, 100]);
        let files =
            [(MediaType::Png, ImageFormat::Png), (MediaType::Jpeg, ImageFormat::Jpeg), (MediaType::Webp, ImageFormat::WebP)]
                .map(|(media, format)| (media, encoded(&picture, format)));
        for (media, file) in files.into_iter().chain([(MediaType::Webp, lossy)]) {
            let rendered = render(&file, media, &spec(Style::Bar), &limits).unwrap();
            assert!(rendered.mask.height_px > 100, "{media:?}");
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
