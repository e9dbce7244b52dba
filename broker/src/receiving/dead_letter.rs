//! Dead letters that were delivered, and the stream they come from.
//!
//! Used by the worker that moves them to the store. A dead letter leaves the broker only by [`DeadLetter::ack`]: one that is
//! dropped comes again, however often.

use proto_shared::{ErrorCode, JobMessage, TraceContext};

use crate::{
    SettleError,
    receiving::arrivals::{Arrivals, Unsettled},
    wire::{self, ReadLetter},
};

/// Dead letters as they arrive. Dropping it gives back what was not settled.
#[derive(Debug)]
pub struct DeadLetters(pub(crate) Arrivals<ReadLetter>);

impl DeadLetters {
    /// The next one, however long it takes; faults of the connection are waited out. One at a time: there is no next while
    /// one is unsettled. `None` only after [`Broker::close`](crate::Broker::close). Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<DeadLetter> {
        self.0.next().await.map(|(read, unsettled)| DeadLetter { read, unsettled })
    }
}

/// A message that no worker could settle. Dropped, it is given back and comes again.
#[derive(Debug)]
#[must_use = "a dead letter that is dropped comes again"]
pub struct DeadLetter {
    read: ReadLetter,
    unsettled: Unsettled,
}

impl DeadLetter {
    /// Its bytes, as they were.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.read.body
    }

    /// Why it is here, for people: the code and the message that [`Delivery::dead_letter`](crate::Delivery::dead_letter) was
    /// told, `malformed message: ...`, or `delivery_limit: ...` for one that was given back too often.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.read.reason.text
    }

    /// Why it is here, for programs, where a worker made it a dead letter; `None` where the broker did.
    #[must_use]
    pub fn code(&self) -> Option<ErrorCode> {
        self.read.reason.code
    }

    /// The job in it, if the bytes are one, of whatever release.
    #[must_use]
    pub fn message(&self) -> Option<JobMessage> {
        wire::decode(&self.read.body).ok()
    }

    /// The trace it belongs to, as [`Delivery::trace`](crate::Delivery::trace).
    #[must_use]
    pub fn trace(&self) -> Option<TraceContext> {
        self.read.trace.or_else(|| self.message()?.job.trace())
    }

    /// It is kept elsewhere: the broker may forget it.
    ///
    /// # Errors
    /// The broker did not learn of it and will deliver it again.
    pub async fn ack(self) -> Result<(), SettleError> {
        self.unsettled.ack().await
    }
}
