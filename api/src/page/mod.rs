//! The page at `/`, and how files that are part of the binary are answered.

pub(crate) mod asset;
pub(crate) mod routes;
