//! What an emoji of one's own is and how large, from its headers alone.
//!
//! api calls it before it takes one, the renderer before it decodes one. No decompressor runs here.

use std::borrow::Cow;

use caption_types::{
    Limits, MediaType,
    bounds::{MAX_IMAGE_BYTES, MAX_IMAGE_SIDE_PX},
};

use super::{animation::is_animated, blocks::Gif, probe, webp::AnimatedWebp};
use crate::{error::Error, rect::Rect};

/// Of the flags of a WebP's first chunk: some pixel may be seen through.
const HAS_ALPHA: u8 = 0x10;

/// What is known of an image before it is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageProbe {
    /// Its kind, by its first bytes.
    pub media: MediaType,
    /// Its width, as it is shown.
    pub width_px: u32,
    /// Its height, as it is shown.
    pub height_px: u32,
    /// Whether it is an animation, of which the first picture is drawn.
    pub is_animated: bool,
}

/// What an image may be. Its frames are not counted together: one of them is decoded.
#[must_use]
pub fn image_limits() -> Limits {
    let largest = Limits { max_bytes: MAX_IMAGE_BYTES, max_side_px: MAX_IMAGE_SIDE_PX, ..Limits::default() }.for_all_alike();
    Limits { max_total_pixels: u64::MAX, ..largest }
}

/// Reads what the headers say and holds it against [`image_limits`].
///
/// # Errors
/// As `probe`, but for an animation.
pub fn probe_image(mut bytes: &[u8]) -> Result<ImageProbe, Error> {
    let limits = image_limits();
    let media = probe::media_of(bytes, &limits).map_err(|error| match error {
        Error::UnsupportedMedia => Error::UnsupportedImage,
        other => other,
    })?;
    match media {
        MediaType::Gif => {
            let gif = Gif::walk(bytes, &limits)?;
            let [width_px, height_px] = [gif.canvas.width(), gif.canvas.height()];
            if width_px == 0 || height_px == 0 {
                return Err(Error::ZeroSized { width_px, height_px });
            }
            Ok(ImageProbe { media: MediaType::Gif, width_px, height_px, is_animated: gif.frames.len() > 1 })
        }
        MediaType::Mp4 => Err(Error::UnsupportedImage),
        media => {
            let is_animated = is_animated(&mut bytes, media);
            let still = probe::probe_still_picture(&mut bytes, media, &limits)?;
            Ok(ImageProbe { media, width_px: still.width_px, height_px: still.height_px, is_animated })
        }
    }
}

/// The file without what makes it move, for who shows it as it is: of a GIF or a WebP the first frame, of a PNG what stands for all of it.
/// Nothing is decoded. A WebP whose first frame is smaller than its canvas is left as it is.
#[must_use]
pub fn without_motion(file: &[u8], probe: ImageProbe) -> Cow<'_, [u8]> {
    let still = if probe.is_animated { still_of(file, probe.media) } else { None };
    still.map_or(Cow::Borrowed(file), Cow::Owned)
}

fn still_of(file: &[u8], media: MediaType) -> Option<Vec<u8>> {
    match media {
        MediaType::Gif => {
            let gif = Gif::walk(file, &image_limits()).ok()?;
            // With the trailer (GIF89a, section 27).
            Some([file.get(..gif.frames.first()?.data.end)?, b"\x3B"].concat())
        }
        MediaType::Png => {
            // Without its control chunk a PNG is no animation to anyone: its length, its kind, eight bytes and its check.
            let at = file.windows(8).position(|head| *head == *b"\0\0\0\x08acTL")?;
            Some([file.get(..at)?, file.get(at + 20..)?].concat())
        }
        MediaType::Webp => {
            let webp = AnimatedWebp::walk(file, &image_limits()).ok()?;
            let first = webp.frames.first().filter(|first| first.rect == Rect::at(0, 0, webp.sides_px[0], webp.sides_px[1]))?;
            // The header that it has, but for the flag of animation and what belongs to it (WebP container specification, "Extended
            // File Format"): its chunk is 18 bytes long, behind the file's 12.
            let mut header: [u8; 18] = file.get(12..30)?.try_into().ok()?;
            header[8] = HAS_ALPHA;
            let body = [b"WEBP", &header[..], file.get(first.data.clone())?].concat();
            Some([&b"RIFF"[..], &u32::try_from(body.len()).ok()?.to_le_bytes(), &body].concat())
        }
        MediaType::Jpeg | MediaType::Mp4 => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::probe::tests::png, *};

    /// A GIF whose frames have one pixel each.
    fn gif(side_px: u16, frames: usize) -> Vec<u8> {
        let frame = b"\x2C\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0";
        let side = side_px.to_le_bytes();
        [&b"GIF89a"[..], &side, &side, b"\0\0\0", &frame.repeat(frames), b"\x3B"].concat()
    }

    #[test]
    fn an_animation_is_known_by_its_headers_and_is_taken() {
        assert_eq!(
            probe_image(&gif(20, 1)),
            Ok(ImageProbe { media: MediaType::Gif, width_px: 20, height_px: 20, is_animated: false })
        );
        assert!(probe_image(&gif(20, 2)).unwrap().is_animated);
        assert!(!probe_image(&png(9, 8, &[b"IDAT"])).unwrap().is_animated);
        assert!(probe_image(&png(9, 8, &[b"acTL", b"IDAT"])).unwrap().is_animated);
    }

    #[test]
    fn what_moves_is_shown_without_motion() {
        let still = |file: &[u8]| without_motion(file, probe_image(file).unwrap()).into_owned();
        assert_eq!(still(&gif(20, 3)), gif(20, 1));
        assert_eq!(still(&gif(20, 1)), gif(20, 1));
        let control = b"\0\0\0\x08acTL\0\0\0\x02\0\0\0\0crc!";
        let [head, data] = [png(9, 8, &[]), png(9, 8, &[b"IDAT"])];
        let animated = [&head, &control[..], &data[head.len()..]].concat();
        assert!(probe_image(&animated).unwrap().is_animated);
        assert_eq!(still(&animated), data);
    }

    #[test]
    fn of_a_webp_that_moves_the_first_frame_stays() {
        let moving = samples::webp::moving_square(3);
        let probe = probe_image(&moving).unwrap();
        let still = without_motion(&moving, probe);
        assert!(probe.is_animated && matches!(still, Cow::Owned(_)));
        assert_eq!(probe_image(&still), Ok(ImageProbe { is_animated: false, ..probe }));
        assert_eq!(u32::from_le_bytes(still[4..8].try_into().unwrap()) as usize, still.len() - 8);
        let first = &AnimatedWebp::walk(&moving, &image_limits()).unwrap().frames[0];
        assert!(still.ends_with(&moving[first.data.clone()]));
    }

    #[test]
    fn what_is_too_large_or_no_picture_is_refused_with_limit_and_what_was_got() {
        let said = |bytes: &[u8]| probe_image(bytes).unwrap_err().to_string();
        assert_eq!(said(&png(4_096, 9, &[b"IDAT"])), "the picture is 4096 x 9 pixels, the limit is 512 a side");
        assert!(said(&gif(513, 1)).contains("the limit is 512"));
        assert_eq!(said(&vec![0; 256_001]), "the file has 256001 bytes, the limit is 256000");
        assert!(said(b"<svg>").contains("not a GIF, PNG, JPEG or WebP"));
        assert_eq!(said(&png(0, 9, &[b"IDAT"])), "the picture is 0 x 9 pixels, there is nothing to caption");
    }
}
