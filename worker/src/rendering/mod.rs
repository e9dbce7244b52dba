//! From a job to its stored output: `job` makes one attempt, on the threads of `engine` or in a process of its own (`isolated`).

pub(crate) mod engine;
#[cfg(feature = "faults")]
mod faults;
pub(crate) mod isolated;
pub(crate) mod job;
pub(crate) mod progress;
pub(crate) mod render;
mod threads;
