//! Accepting a job: source and record, then the message. `step` names the steps, `acceptance` goes from one to the next, `record`
//! writes to the store, `acceptances` publishes the message, `start` begins. `acceptor` is what they work with.

mod acceptance;
pub(crate) mod acceptances;
pub(crate) mod acceptor;
mod record;
pub(crate) mod start;
pub(crate) mod step;
