//! EXIF data as they hold for a picture that was turned upright.
//!
//! Each kind keeps its metadata through here. Which way a picture is turned is said by `caption_layout`.

use caption_layout::reading::orientation::orientation_in;

/// EXIF data that turn nothing: the pixels have been turned.
pub(super) fn exif_without_turn(exif: &[u8]) -> Vec<u8> {
    let mut exif = exif.to_vec();
    if let Some(found) = orientation_in(&exif) {
        let value = if found.is_big_endian { 1_u16.to_be_bytes() } else { 1_u16.to_le_bytes() };
        exif[found.at..found.at + 2].copy_from_slice(&value);
    }
    exif
}
