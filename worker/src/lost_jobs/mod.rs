//! Lost jobs: `requeue` searches for them and queues them again, `schedule` says when a worker searches.

pub(crate) mod requeue;
pub(crate) mod schedule;
