//! What becomes of deliveries: `settle` acks, retries or gives up. What it gave up is kept by `dead_letters` and run again by `replay`.

pub(crate) mod dead_letters;
pub(crate) mod replay;
pub(crate) mod settle;
