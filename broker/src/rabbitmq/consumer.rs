//! Consuming jobs and dead letters: from the server's stream to whoever asks for the next one.
//!
//! Used by `Deliveries` and `DeadLetters`. What arrives is held until it is settled; what is dropped anywhere on the way is
//! given back.

use std::num::NonZeroU16;
use std::sync::Arc;

use futures::StreamExt;
use lapin::options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::{Channel, Connection};
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::flow::{self, Flow, Open};
use super::settle::{self, Hold};
use super::{CLOSE_TIMEOUT, RabbitMq, channel_error};
use crate::config::Prefetch;
use crate::{
    BrokerError, DeadLetter, Delivery,
    backend::Backend,
    wire::{self, Read},
};

/// Something that can be in hand.
pub(crate) trait Arrival: Send + 'static {
    /// Whether the server has taken it back meanwhile.
    fn is_lost(&self) -> bool;
}

impl Arrival for Delivery {
    fn is_lost(&self) -> bool {
        self.is_lost()
    }
}

impl Arrival for DeadLetter {
    fn is_lost(&self) -> bool {
        self.is_lost()
    }
}

/// The receiving end of the flows of some queues.
#[derive(Debug)]
pub(crate) struct Consumer<T> {
    arrivals: mpsc::Receiver<T>,
    stop: CancellationToken,
    /// Keeps the connections up while someone consumes, and ends the tasks with the last look at it.
    _tasks: (RabbitMq, DropGuard),
}

impl Consumer<Delivery> {
    pub(super) async fn jobs(broker: RabbitMq, newest: u32, prefetch: Prefetch) -> Result<Self, BrokerError> {
        let stop = broker.0.closed.child_token();
        let guard = stop.clone().drop_guard();
        let topology = Arc::clone(&broker.0.topology);
        let room = topology.all_jobs().map(|(lane, ..)| usize::from(prefetch.of(lane).get()));
        let (sender, arrivals) = mpsc::channel(room.sum());
        for (lane, _, queue) in topology.all_jobs() {
            let intake = move |hold: Box<Hold>| match wire::read(hold.body(), newest) {
                Read::Job(message) => {
                    let (before, trace) = (hold.deliveries_before(), hold.trace());
                    Ok(Delivery::new(message, lane, before, trace, Backend::RabbitMq(hold)))
                }
                Read::Newer { version } => Err((hold, NotOurs::Newer { version })),
                Read::Malformed(reason) => Err((hold, NotOurs::Malformed(reason))),
            };
            let (queue, prefetch) = (queue.to_owned(), prefetch.of(lane));
            let feed = Feed { queue, prefetch, intake, sender: sender.clone(), stop: stop.clone() };
            flow::start(&broker, feed, stop.clone()).await?;
        }
        Ok(Self { arrivals, stop, _tasks: (broker, guard) })
    }
}

impl Consumer<DeadLetter> {
    pub(super) async fn dead(broker: RabbitMq) -> Result<Self, BrokerError> {
        let stop = broker.0.closed.child_token();
        let guard = stop.clone().drop_guard();
        let (sender, arrivals) = mpsc::channel(1);
        let delivery_limit = broker.0.config.delivery_limit;
        let intake = move |mut hold: Box<Hold>| {
            let (body, reason, trace) = (hold.take_body(), hold.reason(delivery_limit), hold.trace());
            Ok(DeadLetter::new(body, reason, trace, Backend::RabbitMq(hold)))
        };
        let queue = broker.0.topology.dead.clone();
        let feed = Feed { queue, prefetch: NonZeroU16::MIN, intake, sender, stop: stop.clone() };
        flow::start(&broker, feed, stop.clone()).await?;
        Ok(Self { arrivals, stop, _tasks: (broker, guard) })
    }
}

impl<T: Arrival> Consumer<T> {
    pub(crate) async fn next(&mut self) -> Option<T> {
        loop {
            let arrival = self.arrivals.recv().await?;
            // What came over a channel that has ended since is on its way to someone again.
            if !arrival.is_lost() && !self.stop.is_cancelled() {
                return Some(arrival);
            }
        }
    }

    /// What had come and nobody has seen.
    pub(crate) async fn stop(&mut self) -> Vec<T> {
        self.stop.cancel();
        let mut unseen = Vec::new();
        let drained = async {
            while let Some(arrival) = self.arrivals.recv().await {
                unseen.push(arrival);
            }
        };
        if timeout(CLOSE_TIMEOUT, drained).await.is_err() {
            tracing::warn!(limit_ms = CLOSE_TIMEOUT.as_millis(), "the broker did not end the consumer in time");
            self.arrivals.close();
        }
        unseen.retain(|arrival| !arrival.is_lost());
        unseen
    }
}

/// Why a message is not what is asked for.
enum NotOurs {
    /// A later release knows it.
    Newer { version: u64 },
    /// Nobody does.
    Malformed(String),
}

/// The flow of one queue. `intake` makes of a message what is asked for, or says why it is none.
struct Feed<T, I> {
    queue: String,
    prefetch: NonZeroU16,
    intake: I,
    sender: mpsc::Sender<T>,
    stop: CancellationToken,
}

impl<T, I> Flow for Feed<T, I>
where
    T: Arrival,
    I: Fn(Box<Hold>) -> Result<T, (Box<Hold>, NotOurs)> + Send + Sync + 'static,
{
    const WHAT: &'static str = "consume";

    async fn open(&self, _: &RabbitMq, connection: &Connection) -> Result<Open, BrokerError> {
        let channel = connection.create_channel().await.map_err(channel_error)?;
        channel.basic_qos(self.prefetch.get(), BasicQosOptions::default()).await.map_err(channel_error)?;
        let queue = ShortString::from(self.queue.as_str());
        let options = BasicConsumeOptions::default();
        let stream = channel.basic_consume(queue, ShortString::default(), options, FieldTable::default()).await;
        Ok(Open { stream: stream.map_err(channel_error)?, channel })
    }

    async fn arrived(&self, broker: &RabbitMq, channel: &Channel, raw: lapin::message::Delivery) {
        match (self.intake)(Box::new(Hold::new(broker, &self.queue, channel.clone(), raw))) {
            Ok(arrival) => {
                // Room there is, unless deliveries of an ended channel still stand in it. A consumer that
                // is dropped or stopped meanwhile gives the message back by dropping it.
                if let Err(TrySendError::Full(arrival)) = self.sender.try_send(arrival) {
                    let _ = self.stop.run_until_cancelled(self.sender.send(arrival)).await;
                }
            }
            Err((hold, NotOurs::Newer { version })) => {
                broker.0.tally.from_newer_release.note(version);
                // Beside the flow: what comes behind it may be ours.
                broker.0.tasks.spawn(hold.put_back());
            }
            Err((hold, NotOurs::Malformed(reason))) => {
                let message_id = hold.message_id().to_owned();
                match hold.dead_letter(&reason).await {
                    Ok(()) => tracing::warn!(message_id, %reason, "a message became a dead letter"),
                    Err(error) => tracing::warn!(message_id, %reason, %error, "failed to bury a message; it will come again"),
                }
            }
        }
    }

    /// Cancels the consumer and passes on what was sent to it meanwhile. Deliveries in hand keep their channel.
    async fn stopped(&self, broker: Option<&RabbitMq>, open: &mut Open) {
        let goodbye = async {
            let cancelled = open.channel.basic_cancel(open.stream.tag(), BasicCancelOptions::default()).await;
            if cancelled.is_ok() {
                while let Some(Ok(raw)) = open.stream.next().await {
                    match broker {
                        Some(broker) => self.arrived(broker, &open.channel, raw).await,
                        None => settle::give_back(&raw.acker).await,
                    }
                }
            }
        };
        // A channel that is gone has given everything back already.
        let _ = timeout(CLOSE_TIMEOUT, goodbye).await;
    }
}
