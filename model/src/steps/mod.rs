//! The steps of each actor, and the trouble between them: one file each.

mod accept;
mod bury;
mod deliver;
mod look;
mod replay;
mod retain;
mod trouble;
