//! Events over a topic exchange: sent without waiting, heard through a queue that lives as long as its subscriber.
//!
//! Used by `Broker::emit` and `Broker::subscribe`. Nothing here may hold up a job: what can't be sent at once is dropped, and
//! one task sends everything, so that a caller never touches the network.

use std::sync::Arc;
use std::time::Duration;

use lapin::message::Delivery;
use lapin::options::{BasicConsumeOptions, BasicPublishOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{BasicProperties, Channel, Connection};
use proto_shared::{Event, queue};
use tokio::sync::{broadcast, mpsc};
use tokio::time::timeout;

use super::connection::Link;
use super::flow::{self, Flow, Open};
use super::topology::Topology;
use super::{RabbitMq, channel_error};
use crate::counts::Tally;
use crate::events::MAX_BEHIND;
use crate::wire::CONTENT_TYPE;
use crate::{BrokerError, Events, Filter, Heard, wire};

/// AMQP's delivery mode for messages that need not survive anything.
const TRANSIENT: u8 = 1;
/// Events that may wait for the one task that sends them.
const MAX_UNSENT: usize = 1_024;
/// For one event, from the task to the socket's buffer.
const SEND_LIMIT: Duration = Duration::from_secs(1);
/// Events that the server keeps for one subscriber; beyond it the oldest go.
const MAX_QUEUED: i64 = 10_000;

/// The way out. Clones share the task.
#[derive(Clone, Debug)]
pub(super) struct Emitter {
    outbox: mpsc::Sender<Outgoing>,
    tally: Arc<Tally>,
}

#[derive(Debug)]
struct Outgoing {
    key: String,
    body: Vec<u8>,
}

impl Emitter {
    /// Gives the task as well; it ends with the last emitter.
    pub(super) fn new(link: Link, topology: &Arc<Topology>, tally: &Arc<Tally>) -> (Self, impl Future<Output = ()> + use<>) {
        let (outbox, inbox) = mpsc::channel(MAX_UNSENT);
        let sender = Sender { link, topology: Arc::clone(topology), tally: Arc::clone(tally), channel: None };
        (Self { outbox, tally: Arc::clone(tally) }, sender.run(inbox))
    }

    pub(super) fn emit(&self, event: &Event) {
        self.tally.events_emitted.increment();
        let sent =
            wire::encode_event(event).is_ok_and(|body| self.outbox.try_send(Outgoing { key: queue::event(event), body }).is_ok());
        if !sent {
            self.tally.events_dropped.increment();
        }
    }
}

/// The task's side of an emitter.
struct Sender {
    link: Link,
    topology: Arc<Topology>,
    tally: Arc<Tally>,
    channel: Option<Channel>,
}

impl Sender {
    async fn run(mut self, mut inbox: mpsc::Receiver<Outgoing>) {
        while let Some(event) = inbox.recv().await {
            let sent = timeout(SEND_LIMIT, self.send(&event)).await;
            if let Ok(Ok(())) = sent {
                continue;
            }
            // What stands behind it is old by now, and would wait as long.
            self.channel = None;
            self.tally.events_dropped.increment();
            while inbox.try_recv().is_ok() {
                self.tally.events_dropped.increment();
            }
        }
    }

    async fn send(&mut self, event: &Outgoing) -> Result<(), BrokerError> {
        let connection = self.link.current()?;
        if connection.status().blocked() {
            return Err(BrokerError::Blocked);
        }
        let open = self.channel.take().filter(|channel| channel.status().connected());
        let channel = if let Some(channel) = open {
            channel
        } else {
            let channel = connection.create_channel().await.map_err(channel_error)?;
            // Without confirms a missing exchange is told only by the end of the channel.
            self.topology.declare_events(&channel).await?;
            channel
        };
        let (exchange, key) = (ShortString::from(self.topology.events.as_str()), ShortString::from(event.key.as_str()));
        let properties = BasicProperties::default().with_content_type(CONTENT_TYPE.into()).with_delivery_mode(TRANSIENT);
        let sent = channel.basic_publish(exchange, key, BasicPublishOptions::default(), &event.body, properties).await;
        sent.map_err(channel_error)?;
        self.channel = Some(channel);
        Ok(())
    }
}

pub(super) async fn subscribe(broker: RabbitMq, filter: Filter) -> Result<Events, BrokerError> {
    let stop = broker.0.closed.child_token();
    let guard = stop.clone().drop_guard();
    let (sender, heard) = broadcast::channel(MAX_BEHIND);
    flow::start(&broker, Subscription { filter, sender }, stop.clone()).await?;
    Ok(Events::rabbitmq(filter, heard, broker, guard.disarm()))
}

/// The flow of one subscriber's events. Never waits for the subscriber: one that is behind misses some and is told so.
struct Subscription {
    filter: Filter,
    sender: broadcast::Sender<Heard>,
}

impl Flow for Subscription {
    const WHAT: &'static str = "subscribe";

    async fn open(&self, broker: &RabbitMq, connection: &Connection) -> Result<Open, BrokerError> {
        let channel = connection.create_channel().await.map_err(channel_error)?;
        // A name of the server's choice, gone with the connection. Transient queues that are not exclusive are deprecated
        // from RabbitMQ 4 on; this one is exclusive.
        let options = QueueDeclareOptions { exclusive: true, auto_delete: true, ..QueueDeclareOptions::default() };
        let mut arguments = FieldTable::default();
        arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(MAX_QUEUED));
        let declared = channel.queue_declare(ShortString::default(), options, arguments).await.map_err(channel_error)?;
        let (queue, exchange) = (declared.name().clone(), ShortString::from(broker.0.topology.events.as_str()));
        let binding = ShortString::from(self.filter.binding());
        let bound =
            channel.queue_bind(queue.clone(), exchange, binding, QueueBindOptions::default(), FieldTable::default()).await;
        bound.map_err(channel_error)?;
        let options = BasicConsumeOptions { no_ack: true, exclusive: true, ..BasicConsumeOptions::default() };
        let stream = channel.basic_consume(queue, ShortString::default(), options, FieldTable::default()).await;
        Ok(Open { stream: stream.map_err(channel_error)?, channel })
    }

    async fn arrived(&self, _: &RabbitMq, _: &Channel, raw: Delivery) {
        if let Some(event) = wire::decode_event(&raw.data) {
            // That the subscriber has gone is seen by the token.
            let _ = self.sender.send(Heard::Event(event));
        } else {
            tracing::debug!(bytes = raw.data.len(), "an event of another release was passed over");
        }
    }

    fn resumed(&self) {
        // Told only now: a look at the store before the new queue was bound could still miss something.
        let _ = self.sender.send(Heard::Gap);
    }

    async fn stopped(&self, _: Option<&RabbitMq>, open: &mut Open) {
        // The queue goes with its only consumer. A channel that fails to close is as gone.
        let _ = timeout(super::CLOSE_TIMEOUT, open.channel.close(200, "OK".into())).await;
    }
}
