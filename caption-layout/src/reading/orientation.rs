//! Which way up a still is shown: the orientation that its EXIF data name.
//!
//! The probe calls it, so that a picture has the size before a decode that it is shown in, and the renderer of stills, which turns the
//! pixels. Both ask the same function, so they can't disagree. It reads tags and never a pixel.

use std::ops::Range;

use caption_types::MediaType;

use super::source::Source;

/// How stored pixels become shown ones (Exif 2.32, section 4.6.4, tag 0x0112).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// Rows are shown as columns.
    pub swaps_axes: bool,
    /// The stored rows run from right to left.
    pub flips_x: bool,
    /// The stored columns run from bottom to top.
    pub flips_y: bool,
}

impl Turn {
    /// Of the tag's value; what is none of 1 to 8 turns nothing.
    #[must_use]
    pub fn from_exif(value: u16) -> Self {
        let (swaps_axes, flips_x, flips_y) = match value {
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, false, true),
            7 => (true, true, true),
            8 => (true, true, false),
            _ => (false, false, false),
        };
        Self { swaps_axes, flips_x, flips_y }
    }

    /// Whether it changes anything.
    #[must_use]
    pub fn is_none(self) -> bool {
        self == Self::default()
    }

    /// The sides as they are shown, of those that are stored. It is its own inverse.
    #[must_use]
    pub fn sides<T>(self, [width, height]: [T; 2]) -> [T; 2] {
        if self.swaps_axes { [height, width] } else { [width, height] }
    }

    /// Where the pixel that is shown at (x, y) is stored. `stored` are the stored sides.
    #[must_use]
    pub fn stored_at(self, [x, y]: [usize; 2], [width, height]: [usize; 2]) -> [usize; 2] {
        let [x, y] = self.sides([x, y]);
        [if self.flips_x { width - 1 - x } else { x }, if self.flips_y { height - 1 - y } else { y }]
    }
}

/// The orientation in EXIF data: TIFF, with or without `Exif\0\0` before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Orientation {
    /// Where its two bytes are, from the data's first.
    pub at: usize,
    /// Whether numbers have their high byte first.
    pub is_big_endian: bool,
    /// The tag's value.
    pub value: u16,
}

/// The way a still is shown.
#[must_use]
pub fn turn_of(mut still: &[u8], media: MediaType) -> Turn {
    turn_in(&mut still, media)
}

/// Finds the orientation in EXIF data; `None` where they name none.
#[must_use]
pub fn orientation_in(mut exif: &[u8]) -> Option<Orientation> {
    let len = exif.len();
    find_tag(&mut exif, 0..len)
}

pub(crate) fn turn_in(still: &mut impl Source, media: MediaType) -> Turn {
    let exif = match media {
        MediaType::Png => png_exif(still),
        MediaType::Jpeg => jpeg_exif(still),
        MediaType::Webp => webp_exif(still),
        // A video's is in its track's header, which its walk reads.
        MediaType::Gif | MediaType::Mp4 => None,
    };
    exif.and_then(|range| find_tag(still, range)).map_or(Turn::default(), |found| Turn::from_exif(found.value))
}

/// Where the first eXIf chunk's data are (PNG, third edition, section 11.3.4.5).
fn png_exif(png: &mut impl Source) -> Option<Range<usize>> {
    let mut at = 8_usize;
    loop {
        let [a, b, c, d, kind @ ..] = *png.get(at, 8)?.first_chunk::<8>()?;
        let data = at + 8..(at + 8).checked_add(u32::from_be_bytes([a, b, c, d]) as usize)?;
        if &kind == b"eXIf" {
            return Some(data);
        }
        at = data.end.checked_add(4)?;
    }
}

/// Where the first APP1 segment with EXIF data is, before the first scan (Exif 2.32, section 4.7.2).
fn jpeg_exif(jpeg: &mut impl Source) -> Option<Range<usize>> {
    let mut at = 2_usize;
    loop {
        let [mark, kind, high, low] = *jpeg.get(at, 4)?.first_chunk::<4>()?;
        match (mark, kind) {
            // Fill bytes may stand before a marker.
            (0xFF, 0xFF) => {
                at += 1;
                continue;
            }
            (0xFF, 0xDA | 0xD9) => return None,
            (0xFF, 0x01 | 0xD0..=0xD8) => {
                at += 2;
                continue;
            }
            (0xFF, _) => {}
            _ => {
                at += 1;
                continue;
            }
        }
        let data = at + 4..at + 2 + usize::from(u16::from_be_bytes([high, low])).max(2);
        if kind == 0xE1 && data.len() > 6 && jpeg.get(data.start, 6) == Some(b"Exif\0\0") {
            return Some(data);
        }
        at = data.end;
    }
}

/// Where the EXIF chunk's data are (WebP container, section "Metadata").
fn webp_exif(webp: &mut impl Source) -> Option<Range<usize>> {
    let mut at = 12_usize;
    loop {
        let (kind, len) = webp.get(at, 8)?.split_first_chunk::<4>()?;
        let (is_exif, len) = (kind == b"EXIF", u32::from_le_bytes(*len.first_chunk()?) as usize);
        let data = at + 8..(at + 8).checked_add(len)?;
        if is_exif {
            return Some(data);
        }
        at = data.end.checked_add(len % 2)?;
    }
}

/// The orientation in the first directory of the TIFF in `range`.
fn find_tag(source: &mut impl Source, range: Range<usize>) -> Option<Orientation> {
    let prefix = if range.len() > 6 && source.get(range.start, 6) == Some(b"Exif\0\0") { 6 } else { 0 };
    let tiff = range.start + prefix;
    // A look within the data; what points out of them is no tag.
    let mut look = |at: usize, len: usize| -> Option<[u8; 4]> {
        let at = tiff.checked_add(at).filter(|at| at.checked_add(len).is_some_and(|end| end <= range.end))?;
        let mut bytes = [0; 4];
        bytes[..len].copy_from_slice(source.get(at, len)?);
        Some(bytes)
    };
    let is_big_endian = match &look(0, 4)? {
        b"MM\0\x2A" => true,
        b"II\x2A\0" => false,
        _ => return None,
    };
    let short = |[a, b, ..]: [u8; 4]| if is_big_endian { u16::from_be_bytes([a, b]) } else { u16::from_le_bytes([a, b]) };
    let long = |bytes: [u8; 4]| if is_big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
    let directory = long(look(4, 4)?) as usize;
    let entries = usize::from(short(look(directory, 2)?));
    for entry in 0..entries {
        // Each has a tag, a type, a count and a value.
        let at = directory.checked_add(2 + 12 * entry)?;
        let (tag, kind) = (short(look(at, 2)?), short(look(at + 2, 2)?));
        if tag == 0x0112 && kind == 3 {
            let value = short(look(at + 8, 2)?);
            return Some(Orientation { at: prefix + at + 8, is_big_endian, value });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exif(value: u8, is_big_endian: bool) -> Vec<u8> {
        if is_big_endian {
            [b"MM\0\x2A\0\0\0\x08\0\x02\x01\x0F\0\x02\0\0\0\x04abc\0\x01\x12\0\x03\0\0\0\x01\0", &[value][..], b"\0\0\0\0\0\0"]
                .concat()
        } else {
            [b"II\x2A\0\x08\0\0\0\x02\0\x0F\x01\x02\0\x04\0\0\0abc\0\x12\x01\x03\0\x01\0\0\0", &[value][..], b"\0\0\0\0\0\0\0"]
                .concat()
        }
    }

    fn jpeg(exif: &[u8]) -> Vec<u8> {
        let len = u16::try_from(exif.len() + 8).unwrap().to_be_bytes();
        [b"\xFF\xD8\xFF\xE0\0\x04JF\xFF\xFF\xE1", &len[..], b"Exif\0\0", exif, b"\xFF\xDA"].concat()
    }

    #[test]
    fn each_kind_names_its_turn() {
        for (value, is_big_endian) in (0..10).flat_map(|value| [(value, true), (value, false)]) {
            let exif = exif(value, is_big_endian);
            let found = orientation_in(&exif).unwrap();
            assert_eq!((found.value, found.is_big_endian), (u16::from(value), is_big_endian));
            assert_eq!(exif[found.at + usize::from(is_big_endian)], value);
            let turn = Turn::from_exif(u16::from(value));
            let chunk = |len: [u8; 4], kinds: [&[u8]; 2]| [kinds[0], &len[..], kinds[1], &exif[..]].concat();
            let len = u32::try_from(exif.len()).unwrap();
            let png = [&b"\x89PNG\r\n\x1A\n\0\0\0\x02tEXt..crc!"[..], &chunk(len.to_be_bytes(), [b"", b"eXIf"])].concat();
            let webp = [&b"RIFF\x20\0\0\0WEBPVP8L\x01\0\0\0.\0"[..], &chunk(len.to_le_bytes(), [b"EXIF", b""])].concat();
            assert_eq!(turn_of(&png, MediaType::Png), turn);
            assert_eq!(turn_of(&webp, MediaType::Webp), turn);
            assert_eq!(turn_of(&jpeg(&exif), MediaType::Jpeg), turn);
            for cut in 0..png.len() {
                let _ = turn_of(&png[..cut], MediaType::Png);
            }
        }
    }

    #[test]
    fn turned_pixels_come_from_where_the_standard_says() {
        // The stored picture's first pixel is shown top left, top right, bottom right, bottom left, and so on.
        let corners = [[0, 0], [2, 0], [2, 1], [0, 1], [0, 0], [1, 0], [1, 2], [0, 2]];
        for (value, corner) in (1..=8).zip(corners) {
            assert_eq!(Turn::from_exif(value).stored_at(corner, [3, 2]), [0, 0], "{value}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_harm(bytes in proptest::collection::vec(0_u8.., 0..200), value: u8) {
            let _ = orientation_in(&bytes);
            for media in [MediaType::Png, MediaType::Jpeg, MediaType::Webp] {
                let _ = turn_of(&bytes, media);
                let _ = turn_of(&[&jpeg(&exif(value, true)), &bytes[..]].concat(), media);
            }
        }
    }
}
