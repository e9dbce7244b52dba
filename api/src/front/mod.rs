//! What is around every request: who asks, what a client may ask for and how often, ids, traces, the log, and the refusals for
//! errors of other crates. It knows nothing of routes.

pub(crate) mod access;
pub(crate) mod backends;
pub(crate) mod caller;
pub(crate) mod clients;
pub(crate) mod ids;
mod rate;
mod recount;
pub(crate) mod trace;
mod unfinished;
