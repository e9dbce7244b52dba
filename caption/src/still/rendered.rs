//! What captioning a still gives, whatever its kind.
//!
//! Each kind makes one; `picture` takes it apart.

use caption_layout::Fidelity;

use crate::mask::Mask;

/// A captioned still and the mask it was drawn with.
pub(crate) struct RenderedStill {
    pub bytes: Vec<u8>,
    pub mask: Mask,
    /// Pixels outside the captions that took a neighbouring colour, for an entry of the palette: (x, y).
    pub altered: Vec<(u32, u32)>,
    pub fidelity: Fidelity,
}
