//! How a frame is drawn, and what becomes of it: what animated PNGs and animated WebP files have in common.
//!
//! Both walks read it, and the renderer plays by it.

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
