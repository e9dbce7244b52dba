//! The steps of each actor: one file each, as in the code.

mod accept;
mod bury;
mod deliver;
mod look;
mod replay;
mod retain;
