//! A backend that fails, hangs, tears and waits when a test tells it to, and counts the requests.
//!
//! For tests of this crate and of those above it, behind the feature `faults`; never in a release build. It stands between
//! `Objects` and the backend, so keys are those of `proto_shared::keys`. Nothing in it is random: faults strike
//! the operations they were set for, in the order in which these come.

mod backend;
mod handle;
mod plan;

pub(crate) use backend::wrap;
pub use handle::Faults;
pub use plan::{Fault, Operation};
