//! The queues on a RabbitMQ server.
//!
//! Used through `Broker` alone, which hands its calls to this. What is shared by all of it is in `server`.

mod channel;
mod connection;
mod consumer;
mod emitter;
mod flow;
mod fullness;
mod outages;
mod publisher;
mod server;
mod subscription;
mod topology;
mod unsettled;

use std::{sync::Arc, time::Duration};

use lapin::{
    options::QueueDeclareOptions,
    types::{FieldTable, ShortString},
};
use proto_shared::{Event, Lane, queue::Generation};
use tokio::time::timeout;

use self::{
    channel::{CLOSE_TIMEOUT, channel_error},
    publisher::Route,
    server::Server,
};
pub(crate) use self::{consumer::Consumer, unsettled::Unsettled};
use crate::{
    AmqpConfig, BrokerError, Depths, Events, Filter, Prefetch,
    counts::Tally,
    wire::{Envelope, ReadJob, ReadLetter},
};

/// All clones are the same connections; they end with the last of them.
#[derive(Clone, Debug)]
pub(crate) struct RabbitMq(Arc<Server>);

impl RabbitMq {
    pub(crate) async fn connect(config: &AmqpConfig) -> Result<Self, BrokerError> {
        let limit = config.connect_timeout;
        let attempt = Server::connect(Arc::new(config.clone()));
        let server = timeout(limit, attempt).await.map_err(|_| BrokerError::timeout("connect", limit))??;
        Ok(Self(Arc::new(server)))
    }

    pub(crate) async fn publish(
        &self,
        lane: Lane,
        generation: Generation,
        body: &[u8],
        message_id: &str,
        envelope: Envelope,
    ) -> Result<(), BrokerError> {
        self.0.is_open()?;
        let route = Route::to_queue(self.0.topology.jobs(lane, generation));
        let published = self.0.publisher.publish(route, body, message_id, publisher::headers(envelope)).await;
        self.0.fullness.note(lane, matches!(published, Err(BrokerError::Full { .. })));
        published
    }

    pub(crate) fn can_publish(&self, lane: Lane) -> Result<(), BrokerError> {
        self.0.accepts_messages()?;
        if self.0.fullness.is_full(lane) { Err(BrokerError::Full { queue: self.0.first_queue(lane) }) } else { Ok(()) }
    }

    pub(crate) async fn consume(&self, newest: u32, prefetch: Prefetch) -> Result<Consumer<ReadJob>, BrokerError> {
        self.0.is_open()?;
        Consumer::jobs(Arc::clone(&self.0), newest, prefetch).await
    }

    pub(crate) async fn consume_dead(&self) -> Result<Consumer<ReadLetter>, BrokerError> {
        self.0.is_open()?;
        Consumer::dead(Arc::clone(&self.0)).await
    }

    pub(crate) fn emit(&self, event: &Event) {
        self.0.emitter.emit(event);
    }

    pub(crate) async fn subscribe(&self, filter: Filter) -> Result<Events, BrokerError> {
        self.0.is_open()?;
        subscription::subscribe(Arc::clone(&self.0), filter).await
    }

    pub(crate) fn ready(&self) -> Result<(), BrokerError> {
        self.0.accepts_messages()?;
        self.0.consuming.current()?;
        match self.0.outages.count() {
            0 => Ok(()),
            waiting => Err(BrokerError::NotConsuming { waiting }),
        }
    }

    pub(crate) fn outage(&self) -> Option<Duration> {
        self.0.outages.longest()
    }

    pub(crate) async fn depths(&self) -> Result<Depths, BrokerError> {
        let limit = self.0.config.publish_timeout;
        let topology = &self.0.topology;
        let ask = async {
            // Over the connection that no alarm blocks: this is asked most when the queues are full. A channel of its own,
            // because a refusal would close it.
            let channel = self.0.consuming.current()?.create_channel().await.map_err(channel_error)?;
            let depth = async |queue: &str| {
                let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::durable() };
                let declared = channel.queue_declare(ShortString::from(queue), passive, FieldTable::default()).await;
                Ok::<_, BrokerError>(u64::from(declared.map_err(channel_error)?.message_count()))
            };
            let mut depths = Depths { dead: depth(&topology.dead).await?, ..Depths::default() };
            for (lane, _, queue) in topology.all_jobs() {
                match lane {
                    Lane::Standard => depths.standard += depth(queue).await?,
                    Lane::Express => depths.express += depth(queue).await?,
                }
            }
            for queue in topology.retries() {
                depths.retrying += depth(queue).await?;
            }
            Ok(depths)
        };
        timeout(limit, ask).await.map_err(|_| BrokerError::timeout("depths", limit))?
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.0.tally
    }

    pub(crate) fn retry_delays(&self) -> &[Duration] {
        &self.0.config.retry_delays
    }

    pub(crate) async fn close(&self) {
        self.0.closed.cancel();
        self.0.tasks.close();
        if timeout(CLOSE_TIMEOUT, self.0.tasks.wait()).await.is_err() {
            tracing::warn!(limit_ms = CLOSE_TIMEOUT.as_millis(), "the broker did not answer the goodbye in time");
        }
    }
}
