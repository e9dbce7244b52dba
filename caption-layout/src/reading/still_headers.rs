//! What a still's headers alone rule out: kinds of PNG and JPEG that no renderer of ours draws, and files that end before their pixels.
//!
//! The probe calls it, so that the front refuses them before they are stored. It runs no decompressor.

use caption_types::MediaType;

use super::source::Source;
use crate::error::Error;

/// Holds a still's headers against what is drawn.
///
/// # Errors
/// [`Error::Malformed`] for what is not drawn, [`Error::Truncated`] for a file that ends before the first byte of its pixels.
pub(super) fn check(still: &mut impl Source, media: MediaType) -> Result<(), Error> {
    match media {
        MediaType::Png => check_png(still),
        MediaType::Jpeg => check_jpeg(still),
        MediaType::Webp | MediaType::Gif | MediaType::Mp4 => Ok(()),
    }
}

fn malformed(what: String) -> Error {
    Error::Malformed { what }
}

/// IHDR's colour type and bit depth (PNG, third edition, table 8), and an IDAT chunk somewhere.
fn check_png(png: &mut impl Source) -> Result<(), Error> {
    let len = png.len() as u64;
    let truncated = |inside| Error::Truncated { at_byte: len, inside };
    let Some(&[depth, colour, compression, filter, interlace]) = png.get(24, 5).and_then(|bytes| bytes.first_chunk::<5>()) else {
        return Err(truncated("the header"));
    };
    let is_known = matches!((colour, depth), (0, 1 | 2 | 4 | 8 | 16) | (3, 1 | 2 | 4 | 8) | (2 | 4 | 6, 8 | 16));
    if !is_known || compression != 0 || filter != 0 || interlace > 1 {
        return Err(malformed(format!(
            "a PNG of colour type {colour} with {depth} bits, methods {compression}, {filter}, {interlace}"
        )));
    }
    let mut at = 8_usize;
    while let Some([a, b, c, d, kind @ ..]) = png.get(at, 8).and_then(|head| head.first_chunk::<8>()) {
        if kind == b"IDAT" {
            return Ok(());
        }
        let Some(next) = (u32::from_be_bytes([*a, *b, *c, *d]) as usize).checked_add(12).and_then(|skip| at.checked_add(skip))
        else {
            break;
        };
        at = next;
    }
    Err(truncated("the chunks before the picture's data"))
}

/// The frame's kind, bits and components (T.81, section B.2.2), and a scan behind it.
fn check_jpeg(jpeg: &mut impl Source) -> Result<(), Error> {
    let len = jpeg.len() as u64;
    let (mut at, mut has_frame) = (2_usize, false);
    while let Some(&[mark, marker, high, low]) = jpeg.get(at, 4).and_then(|head| head.first_chunk::<4>()) {
        match (mark, marker) {
            (0xFF, 0x01 | 0xD0..=0xD8) => at += 2,
            (0xFF, 0xFF) | (..0xFF, _) | (_, 0) => at += 1,
            (0xFF, 0xDA) if has_frame => return Ok(()),
            (0xFF, 0xDA | 0xD9) => return Err(malformed("a JPEG whose pixels come before their frame".to_owned())),
            (0xFF, 0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF) => {
                let components = jpeg.byte(at + 9).unwrap_or(0);
                let bits = jpeg.byte(at + 4).unwrap_or(0);
                if marker > 0xC2 || bits != 8 || !matches!(components, 1 | 3 | 4) {
                    let kind = if marker > 0xC2 { "lossless, hierarchical or arithmetic" } else { "Huffman-coded" };
                    return Err(malformed(format!("a {kind} JPEG of {bits} bits in {components} components")));
                }
                has_frame = true;
                at += 2 + usize::from(u16::from_be_bytes([high, low])).max(2);
            }
            _ => at += 2 + usize::from(u16::from_be_bytes([high, low])).max(2),
        }
    }
    Err(Error::Truncated { at_byte: len, inside: "the segments before the picture's data" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(bytes: &[u8], media: MediaType) -> &'static str {
        let mut bytes = bytes;
        check(&mut bytes, media).map_or_else(|e| e.code().as_str(), |()| "ok")
    }

    #[test]
    fn a_png_needs_a_known_kind_and_pixels() {
        let png = |depth: u8, colour: u8, rest: &[u8]| {
            [b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR\0\0\0\x09\0\0\0\x09", &[depth, colour, 0, 0, 0][..], b"crc!", rest].concat()
        };
        let data = b"\0\0\0\x01IDAT.crc!";
        assert_eq!(code(&png(8, 3, data), MediaType::Png), "ok");
        assert_eq!(code(&png(16, 3, data), MediaType::Png), "malformed");
        assert_eq!(code(&png(8, 5, data), MediaType::Png), "malformed");
        assert_eq!(code(&png(8, 2, b"\0\0\0\x01tEXt.crc!"), MediaType::Png), "truncated");
        assert_eq!(code(&png(8, 2, b"\xFF\xFF\xFF\xFFtEXt.crc!"), MediaType::Png), "truncated");
    }

    #[test]
    fn a_jpeg_needs_a_known_frame_before_a_scan() {
        let frame = |marker: u8, bits: u8, components: u8| [0xFF, 0xD8, 0xFF, marker, 0, 9, bits, 0, 9, 0, 9, components, 0];
        let with_scan = |frame: [u8; 13]| [&frame[..], b"\xFF\xDA\0\x02"].concat();
        assert_eq!(code(&with_scan(frame(0xC0, 8, 3)), MediaType::Jpeg), "ok");
        assert_eq!(code(&with_scan(frame(0xC2, 8, 1)), MediaType::Jpeg), "ok");
        assert_eq!(code(&with_scan(frame(0xC9, 8, 3)), MediaType::Jpeg), "malformed");
        assert_eq!(code(&with_scan(frame(0xC1, 12, 3)), MediaType::Jpeg), "malformed");
        assert_eq!(code(&with_scan(frame(0xC0, 8, 2)), MediaType::Jpeg), "malformed");
        assert_eq!(code(&frame(0xC0, 8, 3), MediaType::Jpeg), "truncated");
        assert_eq!(code(b"\xFF\xD8\xFF\xDA\0\x02", MediaType::Jpeg), "malformed");
    }
}
