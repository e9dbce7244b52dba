//! Accepting a job: source and record, then the message. `step` names the states, `run` goes from one to the next, `record` writes
//! to the store, `start` begins.

pub(crate) mod acceptance;
mod record;
mod run;
pub(crate) mod start;
pub(crate) mod step;
