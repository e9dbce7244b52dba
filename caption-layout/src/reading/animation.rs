//! How a frame is drawn, and what becomes of it: what animated PNGs and animated WebP files have in common.
//!
//! Both walks read it, and the renderer plays by it. It tells an animation from a still, by its headers alone.

use caption_types::MediaType;

use super::source::Source;

/// What a frame's pixels become when its time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dispose {
    /// They stay.
    Keep,
    /// The frame's rectangle becomes transparent black.
    Background,
    /// The canvas becomes what it was before the frame.
    Previous,
}

/// How a frame is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blend {
    /// Its pixels take the place of those beneath, alpha and all.
    Source,
    /// They lie over those beneath.
    Over,
}

/// How often a file is shown, as a GIF counts it: 0 for ever, else the repetitions, of which one that is shown once has none. `plays` is 0
/// for ever too.
pub(super) fn loop_count(plays: u32) -> Option<u16> {
    match plays {
        0 => Some(0),
        1 => None,
        plays => Some(u16::try_from(plays - 1).unwrap_or(u16::MAX)),
    }
}

/// Whether a file that begins as a still does is an animation.
pub(super) fn is_animated(source: &mut impl Source, media: MediaType) -> bool {
    match media {
        MediaType::Png => chunk_comes_before(source, *b"acTL", *b"IDAT"),
        // WebP container, section "Extended File Format": bit 1 of the VP8X flags says animation.
        MediaType::Webp => source.get(12, 4) == Some(b"VP8X") && source.byte(20).is_some_and(|flags| flags & 2 != 0),
        _ => false,
    }
}

/// Whether the PNG chunk `wanted` stands before the first `stop` (PNG, third edition, section 5.3).
fn chunk_comes_before(png: &mut impl Source, wanted: [u8; 4], stop: [u8; 4]) -> bool {
    let mut at = 8_usize;
    while let Some([a, b, c, d, kind @ ..]) = png.get(at, 8) {
        if kind == wanted || kind == stop {
            return kind == wanted;
        }
        // Its length, its kind, what it holds, and its check.
        let len = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        let Some(next) = len.checked_add(12).and_then(|skip| at.checked_add(skip)) else { return false };
        at = next;
    }
    false
}
