//! What captioning a still gives, whatever its kind.
//!
//! Each kind makes one; `picture` takes it apart.

use caption_layout::Fidelity;

use crate::{altered::Altered, mask::Mask};

/// A captioned still and the mask it was drawn with.
pub(crate) struct RenderedStill {
    pub bytes: Vec<u8>,
    pub mask: Mask,
    /// Pixels outside the captions that may look different.
    pub altered: Altered,
    pub fidelity: Fidelity,
}
