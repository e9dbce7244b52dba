//! Jobs on their way from api to worker: publish, consume, settle; over RabbitMQ, or the same in-process.
//!
//! api publishes, worker consumes, the binary picks the backend. Both backends keep one contract, written
//! down as the tests in `conformance`. A message is delivered at least once: whoever consumes must be
//! able to run twice. lapin's types stop in this crate, and nothing here looks into what a job asks for.

mod backoff;
pub mod config;
#[cfg(feature = "conformance")]
pub mod conformance;
mod delivery;
pub mod error;
mod in_process;
mod rabbitmq;
mod wire;

use std::num::NonZeroU16;
use std::time::Duration;

pub use config::{AmqpConfig, InProcessConfig};
pub use delivery::{DeadLetter, Deliveries, Delivery};
pub use error::{BrokerError, SettleError};
use in_process::InProcess;
use proto_shared::JobMessage;
use rabbitmq::RabbitMq;

/// A handle on the queues; cheap to clone, and all clones are the same broker.
#[derive(Clone, Debug)]
pub struct Broker(Backend);

#[derive(Clone, Debug)]
enum Backend {
    InProcess(InProcess),
    RabbitMq(RabbitMq),
}

impl Broker {
    /// Connects to RabbitMQ and declares the queues: one attempt within [`AmqpConfig::connect_timeout`].
    /// After the first success the connections come back by themselves, for ever.
    ///
    /// # Errors
    /// Whatever kept the attempt from succeeding; the caller decides whether to try again.
    pub async fn connect(config: &AmqpConfig) -> Result<Self, BrokerError> {
        RabbitMq::connect(config).await.map(|queues| Self(Backend::RabbitMq(queues)))
    }

    /// A broker inside this process with the usual limits. What it holds is gone with the process.
    #[must_use]
    pub fn in_process() -> Self {
        Self::in_process_with(InProcessConfig::default())
    }

    /// A broker inside this process.
    #[must_use]
    pub fn in_process_with(config: InProcessConfig) -> Self {
        Self(Backend::InProcess(InProcess::new(config)))
    }

    /// Puts a job into the queue; returns once the broker has confirmed that it holds the message.
    ///
    /// # Errors
    /// The message was not confirmed. It may have arrived all the same (a confirm can be lost), so a
    /// caller that publishes again must do so under the same job id.
    pub async fn publish(&self, message: &JobMessage) -> Result<(), BrokerError> {
        let body = wire::encode(message)?;
        self.publish_body(body, &message.job.id.to_string()).await
    }

    /// Starts to receive jobs, at most `prefetch` unsettled at any time.
    ///
    /// # Errors
    /// The consumer could not be set up. Once it is, faults are repaired behind [`Deliveries::next`].
    pub async fn consume(&self, prefetch: NonZeroU16) -> Result<Deliveries, BrokerError> {
        match &self.0 {
            Backend::InProcess(queues) => queues.consume(prefetch).map(Deliveries::in_process),
            Backend::RabbitMq(queues) => queues.consume(prefetch).await.map(Deliveries::rabbitmq),
        }
    }

    /// Whether jobs can be published, and are being received by every consumer of this broker.
    ///
    /// # Errors
    /// What is wrong at the moment.
    #[expect(clippy::unused_async, reason = "a backend may have to ask")]
    pub async fn ready(&self) -> Result<(), BrokerError> {
        match &self.0 {
            Backend::InProcess(queues) => queues.ready(),
            Backend::RabbitMq(queues) => queues.ready(),
        }
    }

    /// Messages that wait in the jobs queue: neither delivered nor waiting for a retry.
    ///
    /// # Errors
    /// The broker could not be asked.
    pub async fn depth(&self) -> Result<u64, BrokerError> {
        match &self.0 {
            Backend::InProcess(queues) => Ok(queues.depth()),
            Backend::RabbitMq(queues) => queues.depth().await,
        }
    }

    /// The oldest dead letters, at most that many. They stay where they are.
    ///
    /// # Errors
    /// The broker could not be asked.
    pub async fn dead_letters(&self, at_most: usize) -> Result<Vec<DeadLetter>, BrokerError> {
        match &self.0 {
            Backend::InProcess(queues) => Ok(queues.dead_letters(at_most)),
            Backend::RabbitMq(queues) => queues.dead_letters(at_most).await,
        }
    }

    /// The delays that [`Delivery::retry`] takes, shortest first.
    #[must_use]
    pub fn retry_delays(&self) -> &[Duration] {
        match &self.0 {
            Backend::InProcess(queues) => queues.retry_delays(),
            Backend::RabbitMq(queues) => queues.retry_delays(),
        }
    }

    /// Ends every consumer and both connections. Deliveries still in hand are given back.
    pub async fn close(&self) {
        match &self.0 {
            Backend::InProcess(queues) => queues.close(),
            Backend::RabbitMq(queues) => queues.close().await,
        }
    }

    async fn publish_body(&self, body: Vec<u8>, message_id: &str) -> Result<(), BrokerError> {
        match &self.0 {
            Backend::InProcess(queues) => queues.publish(body),
            Backend::RabbitMq(queues) => queues.publish(&body, message_id).await,
        }
    }
}
