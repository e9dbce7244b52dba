//! What arrives from a queue, of whichever backend: a stream of messages, each unsettled until it is acked, retried or made a
//! dead letter.
//!
//! `Deliveries` and `DeadLetters` are built on it. A message that is dropped unsettled goes back to its queue.

use std::time::Duration;

use crate::{SettleError, backend::Backend, in_process, rabbitmq, wire::Reason};

/// A stream of messages that were read as `T`. Dropping it gives back what was not settled.
#[derive(Debug)]
pub(crate) struct Arrivals<T>(pub(crate) Backend<in_process::Consumer<T>, rabbitmq::Consumer<T>>);

impl<T: Send + 'static> Arrivals<T> {
    /// The next message, however long it takes. `None` after [`stop`](Self::stop), or when the broker was closed.
    pub(crate) async fn next(&mut self) -> Option<(T, Unsettled)> {
        match &mut self.0 {
            Backend::InProcess(consumer) => consumer.next().await.map(|(read, held)| (read, Unsettled(Backend::InProcess(held)))),
            Backend::RabbitMq(consumer) => consumer.next().await.map(|(read, held)| (read, Unsettled(Backend::RabbitMq(held)))),
        }
    }

    /// Ends the stream; gives what the broker had sent and [`next`](Self::next) had not returned.
    pub(crate) async fn stop(&mut self) -> Vec<(T, Unsettled)> {
        match &mut self.0 {
            Backend::InProcess(consumer) => {
                consumer.stop();
                Vec::new()
            }
            Backend::RabbitMq(consumer) => {
                let unseen = consumer.stop().await;
                unseen.into_iter().map(|(read, held)| (read, Unsettled(Backend::RabbitMq(held)))).collect()
            }
        }
    }
}

/// The right and duty to settle one message.
#[derive(Debug)]
pub(crate) struct Unsettled(pub(crate) Backend<in_process::Unsettled, Box<rabbitmq::Unsettled>>);

impl Unsettled {
    /// Tells the broker that the message is done.
    pub(crate) async fn ack(self) -> Result<(), SettleError> {
        match self.0 {
            Backend::InProcess(held) => {
                held.ack();
                Ok(())
            }
            Backend::RabbitMq(held) => held.ack().await,
        }
    }

    /// Puts `body` in the message's place, to be delivered after `delay`.
    pub(crate) async fn retry(self, body: Vec<u8>, delay: Duration) -> Result<(), SettleError> {
        match self.0 {
            Backend::InProcess(held) => held.retry(body, delay),
            Backend::RabbitMq(held) => held.retry(&body, delay).await,
        }
    }

    /// Makes it a dead letter.
    pub(crate) async fn dead_letter(self, reason: Reason) -> Result<(), SettleError> {
        match self.0 {
            Backend::InProcess(held) => {
                held.dead_letter(reason);
                Ok(())
            }
            Backend::RabbitMq(held) => held.dead_letter(reason).await,
        }
    }
}
