//! Jobs: made one at a time or by the batch, read, followed, cancelled. `request` reads what makes one, `accept` makes it durable.

pub(crate) mod accept;
pub(crate) mod batch;
pub(crate) mod cancel;
pub(crate) mod create;
pub(crate) mod events;
pub(crate) mod form;
pub(crate) mod idempotency;
pub(crate) mod path;
mod prefer;
pub(crate) mod read;
pub(crate) mod request;
pub(crate) mod subscribers;
pub(crate) mod view;
