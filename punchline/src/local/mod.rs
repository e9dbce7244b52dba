//! The commands that work on files here and need no service: `punchline caption` and `punchline probe`.
//!
//! Called by main. They read and write through `files`; the engine does the work.

pub(crate) mod caption;
mod limit_flags;
pub(crate) mod probe;
mod progress;
mod stats;
mod threads;
