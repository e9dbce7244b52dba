//! What stands around the body of an upload: it must keep coming, it comes in small pieces, and its rest is read after a refusal.

pub(crate) mod drain;
pub(crate) mod pace;
pub(crate) mod pieces;
