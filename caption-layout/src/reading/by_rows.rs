//! Which stills may be larger than other pictures: those that the engine captions by rows, without ever holding all of their pixels.
//!
//! The probe asks it before any decode, the engine which way a still goes. It reads headers alone.

use caption_types::{Limits, MediaType};

use super::{animation::is_animated, orientation::turn_in, source::Source};
use crate::{error::Error, limits::CheckLimits as _};

/// Whether a still breaks the limits that hold for all pictures, and may: it has to be captioned by rows.
#[must_use]
pub fn is_large(bytes: u64, [width_px, height_px]: [u32; 2], limits: &Limits) -> bool {
    limits.max_still_pixels > 0 && (bytes > limits.max_bytes || width_px.max(height_px) > limits.max_side_px)
}

/// Holds the length of a file against the limit for its kind.
pub(super) fn check_bytes(source: &mut impl Source, media: Option<MediaType>, limits: &Limits) -> Result<(), Error> {
    let got_bytes = source.len() as u64;
    let may_be_larger = got_bytes > limits.max_bytes
        && limits.max_still_pixels > 0
        && media.is_some_and(|media| obstacle(source, media).is_none());
    if !may_be_larger {
        return limits.check_bytes(got_bytes);
    }
    let limit_bytes = limits.max_still_bytes.max(limits.max_bytes);
    if got_bytes > limit_bytes { Err(Error::FileTooLarge { got_bytes, limit_bytes }) } else { Ok(()) }
}

/// Holds the sides of a still against the limits for its kind.
pub(super) fn check_sides(
    source: &mut impl Source,
    media: MediaType,
    [width_px, height_px]: [u32; 2],
    limits: &Limits,
) -> Result<(), Error> {
    if !is_large(source.len() as u64, [width_px, height_px], limits) {
        return limits.check_side(width_px, height_px);
    }
    if let Some(what) = obstacle(source, media) {
        return Err(Error::NotByRows { width_px, height_px, what, limit_px: limits.max_side_px });
    }
    let limit_px = limits.max_still_side_px.max(limits.max_side_px);
    if width_px.max(height_px) > limit_px {
        return Err(Error::CanvasTooLarge { width_px, height_px, limit_px });
    }
    let (got, limit) = (u64::from(width_px) * u64::from(height_px), limits.max_still_pixels);
    if got > limit { Err(Error::StillTooLarge { got, limit }) } else { Ok(()) }
}

/// What a picture is that can't be captioned by rows; `None` of one that can.
fn obstacle(source: &mut impl Source, media: MediaType) -> Option<&'static str> {
    match media {
        MediaType::Gif => Some("a GIF"),
        MediaType::Webp => Some("a WebP"),
        MediaType::Mp4 => Some("a video"),
        MediaType::Png if is_animated(source, media) => Some("an animated PNG"),
        // IHDR's last byte (PNG, third edition, section 11.2.1).
        MediaType::Png if source.byte(28).unwrap_or(0) != 0 => Some("an interlaced PNG"),
        MediaType::Png => {
            let turn = turn_in(source, media);
            (turn.swaps_axes || turn.flips_y).then_some("a PNG that its EXIF data turn")
        }
        MediaType::Jpeg => jpeg_obstacle(source),
    }
}

/// Of its frame (T.81, section B.2.2) and the first scan (B.2.3).
fn jpeg_obstacle(jpeg: &mut impl Source) -> Option<&'static str> {
    let (mut at, mut components) = (2_usize, 0);
    while let Some(&[mark, marker, high, low]) = jpeg.get(at, 4).and_then(|head| head.first_chunk::<4>()) {
        match (mark, marker) {
            (0xFF, 0x01 | 0xD0..=0xD8) => at += 2,
            (0xFF, 0xFF) | (..0xFF, _) | (_, 0) => at += 1,
            (0xFF, 0xDA) => return (jpeg.byte(at + 4) != Some(components)).then_some("a JPEG of several scans"),
            (0xFF, 0xD9) => return None,
            (0xFF, 0xC2) => return Some("a progressive JPEG"),
            (0xFF, kind) => {
                if matches!(kind, 0xC0 | 0xC1) {
                    components = jpeg.byte(at + 9).unwrap_or(0);
                }
                at += 2 + usize::from(u16::from_be_bytes([high, low])).max(2);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{super::probe::probe, *};

    const SMALL: Limits = Limits {
        max_bytes: 1_000,
        max_side_px: 100,
        max_frames: 1,
        max_total_pixels: 1 << 40,
        max_still_bytes: 2_000,
        max_still_side_px: 5_000,
        max_still_pixels: 1_000_000,
        max_video_s: 1,
        max_video_frames: 1,
    };

    fn png([width, height]: [u32; 2], interlace: u8, rest: &[u8]) -> Vec<u8> {
        let sides = [width.to_be_bytes(), height.to_be_bytes()].concat();
        [b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR", &sides[..], &[8, 2, 0, 0, interlace], b"crc!", rest].concat()
    }

    fn jpeg([width, height]: [u16; 2], frame: u8, components: [u8; 2]) -> Vec<u8> {
        let sides = [height.to_be_bytes(), width.to_be_bytes()].concat();
        let of_frame = [1, 0x11, 0].repeat(components[0].into());
        let len = u8::try_from(8 + of_frame.len()).unwrap();
        [
            &[0xFF, 0xD8, 0xFF, frame, 0, len, 8][..],
            &sides,
            &components[..1],
            &of_frame,
            &[0xFF, 0xDA, 0, 12, components[1]],
            &[0; 9],
        ]
        .concat()
    }

    const DATA: &[u8] = b"\0\0\0\x01IDAT.crc!";

    fn refusal(bytes: &[u8]) -> String {
        probe(bytes, &SMALL).map_or_else(|e| format!("{}: {e}", e.code()), |_| "taken".to_owned())
    }

    #[test]
    fn a_still_that_goes_by_rows_may_have_more_pixels_than_another() {
        for taken in [
            png([1_000, 1_000], 0, DATA),
            jpeg([1_000, 1_000], 0xC0, [3, 3]),
            jpeg([5_000, 200], 0xC1, [1, 1]),
            png([100, 100], 1, DATA),
            jpeg([100, 100], 0xC2, [3, 3]),
        ] {
            assert_eq!(refusal(&taken), "taken");
        }
        for (bytes, why) in [
            (png([1_001, 1_000], 0, DATA), "too_many_pixels: the picture has 1001000 pixels, the limit is 1000000"),
            (jpeg([5_001, 9], 0xC0, [3, 3]), "canvas_too_large: the picture is 5001 x 9 pixels, the limit is 5000 a side"),
            (
                png([101, 9], 1, DATA),
                "canvas_too_large: the picture is 101 x 9 pixels, the limit of an interlaced PNG is 100 a side",
            ),
            (
                jpeg([9, 101], 0xC2, [3, 3]),
                "canvas_too_large: the picture is 9 x 101 pixels, the limit of a progressive JPEG is 100",
            ),
            (
                jpeg([9, 101], 0xC0, [3, 1]),
                "canvas_too_large: the picture is 9 x 101 pixels, the limit of a JPEG of several scans is",
            ),
            (
                png([101, 9], 0, &[b"\0\0\0\x08acTL........crc!", DATA].concat()),
                "canvas_too_large: the picture is 101 x 9 pixels, \
                the limit of an animated PNG is 100 a side",
            ),
            (
                png(
                    [101, 9],
                    0,
                    &[b"\0\0\0\x1AeXIfMM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0crc!", DATA].concat(),
                ),
                "canvas_too_large: the picture is 101 x 9 pixels, the limit of a PNG that its EXIF data turn is 100 a side",
            ),
        ] {
            let got = refusal(&bytes);
            assert!(got.starts_with(why), "{got}");
        }
    }

    #[test]
    fn such_a_still_may_have_more_bytes_too() {
        let filled = |mut bytes: Vec<u8>, len: usize| {
            bytes.resize(len, 0);
            bytes
        };
        assert_eq!(refusal(&filled(png([9, 9], 0, DATA), 2_000)), "taken");
        assert_eq!(refusal(&filled(png([9, 9], 0, DATA), 2_001)), "file_too_large: the file has 2001 bytes, the limit is 2000");
        let limit = "file_too_large: the file has 1001 bytes, the limit is 1000";
        for bytes in [png([9, 9], 1, DATA), jpeg([9, 9], 0xC2, [3, 3]), b"GIF89a".to_vec(), b"no picture".to_vec()] {
            assert_eq!(refusal(&filled(bytes, 1_001)), limit);
        }
        let alike = SMALL.for_all_alike();
        assert_eq!(probe(&filled(png([9, 9], 0, DATA), 1_001), &alike).unwrap_err().to_string(), &limit[16..]);
        assert!(matches!(probe(&png([101, 9], 0, DATA), &alike), Err(Error::CanvasTooLarge { limit_px: 100, .. })));
    }
}
