//! Consuming jobs and dead letters: from the server's stream to the caller that asks for the next one.
//!
//! Used by `Arrivals`. A message that arrives is unsettled; if it is dropped anywhere on the way it is given back.

use std::{num::NonZeroU16, sync::Arc};

use futures::StreamExt;
use lapin::{
    Channel, Connection,
    options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions},
    types::{FieldTable, ShortString},
};
use tokio::{
    sync::mpsc::{self, error::TrySendError},
    time::timeout,
};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    channel::{CLOSE_TIMEOUT, channel_error},
    flow::{self, Flow, Open},
    server::Server,
    unsettled::{self, Unsettled},
};
use crate::{
    BrokerError, Prefetch,
    wire::{self, Read, ReadJob, ReadLetter, Reason},
};

/// The receiving end of the flows of some queues, whose messages were read as `T`.
#[derive(Debug)]
pub(crate) struct Consumer<T> {
    arrivals: mpsc::Receiver<(T, Box<Unsettled>)>,
    stop: CancellationToken,
    /// Keeps the connections up, and ends the flows when it is dropped.
    _keeps: (Arc<Server>, DropGuard),
}

impl Consumer<ReadJob> {
    pub(super) async fn jobs(server: Arc<Server>, newest: u32, prefetch: Prefetch) -> Result<Self, BrokerError> {
        let stop = server.closed.child_token();
        let guard = stop.clone().drop_guard();
        let topology = Arc::clone(&server.topology);
        let room = topology.all_jobs().map(|(lane, ..)| usize::from(prefetch.of(lane).get()));
        let (sender, arrivals) = mpsc::channel(room.sum());
        for (lane, _, queue) in topology.all_jobs() {
            let read = move |message: &mut Unsettled| match wire::read(message.body(), newest) {
                Read::Job(job) => {
                    let job = *job;
                    let (deliveries_before, trace) = (message.deliveries_before(), message.trace());
                    Ok(ReadJob { message: job, lane, deliveries_before, trace })
                }
                Read::Newer { version } => Err(NotOurs::Newer { version }),
                Read::Malformed(reason) => Err(NotOurs::Malformed(reason)),
            };
            let (queue, prefetch) = (queue.to_owned(), *prefetch.of(lane));
            let feed = Feed { queue, prefetch, read, sender: sender.clone(), stop: stop.clone() };
            flow::start(&server, feed, stop.clone()).await?;
        }
        Ok(Self { arrivals, stop, _keeps: (server, guard) })
    }
}

impl Consumer<ReadLetter> {
    pub(super) async fn dead(server: Arc<Server>) -> Result<Self, BrokerError> {
        let stop = server.closed.child_token();
        let guard = stop.clone().drop_guard();
        let (sender, arrivals) = mpsc::channel(1);
        let delivery_limit = server.config.delivery_limit;
        let read = move |message: &mut Unsettled| {
            Ok(ReadLetter { body: message.take_body(), reason: message.reason(delivery_limit), trace: message.trace() })
        };
        let queue = server.topology.dead.clone();
        let feed = Feed { queue, prefetch: NonZeroU16::MIN, read, sender, stop: stop.clone() };
        flow::start(&server, feed, stop.clone()).await?;
        Ok(Self { arrivals, stop, _keeps: (server, guard) })
    }
}

impl<T> Consumer<T> {
    pub(crate) async fn next(&mut self) -> Option<(T, Box<Unsettled>)> {
        loop {
            let arrival = self.arrivals.recv().await?;
            // A message of a channel that has ended since is being delivered to another already.
            if !arrival.1.is_lost() && !self.stop.is_cancelled() {
                return Some(arrival);
            }
        }
    }

    /// Gives what had arrived and nobody has seen.
    pub(crate) async fn stop(&mut self) -> Vec<(T, Box<Unsettled>)> {
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
        unseen.retain(|(_, message)| !message.is_lost());
        unseen
    }
}

/// Why a message is not what is asked for.
enum NotOurs {
    /// A later release knows it.
    Newer { version: u64 },
    /// No release does.
    Malformed(Reason),
}

/// The flow of one queue. `read` makes of a message what is asked for, or says why it is none.
struct Feed<T, R> {
    queue: String,
    prefetch: NonZeroU16,
    read: R,
    sender: mpsc::Sender<(T, Box<Unsettled>)>,
    stop: CancellationToken,
}

impl<T, R> Flow for Feed<T, R>
where
    T: Send + 'static,
    R: Fn(&mut Unsettled) -> Result<T, NotOurs> + Send + Sync + 'static,
{
    const WHAT: &'static str = "consume";
    const IS_RENEWED: bool = true;

    async fn open(&self, _: &Arc<Server>, connection: &Connection) -> Result<Open, BrokerError> {
        let channel = connection.create_channel().await.map_err(channel_error)?;
        channel.basic_qos(self.prefetch.get(), BasicQosOptions::default()).await.map_err(channel_error)?;
        let queue = ShortString::from(self.queue.as_str());
        let options = BasicConsumeOptions::default();
        let stream = channel.basic_consume(queue, ShortString::default(), options, FieldTable::default()).await;
        Ok(Open { stream: stream.map_err(channel_error)?, channel: Arc::new(channel) })
    }

    async fn arrived(&self, server: &Arc<Server>, channel: &Arc<Channel>, raw: lapin::message::Delivery) {
        let mut message = Box::new(Unsettled::new(server, &self.queue, Arc::clone(channel), raw));
        match (self.read)(&mut message) {
            Ok(read) => {
                // There is room, unless deliveries of an ended channel still take it. A consumer that
                // is dropped or stopped meanwhile gives the message back by dropping it.
                if let Err(TrySendError::Full(arrival)) = self.sender.try_send((read, message)) {
                    let _ = self.stop.run_until_cancelled(self.sender.send(arrival)).await;
                }
            }
            Err(NotOurs::Newer { version }) => {
                server.tally.from_newer_release.note(version);
                // In a task of its own: the message behind it may be one that this process knows.
                server.tasks.spawn(message.put_back());
            }
            Err(NotOurs::Malformed(reason)) => {
                let (message_id, why) = (message.message_id().to_owned(), reason.text.clone());
                match message.dead_letter(reason).await {
                    Ok(()) => tracing::warn!(message_id, reason = why, "a message became a dead letter"),
                    Err(error) => {
                        tracing::warn!(message_id, reason = why, %error, "failed to make a message a dead letter; it will come again");
                    }
                }
            }
        }
    }

    /// Cancels the consumer and passes on what was sent to it meanwhile. Unsettled deliveries keep their channel.
    async fn stopped(&self, server: Option<&Arc<Server>>, open: &mut Open) {
        let goodbye = async {
            let cancelled = open.channel.basic_cancel(open.stream.tag(), BasicCancelOptions::default()).await;
            if cancelled.is_ok() {
                while let Some(Ok(raw)) = open.stream.next().await {
                    match server {
                        Some(server) => self.arrived(server, &open.channel, raw).await,
                        None => unsettled::give_back(&raw.acker).await,
                    }
                }
            }
        };
        // A channel that is gone has given everything back already.
        let _ = timeout(CLOSE_TIMEOUT, goodbye).await;
    }
}
