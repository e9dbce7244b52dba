//! What captioning an animation gives, whatever its kind.
//!
//! `gif` and `animated` make one; `picture` takes it apart.

use caption_layout::{Fidelity, RenderStats};

use crate::{
    altered::Altered,
    mask::{InkSet, Mask},
    output::Output,
};

/// A captioned animation and what is to be told of it.
pub(crate) struct RenderedAnimation {
    pub output: Output,
    pub mask: Mask,
    pub stats: RenderStats,
    /// Pixels outside the captions that took a neighbouring colour.
    pub altered: Altered,
    /// By frame: inks that may still be seen though their time is over.
    pub overstaying: Vec<InkSet>,
    pub fidelity: Fidelity,
}
