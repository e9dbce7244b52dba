//! What is known of a pixel before an index is chosen for it.
//!
//! `plan` says it, `search` and `lzw` choose by it. It chooses nothing.

/// The transparent index may stand here: what is shown will do.
pub(crate) const MAY_STAY: u8 = 1;
/// No other index than `target` and, if allowed, the transparent one.
pub(crate) const EXACT: u8 = 2;

/// One pixel of a frame's area.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pixel {
    /// The source's colour.
    pub(crate) rgb: [u8; 3],
    /// The index that stands for it.
    pub(crate) target: u8,
    /// The colour that is shown before this frame.
    pub(crate) shown: [u8; 3],
    /// [`MAY_STAY`], [`EXACT`].
    pub(crate) allows: u8,
}
