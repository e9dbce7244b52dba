//! Receives events through a queue that lives as long as its subscriber.
//!
//! Used by `Broker::subscribe`. It never waits for the subscriber: one that is behind misses some events and is told so.

use std::sync::Arc;

use lapin::{
    Channel, Connection,
    message::Delivery,
    options::{BasicConsumeOptions, QueueBindOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable, ShortString},
};
use tokio::{sync::broadcast, time::timeout};

use super::{
    channel::{CLOSE_TIMEOUT, channel_error},
    flow::{self, Flow, Open},
    server::Server,
};
use crate::{BrokerError, Events, Filter, Heard, receiving::events::MAX_BEHIND, wire};

/// Events that the server keeps for one subscriber; beyond it the oldest go.
const MAX_QUEUED: i64 = 10_000;

pub(super) async fn subscribe(server: Arc<Server>, filter: Filter) -> Result<Events, BrokerError> {
    let stop = server.closed.child_token();
    // Ends the flow when the subscription is dropped.
    let guard = stop.clone().drop_guard();
    let (sender, heard) = broadcast::channel(MAX_BEHIND);
    flow::start(&server, Subscription { filter, sender }, stop.clone()).await?;
    Ok(Events::new(filter, heard, stop, (server, guard)))
}

/// The flow of one subscriber's events.
struct Subscription {
    filter: Filter,
    sender: broadcast::Sender<Heard>,
}

impl Flow for Subscription {
    const WHAT: &'static str = "subscribe";
    const IS_RENEWED: bool = false;

    async fn open(&self, server: &Arc<Server>, connection: &Connection) -> Result<Open, BrokerError> {
        let channel = connection.create_channel().await.map_err(channel_error)?;
        // A name of the server's choice, gone with the connection. Transient queues that are not exclusive are deprecated
        // from RabbitMQ 4 on; this one is exclusive.
        let options = QueueDeclareOptions { exclusive: true, auto_delete: true, ..QueueDeclareOptions::default() };
        let mut arguments = FieldTable::default();
        arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(MAX_QUEUED));
        let declared = channel.queue_declare(ShortString::default(), options, arguments).await.map_err(channel_error)?;
        let (queue, exchange) = (declared.name().clone(), ShortString::from(server.topology.events.as_str()));
        let binding = ShortString::from(self.filter.binding());
        let bound =
            channel.queue_bind(queue.clone(), exchange, binding, QueueBindOptions::default(), FieldTable::default()).await;
        bound.map_err(channel_error)?;
        let options = BasicConsumeOptions { no_ack: true, exclusive: true, ..BasicConsumeOptions::default() };
        let stream = channel.basic_consume(queue, ShortString::default(), options, FieldTable::default()).await;
        Ok(Open { stream: stream.map_err(channel_error)?, channel: Arc::new(channel) })
    }

    async fn arrived(&self, _: &Arc<Server>, _: &Arc<Channel>, raw: Delivery) {
        if let Some(event) = wire::decode_event(&raw.data) {
            // A subscriber that was dropped has cancelled the token, which ends the flow.
            let _ = self.sender.send(Heard::Event(event));
        } else {
            tracing::debug!(bytes = raw.data.len(), "an event of another release was passed over");
        }
    }

    fn resumed(&self) {
        // Told only now: a reader of the store before the new queue was bound could still miss something.
        let _ = self.sender.send(Heard::Gap);
    }

    async fn stopped(&self, _: Option<&Arc<Server>>, open: &mut Open) {
        // The queue goes with its only consumer. A channel that fails to close is as gone.
        let _ = timeout(CLOSE_TIMEOUT, open.channel.close(200, "OK".into())).await;
    }
}
