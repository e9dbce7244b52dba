//! Jobs that were delivered, and the stream they come from.
//!
//! Used by worker. A delivery is settled exactly once, because settling consumes it; one that is dropped unsettled goes back to
//! the queue.

use std::time::Duration;

use proto_shared::{AttemptNote, ErrorCode, JobMessage, Lane, TraceContext};

use crate::{
    SettleError,
    receiving::arrivals::{Arrivals, Unsettled},
    wire::{self, ReadJob, Reason},
};

/// Jobs of both lanes as they arrive; which lane comes first where both have some is not promised. Dropping it is
/// [`stop`](Self::stop) without the wait.
#[derive(Debug)]
pub struct Deliveries(pub(crate) Arrivals<ReadJob>);

impl Deliveries {
    /// The next job, however long it takes; faults of the connection are waited out. `None` only after
    /// [`stop`](Self::stop) or [`Broker::close`](crate::Broker::close). Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Delivery> {
        self.0.next().await.map(Delivery::from)
    }

    /// Ends the flow. What was sent here but not yet returned by [`next`](Self::next) comes now: dropped, it goes back to the
    /// queue and counts as delivered again. Unsettled deliveries can still be settled.
    pub async fn stop(&mut self) -> Vec<Delivery> {
        self.0.stop().await.into_iter().map(Delivery::from).collect()
    }
}

/// A message that was delivered to this consumer. Dropped unsettled, it is given back and delivered again.
#[derive(Debug)]
#[must_use = "a delivery that is dropped is delivered again"]
pub struct Delivery {
    job: ReadJob,
    unsettled: Unsettled,
}

impl From<(ReadJob, Unsettled)> for Delivery {
    fn from((job, unsettled): (ReadJob, Unsettled)) -> Self {
        Self { job, unsettled }
    }
}

impl Delivery {
    /// The job and the attempt that is asked for.
    #[must_use]
    pub fn message(&self) -> &JobMessage {
        &self.job.message
    }

    /// The lane it came by.
    #[must_use]
    pub fn lane(&self) -> Lane {
        self.job.lane
    }

    /// Which attempt this is, from 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.job.message.attempt
    }

    /// How often the job may have been delivered before and not settled, as this attempt: someone may have begun the work, or
    /// even finished it. Never less than it was; more where a message on its way here was lost with its connection, or
    /// where the job was published by [`Broker::publish_again`](crate::Broker::publish_again).
    #[must_use]
    pub fn deliveries_before(&self) -> u32 {
        self.job.deliveries_before
    }

    /// Whether the job may have been delivered before.
    #[must_use]
    pub fn redelivered(&self) -> bool {
        self.job.deliveries_before > 0
    }

    /// The trace it belongs to: of the message's header, or, where an earlier release has sent it, of the job's record.
    #[must_use]
    pub fn trace(&self) -> Option<TraceContext> {
        self.job.trace.or_else(|| self.job.message.job.trace())
    }

    /// Done: never deliver it again.
    ///
    /// # Errors
    /// The broker did not learn of it and will deliver the message again.
    pub async fn ack(self) -> Result<(), SettleError> {
        self.unsettled.ack().await
    }

    /// Deliver it again after `delay`, one of [`Broker::retry_delays`](crate::Broker::retry_delays), by the same lane, as the
    /// next attempt with `note` in its history.
    ///
    /// # Errors
    /// The message is given back as it was, after a while if the broker takes none at the moment. If only the last step
    /// failed it is delivered twice, once as each attempt.
    pub async fn retry(self, delay: Duration, note: AttemptNote) -> Result<(), SettleError> {
        let body = wire::encode(&self.job.message.next(note)).map_err(SettleError::Copy)?;
        self.unsettled.retry(body, delay).await
    }

    /// Never deliver it again: keep it as a dead letter, with its code for programs and `message` for people.
    ///
    /// # Errors
    /// As [`retry`](Self::retry).
    pub async fn dead_letter(self, code: ErrorCode, message: &str) -> Result<(), SettleError> {
        self.unsettled.dead_letter(Reason::given_up(code, message)).await
    }
}
