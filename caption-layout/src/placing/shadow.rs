//! How a shadow lies behind its letters, by their size.
//!
//! The engine blurs by it, and a preview tells it. No pixel is known here.

/// The deviation of its blur, in ems.
const SIGMA_EM: f32 = 0.09;
/// The shadow of small letters is no softer than this.
const LEAST_SIGMA_PX: f32 = 1.2;
/// How far it lies to the right of its letters and below them, in ems.
const OFFSET_EM: f32 = 0.05;
/// How much darker it is than its blur: letters of one pixel would leave no mark.
const GAIN: f32 = 2.2;

/// A shadow's measures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shadow {
    /// The standard deviation of its blur.
    pub sigma_px: f32,
    /// How far it lies to the right of its letters, and below them.
    pub offset_px: f32,
    /// What the blurred letters' coverage is multiplied by, up to a whole.
    pub gain: f32,
}

impl Shadow {
    /// Of letters of this size.
    #[must_use]
    pub fn of(size_px: f32) -> Self {
        Self { sigma_px: (size_px * SIGMA_EM).max(LEAST_SIGMA_PX), offset_px: (size_px * OFFSET_EM).round(), gain: GAIN }
    }
}
