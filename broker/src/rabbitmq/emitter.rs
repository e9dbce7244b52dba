//! Sends events to a topic exchange, without waiting.
//!
//! Used by `Broker::emit`. Nothing here may hold up a job: an event that can't be sent at once is dropped, and one task sends
//! everything, so that a caller never touches the network.

use std::{sync::Arc, time::Duration};

use lapin::{BasicProperties, Channel, options::BasicPublishOptions, types::ShortString};
use proto_shared::{Event, queue};
use tokio::{sync::mpsc, time::timeout};

use super::{channel::channel_error, connection::Link, topology::Topology};
use crate::{
    BrokerError,
    counts::Tally,
    wire::{self, CONTENT_TYPE},
};

/// AMQP's delivery mode for messages that need not survive anything.
const TRANSIENT: u8 = 1;
/// Events that may wait for the one task that sends them.
const MAX_UNSENT: usize = 1_024;
/// For one event, from the task to the socket's buffer.
const SEND_LIMIT: Duration = Duration::from_secs(1);

/// Hands events to the task that sends them. Clones share it.
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
            // The events behind it are old by now, and would wait as long.
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
