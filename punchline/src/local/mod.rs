//! The commands that work here and need no service: `punchline caption`, `probe`, `presets`, `platforms` and `fonts`.
//!
//! Called by main. They read and write through `files`; the engine does the work.

pub(crate) mod caption;
mod font_folder;
pub(crate) mod fonts;
mod limit_flags;
pub(crate) mod platforms;
pub(crate) mod presets;
pub(crate) mod probe;
mod progress;
mod stats;
mod threads;
mod video;
