//! A caller's eye on a render in progress: how far it is, and whether to go on.
//!
//! Made by whoever runs the engine; the engine only looks at it, once a frame.

use std::sync::atomic::AtomicBool;

/// A caller's eye on a render in progress.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    /// Told of each finished frame: how many are, of how many. Called from rayon's threads.
    pub progress: &'a (dyn Fn(u32, u32) + Sync),
    /// Looked at before each frame; once true, the render ends with [`caption_layout::Error::Cancelled`].
    pub cancelled: &'a AtomicBool,
}

impl Watch<'static> {
    /// Nobody is watching.
    #[must_use]
    pub fn none() -> Self {
        static NEVER: AtomicBool = AtomicBool::new(false);
        Self { progress: &|_, _| {}, cancelled: &NEVER }
    }
}
