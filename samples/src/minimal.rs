//! GIFs of few bytes that declare much: any canvas size, or any number of frames.
//!
//! Called by tests of limits, and by tests that need a job with a given number of frames. Each frame has one pixel of data, so that
//! a file of a million frames is made in no time.

/// A canvas and one frame of this size, with one pixel of data.
#[must_use]
pub fn declared_size(width_px: u16, height_px: u16) -> Vec<u8> {
    file(width_px, height_px, &frame(width_px, height_px))
}

/// A canvas of 64 x 64 pixels and `frames` frames of one pixel each, 15 bytes a frame.
#[must_use]
pub fn many_frames(frames: usize) -> Vec<u8> {
    file(64, 64, &frame(1, 1).repeat(frames))
}

/// Header, logical screen, a global palette of two colours, these frames, and the trailer.
fn file(width_px: u16, height_px: u16, frames: &[u8]) -> Vec<u8> {
    let [width, height] = [width_px, height_px].map(u16::to_le_bytes);
    [b"GIF89a", &width[..], &height, &[0x80, 0, 0, 0, 0, 0, 255, 255, 255], frames, &[0x3B]].concat()
}

/// An image block of this size whose data is one pixel.
fn frame(width_px: u16, height_px: u16) -> Vec<u8> {
    let [width, height] = [width_px, height_px].map(u16::to_le_bytes);
    [&[0x2C, 0, 0, 0, 0], &width[..], &height, &[0, 2, 2, 0x44, 0x01, 0]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoder_reads_them_as_declared() {
        assert_eq!(crate::strict::count_frames(&many_frames(3)).unwrap(), 3);
        assert_eq!(crate::strict::count_frames(&declared_size(1, 1)).unwrap(), 1);
        assert_eq!(many_frames(1_000).len() - many_frames(999).len(), 15);
    }
}
