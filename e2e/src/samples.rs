//! GIFs made by code: the same bytes for the same seed, all different from each other, together with most of what the
//! format allows. Used by the tests that need many sources, and by those that need broken ones.
//!
//! It must never draw from a clock or a thread's own randomness: a failure is repeated by its seed alone.

use std::{borrow::Cow, ops::Range};

use fastrand::Rng;
use gif::{DisposalMethod, Encoder, Frame, Repeat};

const DISPOSALS: [DisposalMethod; 4] =
    [DisposalMethod::Any, DisposalMethod::Keep, DisposalMethod::Background, DisposalMethod::Previous];

/// A GIF of 96 to 400 pixels a side and 1 to 16 frames. Whole and partial frames, each disposal, transparency, global and
/// local palettes of 4 to 256 colours, interlacing, delays and loop counts occur, as the seed decides.
///
/// # Errors
/// None that a caller can bring about: the encoder's own.
pub fn animation(seed: u64) -> Result<Vec<u8>, gif::EncodingError> {
    animation_of(seed, 96..400)
}

/// As [`animation`], of other sizes, from 16 pixels a side.
///
/// # Errors
/// As [`animation`].
pub fn animation_of(seed: u64, sides_px: Range<u16>) -> Result<Vec<u8>, gif::EncodingError> {
    let mut rng = Rng::with_seed(seed);
    let (width, height) = (rng.u16(sides_px.clone()), rng.u16(sides_px));
    let global = palette(&mut rng);
    let mut encoder = Encoder::new(Vec::new(), width, height, &global)?;
    match rng.u8(0..4) {
        0 => {}
        1 => encoder.set_repeat(Repeat::Finite(rng.u16(1..9)))?,
        _ => encoder.set_repeat(Repeat::Infinite)?,
    }
    let partial = rng.bool();
    for index in 0..rng.u16(1..=16) {
        let whole = index == 0 && rng.u8(0..8) > 0 || !partial;
        encoder.write_frame(&frame(&mut rng, (width, height), whole, &global))?;
    }
    encoder.into_inner()
}

fn frame(rng: &mut Rng, (canvas_width, canvas_height): (u16, u16), whole: bool, global: &[u8]) -> Frame<'static> {
    let (width, height) =
        if whole { (canvas_width, canvas_height) } else { (rng.u16(16..=canvas_width), rng.u16(16..=canvas_height)) };
    let local = (rng.u8(0..3) == 0).then(|| palette(rng));
    let colours = local.as_deref().unwrap_or(global).len() / 3;
    let last = u8::try_from(colours - 1).unwrap_or(u8::MAX);
    let transparent = (rng.u8(0..2) == 0).then(|| rng.u8(0..=last));
    Frame {
        delay: rng.u16(0..20),
        dispose: DISPOSALS[rng.usize(0..DISPOSALS.len())],
        transparent,
        left: rng.u16(0..=canvas_width - width),
        top: rng.u16(0..=canvas_height - height),
        width,
        height,
        interlaced: rng.u8(0..6) == 0,
        palette: local,
        buffer: Cow::Owned(pixels(rng, width, height, last, transparent)),
        ..Frame::default()
    }
}

/// Flat areas, ramps and noise: what makes short and long codes, and so several dictionaries a frame.
fn pixels(rng: &mut Rng, width: u16, height: u16, last: u8, transparent: Option<u8>) -> Vec<u8> {
    let (step, noise) = (rng.u32(1..9), rng.u8(0..40));
    let colours = u32::from(last) + 1;
    let mut pixels = Vec::with_capacity(usize::from(width) * usize::from(height));
    for y in 0..u32::from(height) {
        for x in 0..u32::from(width) {
            let ramp = u8::try_from((x / step + y / (step * 2)) % colours).unwrap_or(0);
            let hole = transparent.filter(|_| (x / 16 + y / 16) % 3 == 0);
            pixels.push(hole.unwrap_or(if rng.u8(0..100) < noise { rng.u8(0..=last) } else { ramp }));
        }
    }
    pixels
}

fn palette(rng: &mut Rng) -> Vec<u8> {
    let colours = 1_usize << rng.u32(2..=8);
    (0..colours * 3).map(|_| rng.u8(..)).collect()
}

/// Header, logical screen and a global palette of two colours: what every broken GIF below begins with.
fn start(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = b"GIF89a".to_vec();
    bytes.extend(width.to_le_bytes());
    bytes.extend(height.to_le_bytes());
    bytes.extend([0x80, 0, 0, 0, 0, 0, 255, 255, 255]);
    bytes
}

/// One image block of the given size whose data is a single pixel.
fn one_pixel_frame(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = vec![0x2C, 0, 0, 0, 0];
    bytes.extend(width.to_le_bytes());
    bytes.extend(height.to_le_bytes());
    bytes.extend([0, 2, 2, 0x44, 0x01, 0]);
    bytes
}

/// A canvas and one frame of the given size, with one pixel of data.
#[must_use]
pub fn declared_size(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = start(width, height);
    bytes.extend(one_pixel_frame(width, height));
    bytes.push(0x3B);
    bytes
}

/// As many frames as asked for, of one pixel each, 16 bytes a frame.
#[must_use]
pub fn many_frames(frames: usize) -> Vec<u8> {
    let mut bytes = start(64, 64);
    bytes.extend(one_pixel_frame(1, 1).repeat(frames));
    bytes.push(0x3B);
    bytes
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn decoded(bytes: &[u8]) -> Vec<Frame<'static>> {
        let mut decoder = gif::Decoder::new(bytes).unwrap();
        std::iter::from_fn(|| decoder.read_next_frame().unwrap().cloned()).collect()
    }

    #[test]
    fn two_hundred_samples_decode_differ_and_hold_what_is_promised() {
        let all: Vec<_> = (0..200).map(|seed| animation(seed).unwrap()).collect();
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
        assert_eq!(all[7], animation(7).unwrap());
        let frames: Vec<_> = all.iter().flat_map(|bytes| decoded(bytes)).collect();
        assert!(frames.len() > 1_000);
        for disposal in DISPOSALS {
            assert!(frames.iter().any(|f| f.dispose == disposal), "{disposal:?}");
        }
        assert!(frames.iter().any(|f| f.transparent.is_some()) && frames.iter().any(|f| f.palette.is_some()));
        assert!(frames.iter().any(|f| f.left > 0 && f.top > 0));
    }

    #[test]
    fn the_broken_ones_are_broken_only_where_they_say() {
        assert_eq!(decoded(&many_frames(3)).len(), 3);
        assert_eq!(decoded(&declared_size(1, 1)).len(), 1);
    }
}
