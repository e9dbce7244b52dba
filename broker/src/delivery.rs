//! A message in hand and the stream it came from, whichever backend they are of.
//!
//! Used by worker. A delivery is settled exactly once, because settling consumes it; one that is dropped
//! unsettled goes back to the queue.

use std::time::Duration;

use proto_shared::{AttemptNote, JobMessage, Lane, TraceContext};

use crate::{
    SettleError,
    backend::{Backend, Hold},
    in_process, rabbitmq, wire,
};

/// Jobs of both lanes as they arrive; which lane comes first where both have some is not promised. Dropping it is
/// [`stop`](Self::stop) without the wait.
#[derive(Debug)]
pub struct Deliveries(pub(crate) Backend<in_process::Consumer, rabbitmq::Consumer<Delivery>>);

impl Deliveries {
    /// The next job, however long it takes; faults of the connection are waited out. `None` only after
    /// [`stop`](Self::stop) or [`Broker::close`](crate::Broker::close). Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Delivery> {
        match &mut self.0 {
            Backend::InProcess(consumer) => consumer.next().await,
            Backend::RabbitMq(consumer) => consumer.next().await,
        }
    }

    /// Ends the flow. What was sent here but not yet returned by [`next`](Self::next) comes now: dropped, it goes back to the
    /// queue and counts as delivered again. What is in hand can still be settled.
    pub async fn stop(&mut self) -> Vec<Delivery> {
        match &mut self.0 {
            Backend::InProcess(consumer) => {
                consumer.stop();
                Vec::new()
            }
            Backend::RabbitMq(consumer) => consumer.stop().await,
        }
    }
}

/// A message handed to this consumer. Dropped unsettled, it is given back and delivered again.
#[derive(Debug)]
#[must_use = "a delivery that is dropped is delivered again"]
pub struct Delivery {
    message: JobMessage,
    lane: Lane,
    deliveries_before: u32,
    trace: Option<TraceContext>,
    hold: Hold<in_process::Hold>,
}

impl Delivery {
    pub(crate) fn new(
        message: JobMessage,
        lane: Lane,
        deliveries_before: u32,
        trace: Option<TraceContext>,
        hold: Hold<in_process::Hold>,
    ) -> Self {
        Self { message, lane, deliveries_before, trace, hold }
    }

    /// Whether the broker has taken the message back already, so that settling it would come too late.
    pub(crate) fn is_lost(&self) -> bool {
        self.hold.is_lost()
    }

    /// The job and the attempt that is asked for.
    #[must_use]
    pub fn message(&self) -> &JobMessage {
        &self.message
    }

    /// The lane it came by.
    #[must_use]
    pub fn lane(&self) -> Lane {
        self.lane
    }

    /// Which attempt this is, from 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.message.attempt
    }

    /// How often the job may have been delivered before and not settled, as this attempt: someone may have begun the work, or
    /// even finished it. Never less than it was; more where a message on its way here was lost with its connection, or
    /// where the job was published by [`Broker::publish_again`](crate::Broker::publish_again).
    #[must_use]
    pub fn deliveries_before(&self) -> u32 {
        self.deliveries_before
    }

    /// Whether the job may have been delivered before.
    #[must_use]
    pub fn redelivered(&self) -> bool {
        self.deliveries_before > 0
    }

    /// The trace it belongs to: of the message's header, or, where an earlier release has sent it, of the job's record.
    #[must_use]
    pub fn trace(&self) -> Option<TraceContext> {
        self.trace.or_else(|| self.message.job.trace())
    }

    /// Done: never deliver it again.
    ///
    /// # Errors
    /// The broker did not learn of it and will deliver the message again.
    pub async fn ack(self) -> Result<(), SettleError> {
        match self.hold {
            Backend::InProcess(hold) => {
                hold.ack();
                Ok(())
            }
            Backend::RabbitMq(hold) => hold.ack().await,
        }
    }

    /// Deliver it again after `delay`, one of [`Broker::retry_delays`](crate::Broker::retry_delays), by the same lane, as the
    /// next attempt with `note` in its history.
    ///
    /// # Errors
    /// The message is given back as it was, after a while if the broker takes none at the moment. If only the last step
    /// failed it is delivered twice, once as each attempt.
    pub async fn retry(self, delay: Duration, note: AttemptNote) -> Result<(), SettleError> {
        let body = wire::encode(&self.message.next(note)).map_err(SettleError::Copy)?;
        match self.hold {
            Backend::InProcess(hold) => hold.retry(body, delay),
            Backend::RabbitMq(hold) => hold.retry(&body, delay).await,
        }
    }

    /// Never deliver it again, keep it with `reason` for someone to look at.
    ///
    /// # Errors
    /// As [`retry`](Self::retry).
    pub async fn dead_letter(self, reason: &str) -> Result<(), SettleError> {
        match self.hold {
            Backend::InProcess(hold) => {
                hold.dead_letter(reason);
                Ok(())
            }
            Backend::RabbitMq(hold) => hold.dead_letter(reason).await,
        }
    }
}
