//! Publishing with confirms, over a pool of channels.
//!
//! Used for jobs by `Broker` and for the copies that settling makes. One message at a time is under way
//! on a channel, so that a confirm or a returned message can only be that message's. A channel that did
//! anything but answer is never used again: its next confirm could be that of the message before.

use std::sync::Arc;
use std::time::Duration;

use deadpool::managed::{Manager, Metrics, Object, Pool, PoolError, RecycleError, RecycleResult};
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{BasicProperties, Channel, Confirmation, ErrorKind};
use proto_shared::{queue::HEADER_DELIVERED, trace::TRACEPARENT};
use tokio::time::timeout;

use super::{channel::channel_error, connection::Link, topology::Topology};
use crate::{
    AmqpConfig, BrokerError,
    wire::{CONTENT_TYPE, Envelope},
};

/// AMQP's reply code for an exchange that does not exist.
const NOT_FOUND: u16 = 404;

/// AMQP's delivery mode for messages that survive a restart.
const PERSISTENT: u8 = 2;

/// Where a message goes.
#[derive(Clone, Copy)]
pub(super) struct Route<'a> {
    pub(super) exchange: &'a str,
    pub(super) key: &'a str,
}

impl<'a> Route<'a> {
    /// Straight to a queue, through the default exchange.
    pub(super) fn to_queue(queue: &'a str) -> Self {
        Self { exchange: "", key: queue }
    }

    /// What may be missing or full at its end.
    fn target(self) -> String {
        if self.exchange.is_empty() { self.key } else { self.exchange }.to_owned()
    }
}

/// The headers of a message in this envelope.
pub(super) fn headers(envelope: Envelope) -> FieldTable {
    let Envelope { trace, deliveries_before } = envelope;
    let mut headers = FieldTable::default();
    if deliveries_before > 0 {
        headers.insert(ShortString::from(HEADER_DELIVERED), AMQPValue::LongLongInt(deliveries_before.into()));
    }
    if let Some(trace) = trace {
        headers.insert(ShortString::from(TRACEPARENT), AMQPValue::LongString(trace.to_string().into()));
    }
    headers
}

/// All clones share the channels.
#[derive(Clone)]
pub(super) struct Publisher {
    channels: Pool<ConfirmChannels>,
    topology: Arc<Topology>,
    link: Link,
    limit: Duration,
}

impl Publisher {
    pub(super) fn new(config: &AmqpConfig, topology: &Arc<Topology>, link: Link) -> Result<Self, BrokerError> {
        let channels = Pool::builder(ConfirmChannels { link: link.clone() })
            .max_size(config.confirm_channels)
            .build()
            .map_err(|_| BrokerError::Config("the channel pool needs a tokio runtime"))?;
        Ok(Self { channels, topology: Arc::clone(topology), link, limit: config.publish_timeout })
    }

    /// Returns when the server has confirmed that the queue at the end of `route` holds the message.
    pub(super) async fn publish(
        &self,
        route: Route<'_>,
        body: &[u8],
        message_id: &str,
        headers: FieldTable,
    ) -> Result<(), BrokerError> {
        let properties = BasicProperties::default()
            .with_content_type(CONTENT_TYPE.into())
            .with_delivery_mode(PERSISTENT)
            .with_message_id(ShortString::try_new(message_id).unwrap_or_default())
            .with_headers(headers);
        let all = async {
            match self.publish_once(route, body, &properties).await {
                Err(BrokerError::Unroutable { .. }) => {
                    // Someone deleted the queue. A process that only publishes would never see it again.
                    tracing::warn!(queue = route.target(), "the queue is gone; declaring it again");
                    self.topology.declare(&*self.link.connection().await?).await?;
                    self.publish_once(route, body, &properties).await
                }
                other => other,
            }
        };
        timeout(self.limit, all).await.map_err(|_| BrokerError::timeout("publish", self.limit))?
    }

    async fn publish_once(&self, route: Route<'_>, body: &[u8], properties: &BasicProperties) -> Result<(), BrokerError> {
        if self.link.is_blocked() {
            return Err(BrokerError::Blocked);
        }
        tokio::select! {
            biased;
            confirmed = self.confirmed(route, body, properties) => confirmed,
            // The server may tell us only because we publish; its confirm would come with the end of the block.
            () = self.link.becomes_blocked() => Err(BrokerError::Blocked),
        }
    }

    async fn confirmed(&self, route: Route<'_>, body: &[u8], properties: &BasicProperties) -> Result<(), BrokerError> {
        let lease = Lease::take(&self.channels).await?;
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let (exchange, key) = (ShortString::from(route.exchange), ShortString::from(route.key));
        let failed = |error: lapin::Error| match error.kind() {
            ErrorKind::ProtocolError(refusal) if refusal.get_id() == NOT_FOUND => {
                BrokerError::Unroutable { queue: route.target() }
            }
            _ => channel_error(error),
        };
        let confirm = lease.channel.basic_publish(exchange, key, options, body, properties.clone()).await;
        let confirmation = confirm.map_err(failed)?.await.map_err(failed)?;
        // It answered, whatever the answer.
        lease.give_back();
        match confirmation {
            Confirmation::Ack(None) => Ok(()),
            Confirmation::Ack(Some(_)) | Confirmation::Nack(Some(_)) => Err(BrokerError::Unroutable { queue: route.target() }),
            Confirmation::Nack(None) => Err(BrokerError::Full { queue: route.target() }),
            Confirmation::NotRequested => Err(BrokerError::Channel("the channel gives no confirms".to_owned())),
        }
    }
}

/// A channel for one message. Unless it is given back, it is closed: so also when the future that
/// waits for the confirm is dropped, by a timeout or by its caller.
struct Lease {
    channel: Channel,
    pooled: Option<Object<ConfirmChannels>>,
}

impl Lease {
    async fn take(pool: &Pool<ConfirmChannels>) -> Result<Self, BrokerError> {
        let pooled = pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) => error,
            PoolError::Closed => BrokerError::Closed,
            other => BrokerError::Channel(other.to_string()),
        })?;
        Ok(Self { channel: Channel::clone(&pooled), pooled: Some(pooled) })
    }

    fn give_back(mut self) {
        drop(self.pooled.take());
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(pooled) = self.pooled.take() {
            // The last handle on a channel closes it.
            drop(Object::take(pooled));
        }
    }
}

/// Makes the pool's channels.
struct ConfirmChannels {
    link: Link,
}

impl Manager for ConfirmChannels {
    type Type = Channel;
    type Error = BrokerError;

    async fn create(&self) -> Result<Channel, BrokerError> {
        let channel = self.link.connection().await?.create_channel().await.map_err(channel_error)?;
        channel.confirm_select(ConfirmSelectOptions::default()).await.map_err(channel_error)?;
        Ok(channel)
    }

    async fn recycle(&self, channel: &mut Channel, _: &Metrics) -> RecycleResult<BrokerError> {
        if channel.status().connected() { Ok(()) } else { Err(RecycleError::message("the channel is closed")) }
    }
}
