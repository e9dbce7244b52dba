//! The emoji of one's own that a spec's texts show, decoded before anything is drawn.
//!
//! `picture` calls it once a job. Headers are held against the limits before a decoder runs, and an image that can't be read is an error
//! by its name. It draws nothing.

use caption_layout::{
    Error, ImageFidelity, ImageShown, LoadedSpec, MediaType, probe_image,
    reading::{blocks::Gif, image::image_limits},
};

use crate::{
    mask::{DecodedSpec, Image, LEAST_ALPHA},
    reading::canvas,
    still::{self, Upright},
};

/// Decoded images, by their places among the spec's.
#[derive(Default)]
pub(crate) struct DecodedImages {
    pub(crate) images: Vec<Option<Image>>,
    /// Those that are not drawn as their files have them.
    pub(crate) told: Vec<ImageFidelity>,
}

impl DecodedImages {
    /// Decodes the images that a text of the spec shows. `largest_px` finds out how large letters may be, and is asked if there is any;
    /// an image of many more pixels is kept smaller.
    ///
    /// Where the picture has a palette images are solid: in a GIF nothing is translucent, and the few entries of an indexed PNG are not
    /// for soft pixels.
    ///
    /// # Errors
    /// [`Error::Image`] of the first that can't be drawn, and those of `largest_px`.
    pub(crate) fn of(
        spec: &LoadedSpec,
        has_palette: bool,
        largest_px: impl FnOnce() -> Result<f32, Error>,
    ) -> Result<Self, Error> {
        let mut decoded = Self::default();
        let shown = spec.shown_images();
        let largest_px = if shown.is_empty() { 0.0 } else { largest_px()? };
        for place in 0..spec.images.names().len() {
            let Some((name, file)) = spec.images.get(place) else { continue };
            let mut tell = |shown| decoded.told.push(ImageFidelity { name: name.clone(), shown });
            if !shown.contains(&place) {
                decoded.images.push(None);
                continue;
            }
            let failed = |why| Error::Image { name: name.clone(), why: Box::new(why) };
            let Decoded { mut image, is_animated, has_other_colours } = decode(file).map_err(failed)?;
            if is_animated {
                tell(ImageShown::FirstPicture);
            }
            if has_other_colours {
                tell(ImageShown::WithoutProfile);
            }
            if has_palette && image.is_translucent() {
                tell(ImageShown::Solid);
                image = image.solid();
            }
            decoded.images.push(Some(image.sized_for(largest_px)));
        }
        Ok(decoded)
    }

    /// Beside the spec that they are of.
    pub(crate) fn with<'a>(&'a self, spec: &'a LoadedSpec) -> DecodedSpec<'a> {
        DecodedSpec { spec, images: &self.images }
    }
}

/// An image, and how it differs from what its file has.
struct Decoded {
    image: Image,
    /// Whether it is the first picture of an animation.
    is_animated: bool,
    /// Whether its colours are of a profile that is not sRGB, and are taken for sRGB.
    has_other_colours: bool,
}

fn decode(file: &[u8]) -> Result<Decoded, Error> {
    let probe = probe_image(file)?;
    let limits = image_limits();
    let (image, has_other_colours) = match probe.media {
        MediaType::Gif => {
            let gif = Gif::walk(file, &limits)?;
            if let Some(damage) = &gif.damage {
                return Err(Error::Malformed { what: damage.to_string() });
            }
            let shown = canvas::first_picture(file, &gif);
            let pixel = |shown: canvas::Shown| shown.map_or([0; 4], |[r, g, b]| [r, g, b, u8::MAX]);
            let sides = [gif.canvas.width(), gif.canvas.height()];
            (Image { sides, pixels: shown.into_iter().map(pixel).collect() }, false)
        }
        media => {
            let Upright { sides, pixels, has_other_colours, damage } = still::pixels(file, media, &limits)?;
            if let Some(what) = damage {
                return Err(Error::Malformed { what });
            }
            (Image { sides, pixels }, has_other_colours)
        }
    };
    if image.pixels.iter().all(|pixel| pixel[3] < LEAST_ALPHA) {
        return Err(Error::Malformed { what: "every pixel of it is transparent".to_owned() });
    }
    Ok(Decoded { image, is_animated: probe.is_animated, has_other_colours })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use caption_layout::{Font, ImageName, Images, LoadedCaption, Position, Style};
    use image::{ImageFormat, Rgba, RgbaImage};
    use proptest::prelude::*;

    use super::*;

    fn spec(text: &str, images: &[(&str, Vec<u8>)]) -> LoadedSpec {
        let caption = LoadedCaption::new(text, Position::Top, Style::Overlay, Font::builtin("anton").unwrap());
        let images: Images = images.iter().map(|(name, file)| (ImageName::parse(name).unwrap(), file.clone())).collect();
        LoadedSpec { images, ..LoadedSpec::new(vec![caption]) }
    }

    fn encoded(format: ImageFormat, alpha: u8) -> Vec<u8> {
        let picture =
            RgbaImage::from_fn(20, 10, |x, _| if x < 10 { Rgba([200, 30, 40, alpha]) } else { Rgba([0, 90, 250, alpha]) });
        let mut out = Cursor::new(Vec::new());
        let picture = image::DynamicImage::from(picture);
        if format == ImageFormat::Jpeg {
            picture.to_rgb8().write_to(&mut out, format)
        } else {
            picture.write_to(&mut out, format)
        }
        .unwrap();
        out.into_inner()
    }

    /// A GIF of 2 x 1 pixels, red and transparent, and so many frames of another colour.
    fn gif(more_frames: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = gif::Encoder::new(&mut out, 2, 1, &[250, 0, 0, 0, 200, 0]).unwrap();
        let frame = |indices: [u8; 2]| gif::Frame {
            width: 2,
            height: 1,
            buffer: indices.to_vec().into(),
            transparent: Some(1),
            ..gif::Frame::default()
        };
        encoder.write_frame(&frame([0, 1])).unwrap();
        for _ in 0..more_frames {
            encoder.write_frame(&frame([1, 0])).unwrap();
        }
        drop(encoder);
        out
    }

    /// Letters that need all of an image.
    const LARGE: fn() -> Result<f32, Error> = || Ok(1_000.0);

    fn refused(text: &str, file: Vec<u8>) -> String {
        DecodedImages::of(&spec(text, &[("a", file)]), false, LARGE).err().unwrap().to_string()
    }

    #[test]
    fn each_kind_is_decoded() {
        for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Jpeg] {
            let decoded = DecodedImages::of(&spec("x:a:", &[("a", encoded(format, 255))]), false, LARGE).unwrap();
            let image = decoded.images[0].as_ref().unwrap();
            assert_eq!((image.sides, image.pixels.len(), decoded.told.len()), ([20, 10], 200, 0), "{format:?}");
            for (place, expected) in [(2, [200, 30, 40]), (17, [0, 90, 250])] {
                let [r, g, b, alpha] = image.pixels[place];
                let off = [r, g, b].iter().zip(expected).map(|(&got, wanted): (&u8, u8)| got.abs_diff(wanted)).max();
                assert!(alpha == 255 && off <= Some(6), "{format:?}: {:?}", image.pixels[place]);
            }
        }
        assert_eq!(
            DecodedImages::of(&spec(":a:", &[("a", gif(0))]), false, LARGE).unwrap().images[0].as_ref().unwrap().pixels,
            [[250, 0, 0, 255], [0; 4]]
        );
    }

    #[test]
    fn of_an_animation_the_first_picture_is_drawn_and_it_is_told() {
        let decoded = DecodedImages::of(&spec(":a:", &[("a", gif(3))]), false, LARGE).unwrap();
        assert_eq!(decoded.images[0].as_ref().unwrap().pixels[0], [250, 0, 0, 255]);
        assert_eq!(decoded.told, [ImageFidelity { name: ImageName::parse("a").unwrap(), shown: ImageShown::FirstPicture }]);
    }

    #[test]
    fn what_is_translucent_is_solid_in_a_gif_and_told() {
        let asked = spec(":a:", &[("a", encoded(ImageFormat::Png, 100))]);
        let solid = DecodedImages::of(&asked, true, LARGE).unwrap();
        assert!(solid.images[0].as_ref().unwrap().pixels.iter().all(|pixel| pixel[3] == 255));
        assert_eq!(solid.told, [ImageFidelity { name: ImageName::parse("a").unwrap(), shown: ImageShown::Solid }]);
        let opaque = spec(":a:", &[("a", encoded(ImageFormat::Png, 255))]);
        assert!(DecodedImages::of(&opaque, true, LARGE).unwrap().told.is_empty());
    }

    #[test]
    fn what_no_text_shows_is_not_decoded() {
        let decoded = DecodedImages::of(&spec("<:b:7> :a", &[("a", b"nonsense".to_vec()), ("b", gif(0))]), false, LARGE).unwrap();
        assert!(decoded.images[0].is_none() && decoded.images[1].is_some());
        let none = |text: &str| DecodedImages::of(&spec(text, &[("a", gif(0))]), false, || Err(Error::Cancelled)).err();
        assert_eq!((none("x"), none(":a:")), (None, Some(Error::Cancelled)), "sizes are asked for images alone");
    }

    #[test]
    fn an_image_is_kept_no_larger_than_its_letters_need() {
        let kept = |largest_px: f32| {
            DecodedImages::of(&spec(":a:", &[("a", encoded(ImageFormat::Png, 255))]), false, || Ok(largest_px)).unwrap().images[0]
                .clone()
                .unwrap()
        };
        assert_eq!((kept(40.0).sides, kept(4.0).sides), ([20, 10], [9, 4]));
        assert_eq!(kept(4.0).pixels[9], [200, 30, 40, 255]);
    }

    #[test]
    fn gamma_is_converted_and_a_profile_of_other_colours_is_told() {
        let png = encoded(ImageFormat::Png, 255);
        // Behind the header's chunk; a decoder asks for sound checks.
        let with = |kind: &[u8; 4], data: &[u8]| {
            let check = [&kind[..], data].concat().iter().fold(u32::MAX, |check, &byte| {
                (0..8).fold(check ^ u32::from(byte), |check, _| (check >> 1) ^ (0xEDB8_8320 & (check & 1).wrapping_neg()))
            });
            let len = u32::try_from(data.len()).unwrap().to_be_bytes();
            [&png[..33], &len, kind, data, &(!check).to_be_bytes(), &png[33..]].concat()
        };
        let decoded = |file: Vec<u8>| DecodedImages::of(&spec(":a:", &[("a", file)]), false, LARGE).unwrap();
        let linear = decoded(with(b"gAMA", &100_000_u32.to_be_bytes()));
        assert_eq!((linear.images[0].as_ref().unwrap().pixels[0], linear.told.len()), ([229, 96, 110, 255], 0));
        let profile = |said: &[u8]| {
            let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
            std::io::Write::write_all(&mut packed, &[&[0; 128], said].concat()).unwrap();
            with(b"iCCP", &[&b"a\0\0"[..], &packed.finish().unwrap()].concat())
        };
        assert!(decoded(profile(b"sRGB built-in")).told.is_empty());
        let other = decoded(profile(b"Display P3")).told;
        assert_eq!(other, [ImageFidelity { name: ImageName::parse("a").unwrap(), shown: ImageShown::WithoutProfile }]);
    }

    proptest! {
        #[test]
        fn no_bytes_panic_a_decoder(
            kind in 0_usize..4,
            cut in any::<proptest::sample::Index>(),
            changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..8),
        ) {
            let formats = [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Jpeg];
            let mut file = formats.get(kind).map_or_else(|| gif(2), |&format| encoded(format, 200));
            for (at, byte) in changes {
                let at = at.index(file.len());
                file[at] = byte;
            }
            let shorter = file[..cut.index(file.len())].to_vec();
            for file in [file, shorter] {
                if let Err(error) = DecodedImages::of(&spec(":a:", &[("a", file)]), false, LARGE) {
                    prop_assert!(error.to_string().starts_with("images.a: "), "{error}");
                }
            }
        }
    }

    #[test]
    fn what_can_not_be_drawn_is_an_error_by_its_name() {
        assert_eq!(refused(":a:", b"nonsense".to_vec()), "images.a: the file is not a GIF, PNG, JPEG or WebP");
        assert_eq!(refused(":a:", vec![0; 256_001]), "images.a: the file has 256001 bytes, the limit is 256000");
        assert!(refused(":a:", encoded(ImageFormat::Png, 0)).contains("every pixel of it is transparent"));
        let mut cut = encoded(ImageFormat::Png, 255);
        cut.truncate(60);
        assert!(refused(":a:", cut).starts_with("images.a: the file is"));
        for mut damaged in [encoded(ImageFormat::Jpeg, 255), gif(0)] {
            damaged.truncate(damaged.len() - 6);
            assert!(refused(":a:", damaged).contains("the file"), "what is damaged is refused, of each kind");
        }
        let mut large = encoded(ImageFormat::Png, 255);
        large[16..20].copy_from_slice(&4_096_u32.to_be_bytes());
        assert_eq!(refused(":a:", large), "images.a: the picture is 4096 x 10 pixels, the limit is 512 a side");
    }
}
