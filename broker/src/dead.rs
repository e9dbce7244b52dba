//! Dead letters in hand, and the stream they came from.
//!
//! Used by whoever moves them to the store. A dead letter leaves the broker only by [`DeadLetter::ack`]: one that is dropped
//! stays, however often.

use proto_shared::{JobMessage, TraceContext};

use crate::{
    SettleError,
    backend::{Backend, Hold},
    in_process, rabbitmq, wire,
};

/// Dead letters as they arrive. Dropping it gives back what was not settled.
#[derive(Debug)]
pub struct DeadLetters(pub(crate) Backend<in_process::DeadConsumer, rabbitmq::Consumer<DeadLetter>>);

impl DeadLetters {
    /// The next one, however long it takes; faults of the connection are waited out. One at a time: there is no next while
    /// one is in hand. `None` only after [`Broker::close`](crate::Broker::close). Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<DeadLetter> {
        match &mut self.0 {
            Backend::InProcess(consumer) => consumer.next().await,
            Backend::RabbitMq(consumer) => consumer.next().await,
        }
    }
}

/// A message that nobody could settle. Dropped, it is given back and comes again.
#[derive(Debug)]
#[must_use = "a dead letter that is dropped comes again"]
pub struct DeadLetter {
    body: Vec<u8>,
    reason: String,
    trace: Option<TraceContext>,
    hold: Hold<in_process::DeadHold>,
}

impl DeadLetter {
    pub(crate) fn new(body: Vec<u8>, reason: String, trace: Option<TraceContext>, hold: Hold<in_process::DeadHold>) -> Self {
        Self { body, reason, trace, hold }
    }

    /// Its bytes, as they were.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Why it is here: what [`Delivery::dead_letter`](crate::Delivery::dead_letter) was told, `malformed message: ...`, or
    /// `delivery_limit: ...` for one that was given back too often.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The job in it, if the bytes are one, of whatever release.
    #[must_use]
    pub fn message(&self) -> Option<JobMessage> {
        wire::decode(&self.body).ok()
    }

    /// The trace it belongs to, as [`Delivery::trace`](crate::Delivery::trace).
    #[must_use]
    pub fn trace(&self) -> Option<TraceContext> {
        self.trace.or_else(|| self.message()?.job.trace())
    }

    /// It is kept elsewhere: the broker may forget it.
    ///
    /// # Errors
    /// The broker did not learn of it and will deliver it again.
    pub async fn ack(self) -> Result<(), SettleError> {
        match self.hold {
            Backend::InProcess(hold) => {
                hold.ack();
                Ok(())
            }
            Backend::RabbitMq(hold) => hold.ack().await,
        }
    }

    /// Whether the broker has taken it back already.
    pub(crate) fn is_lost(&self) -> bool {
        self.hold.is_lost()
    }
}
