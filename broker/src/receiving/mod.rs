//! What callers receive: deliveries of jobs, dead letters, events. The first two are `arrivals`, to be settled.

pub(crate) mod arrivals;
pub(crate) mod dead_letter;
pub(crate) mod delivery;
pub(crate) mod events;
