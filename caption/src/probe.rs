//! What a picture is and how large, from its headers and block walk alone.
//!
//! api calls it on every upload, `render` before any decode. No decompressor runs here.

use crate::{Error, Limits, gif::blocks::Gif};

/// A kind of picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Media {
    /// GIF, animated or not.
    Gif,
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP.
    Webp,
}

/// What is known of a picture before it is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Its kind, by its first bytes.
    pub media: Media,
    /// Canvas width.
    pub width_px: u32,
    /// Canvas height.
    pub height_px: u32,
    /// Frames; 1 for a still.
    pub frames: u32,
    /// Width x height over all frames.
    pub total_pixels: u64,
    /// The delays' sum, in hundredths of a second; 0 for a still.
    pub duration_cs: u64,
    /// How often it repeats: 0 is for ever, absent is once.
    pub loop_count: Option<u16>,
}

/// Reads what the headers say and holds it against the limits.
///
/// # Errors
/// The kind is unknown, the file contradicts its format before any decode shows it, or a limit is
/// broken.
pub fn probe(bytes: &[u8], limits: &Limits) -> Result<Probe, Error> {
    match media_of(bytes, limits)? {
        Media::Gif => {
            let gif = Gif::walk(bytes, limits)?;
            Ok(Probe {
                media: Media::Gif,
                width_px: gif.canvas.width(),
                height_px: gif.canvas.height(),
                frames: u32::try_from(gif.frames.len()).unwrap_or(u32::MAX),
                total_pixels: gif.frames.iter().map(|f| f.rect.area() as u64).sum(),
                duration_cs: gif.frames.iter().map(|f| u64::from(f.delay_cs)).sum(),
                loop_count: gif.loop_count,
            })
        }
        media => probe_still(bytes, media, limits),
    }
}

/// The kind of a file that is not too large.
pub(crate) fn media_of(bytes: &[u8], limits: &Limits) -> Result<Media, Error> {
    limits.check_bytes(bytes)?;
    sniff(bytes).ok_or(Error::UnsupportedMedia)
}

/// The kind that the first bytes announce.
fn sniff(bytes: &[u8]) -> Option<Media> {
    match bytes {
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Media::Gif),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(Media::Png),
        [0xFF, 0xD8, 0xFF, ..] => Some(Media::Jpeg),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Media::Webp),
        _ => None,
    }
}

fn probe_still(bytes: &[u8], media: Media, limits: &Limits) -> Result<Probe, Error> {
    let size = imagesize::blob_size(bytes).map_err(|e| match e {
        imagesize::ImageError::IoError(_) => Error::Truncated { at_byte: bytes.len() as u64, inside: "the header" },
        other => Error::Malformed { what: other.to_string() },
    })?;
    let width_px = u32::try_from(size.width).unwrap_or(u32::MAX);
    let height_px = u32::try_from(size.height).unwrap_or(u32::MAX);
    if width_px == 0 || height_px == 0 {
        return Err(Error::ZeroSized { width_px, height_px });
    }
    limits.check_side(width_px, height_px)?;
    let total_pixels = u64::from(width_px) * u64::from(height_px);
    limits.check_total_pixels(total_pixels)?;
    match media {
        Media::Png if chunk_comes_before(bytes, *b"acTL", *b"IDAT") => return Err(Error::AnimatedStill { kind: "PNG" }),
        // WebP container, section "Extended File Format": bit 1 of the VP8X flags says animation.
        Media::Webp if matches!(bytes, [_, _, _, _, _, _, _, _, _, _, _, _, b'V', b'P', b'8', b'X', _, _, _, _, flags, ..] if flags & 2 != 0) =>
        {
            return Err(Error::AnimatedStill { kind: "WebP" });
        }
        _ => {}
    }
    Ok(Probe { media, width_px, height_px, frames: 1, total_pixels, duration_cs: 0, loop_count: None })
}

/// Whether the PNG chunk `wanted` stands before the first `stop` (PNG, third edition, section 5.3).
fn chunk_comes_before(png: &[u8], wanted: [u8; 4], stop: [u8; 4]) -> bool {
    let mut rest = &png[8..];
    while let [a, b, c, d, k0, k1, k2, k3, after @ ..] = rest {
        let kind = [*k0, *k1, *k2, *k3];
        if kind == wanted || kind == stop {
            return kind == wanted;
        }
        let len = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        let Some(next) = len.checked_add(4).and_then(|skip| after.get(skip..)) else { return false };
        rest = next;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Signature and IHDR, then chunks without their checks: sizes are read from no more.
    fn png(width: u32, height: u32, chunks: &[&[u8; 4]]) -> Vec<u8> {
        let mut out = b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR".to_vec();
        out.extend(width.to_be_bytes());
        out.extend(height.to_be_bytes());
        out.extend(b"\x08\x06\0\0\0crc!");
        for kind in chunks {
            out.extend(b"\0\0\0\x02");
            out.extend(*kind);
            out.extend(b"..crc!");
        }
        out
    }

    fn code(bytes: &[u8]) -> &'static str {
        probe(bytes, &Limits::default()).map_or_else(|e| e.code(), |_| "ok")
    }

    #[test]
    fn what_is_no_picture_is_refused_by_its_first_bytes() {
        for bytes in [&b""[..], b"G", b"GIF88a", b"<svg>", b"%PDF-1.7", b"RIFF....WAVE", &[0; 1000]] {
            assert_eq!(code(bytes), "unsupported_media", "{bytes:?}");
        }
    }

    #[test]
    fn stills_are_measured_and_held_against_the_limits() {
        let found = probe(&png(640, 480, &[b"IDAT"]), &Limits::default()).unwrap();
        assert_eq!((found.media, found.width_px, found.height_px, found.frames), (Media::Png, 640, 480, 1));
        assert_eq!(code(&png(5000, 10, &[b"IDAT"])), "canvas_too_large");
        assert_eq!(code(&png(0, 10, &[b"IDAT"])), "zero_sized");
        assert_eq!(code(&png(10, 10, &[b"IDAT"])[..18]), "truncated");
        let small = Limits { max_bytes: 10, ..Limits::default() };
        assert_eq!(probe(&png(1, 1, &[]), &small).unwrap_err().code(), "file_too_large");
    }

    #[test]
    fn animated_stills_are_refused_rather_than_robbed_of_their_frames() {
        assert_eq!(code(&png(9, 9, &[b"acTL", b"IDAT"])), "animated_still");
        assert_eq!(code(&png(9, 9, &[b"tEXt", b"IDAT", b"acTL"])), "ok", "too late to count");
        let mut webp = b"RIFF\x20\0\0\0WEBPVP8X\x0A\0\0\0\x02\0\0\0\x08\0\0\x08\0\0".to_vec();
        webp.extend([0; 16]);
        assert_eq!(code(&webp), "animated_still");
        webp[20] = 0;
        assert_eq!(code(&webp), "ok");
    }
}
