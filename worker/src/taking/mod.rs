//! Which jobs begin, when, and beside which others: from the arrival of a delivery to the start of its attempt, or its cancellation.

pub(crate) mod cancel;
pub(crate) mod consume;
pub(crate) mod lane_priority;
pub(crate) mod start_marks;
pub(crate) mod store_gate;
