//! The handle on the queues, whichever backend keeps them.
//!
//! api, worker and the binary use it. It passes each call to its backend and counts what was published; what the two backends
//! must do alike is in `conformance`.

use std::time::Duration;

use proto_shared::{Event, JobMessage, Lane, queue::Generation, spec::NEWEST_VERSION};

use crate::{
    AmqpConfig, BrokerError, BrokerState, Counts, DeadLetters, Deliveries, Depths, Events, Filter, InProcessConfig, Prefetch,
    backend::Backend,
    counts::Tally,
    in_process::InProcess,
    rabbitmq::RabbitMq,
    receiving::arrivals::Arrivals,
    wire::{self, Envelope},
};

/// A handle on the queues; cheap to clone, and all clones are the same broker.
#[derive(Clone, Debug)]
pub struct Broker(Backend<InProcess, RabbitMq>);

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

    /// Puts a job into the queue of its lane and of the version that it needs; returns once the broker has confirmed that it
    /// holds the message.
    ///
    /// # Errors
    /// A job of a newer release is refused: what this release would write of it is not all. Else the message was not confirmed.
    /// It may have arrived all the same (a confirm can be lost), so a caller that publishes again must do so under the same job
    /// id.
    pub async fn publish(&self, message: &JobMessage) -> Result<(), BrokerError> {
        self.publish_counted(message, 0).await
    }

    /// Puts a job into its queue again whose message is gone, or may be: the next delivery counts as the second, because a worker
    /// may have died of an earlier one.
    ///
    /// # Errors
    /// As [`publish`](Self::publish).
    pub async fn publish_again(&self, message: &JobMessage) -> Result<(), BrokerError> {
        self.publish_counted(message, 1).await
    }

    async fn publish_counted(&self, message: &JobMessage, deliveries_before: u32) -> Result<(), BrokerError> {
        message.job.known_spec()?;
        let body = wire::encode(message)?;
        let envelope = Envelope { trace: message.job.trace(), deliveries_before };
        let to = (message.job.lane, Generation::of(message.job.version));
        self.publish_body(to, body, &message.job.id.to_string(), envelope).await
    }

    /// Whether a job of this lane would be accepted, as far as is known without asking the server: so that a job that would be
    /// refused costs no work before.
    ///
    /// # Errors
    /// What the publish would answer.
    pub fn can_publish(&self, lane: Lane) -> Result<(), BrokerError> {
        match &self.0 {
            Backend::InProcess(queues) => queues.can_publish(lane),
            Backend::RabbitMq(queues) => queues.can_publish(lane),
        }
    }

    /// Starts to receive jobs of both lanes. Of each queue at most the `prefetch` of its lane is unsettled at any time; on a
    /// server a lane has a queue for each [`Generation`]. A job that this release does not know is put back unchanged and is
    /// delivered again after the shortest of [`retry_delays`](Self::retry_delays). That counts neither as an attempt nor as a
    /// delivery.
    ///
    /// # Errors
    /// The consumer could not be set up. Once it is, faults are repaired behind [`Deliveries::next`].
    pub async fn consume(&self, prefetch: Prefetch) -> Result<Deliveries, BrokerError> {
        self.consume_up_to(NEWEST_VERSION, prefetch).await
    }

    /// As a release would that knows versions up to `newest`.
    pub(crate) async fn consume_up_to(&self, newest: u32, prefetch: Prefetch) -> Result<Deliveries, BrokerError> {
        Ok(Deliveries(Arrivals(match &self.0 {
            Backend::InProcess(queues) => Backend::InProcess(queues.consume(newest, prefetch)?),
            Backend::RabbitMq(queues) => Backend::RabbitMq(queues.consume(newest, prefetch).await?),
        })))
    }

    /// Starts to receive dead letters, so that someone moves them to where people can look at them.
    ///
    /// # Errors
    /// As [`consume`](Self::consume).
    pub async fn consume_dead(&self) -> Result<DeadLetters, BrokerError> {
        Ok(DeadLetters(Arrivals(match &self.0 {
            Backend::InProcess(queues) => Backend::InProcess(queues.consume_dead()?),
            Backend::RabbitMq(queues) => Backend::RabbitMq(queues.consume_dead().await?),
        })))
    }

    /// Sends an event to all subscribers, if that can be done at once; else the event is dropped and counted. Nothing waits for
    /// it and nothing fails by it.
    pub fn emit(&self, event: &Event) {
        match &self.0 {
            Backend::InProcess(queues) => queues.emit(event),
            Backend::RabbitMq(queues) => queues.emit(event),
        }
    }

    /// Starts to receive events, those emitted from now on.
    ///
    /// # Errors
    /// The subscription could not be set up. Once it is, faults are repaired behind [`Events::next`].
    pub async fn subscribe(&self, filter: Filter) -> Result<Events, BrokerError> {
        match &self.0 {
            Backend::InProcess(queues) => queues.subscribe(filter),
            Backend::RabbitMq(queues) => queues.subscribe(filter).await,
        }
    }

    /// Whether jobs can be published, and everything is being received that this broker's consumers and subscribers want.
    ///
    /// # Errors
    /// What is wrong at the moment.
    #[expect(clippy::unused_async, reason = "a backend may have to ask")]
    pub async fn ready(&self) -> Result<(), BrokerError> {
        self.is_ready()
    }

    /// Whether the broker can be used at this moment.
    #[must_use]
    pub fn state(&self) -> BrokerState {
        self.is_ready().into()
    }

    fn is_ready(&self) -> Result<(), BrokerError> {
        match &self.0 {
            Backend::InProcess(queues) => queues.ready(),
            Backend::RabbitMq(queues) => queues.ready(),
        }
    }

    /// For how long a connection or a consumer has been down, or `None` while all are up. A process for which this has
    /// grown to minutes is better started anew. A broker that accepts no messages but keeps its connections is no outage.
    #[must_use]
    pub fn outage(&self) -> Option<Duration> {
        match &self.0 {
            Backend::InProcess(_) => None,
            Backend::RabbitMq(queues) => queues.outage(),
        }
    }

    /// How many messages wait where.
    ///
    /// # Errors
    /// The broker could not be asked.
    pub async fn depths(&self) -> Result<Depths, BrokerError> {
        match &self.0 {
            Backend::InProcess(queues) => Ok(queues.depths()),
            Backend::RabbitMq(queues) => queues.depths().await,
        }
    }

    /// What this broker has seen so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.tally().counts()
    }

    /// The delays that [`Delivery::retry`](crate::Delivery::retry) takes, shortest first.
    #[must_use]
    pub fn retry_delays(&self) -> &[Duration] {
        match &self.0 {
            Backend::InProcess(queues) => queues.retry_delays(),
            Backend::RabbitMq(queues) => queues.retry_delays(),
        }
    }

    /// Ends every consumer and subscription and both connections. Unsettled deliveries are given back.
    pub async fn close(&self) {
        match &self.0 {
            Backend::InProcess(queues) => queues.close(),
            Backend::RabbitMq(queues) => queues.close().await,
        }
    }

    pub(crate) async fn publish_body(
        &self,
        (lane, generation): (Lane, Generation),
        body: Vec<u8>,
        message_id: &str,
        envelope: Envelope,
    ) -> Result<(), BrokerError> {
        let published = match &self.0 {
            Backend::InProcess(queues) => queues.publish(lane, body, envelope),
            Backend::RabbitMq(queues) => queues.publish(lane, generation, &body, message_id, envelope).await,
        };
        match published {
            Ok(()) => self.tally().published.increment(),
            Err(_) => self.tally().publish_failed.increment(),
        }
        published
    }

    fn tally(&self) -> &Tally {
        match &self.0 {
            Backend::InProcess(queues) => queues.tally(),
            Backend::RabbitMq(queues) => queues.tally(),
        }
    }
}
