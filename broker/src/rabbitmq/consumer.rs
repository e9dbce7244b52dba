//! Consuming, kept going through every fault, and settling what was delivered.
//!
//! Each consumer has a task that opens a channel, forwards what arrives and opens the next one when the
//! stream ends, which is always a fault unless we stopped it. The task reads the stream even while nobody
//! asks for a job, so that a fault is seen (and shown by `ready`) at once.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::StreamExt;
use lapin::Channel;
use lapin::options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::{FieldTable, ShortString};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::settle::Hold;
use super::{CLOSE_TIMEOUT, RabbitMq, channel_error};
use crate::backoff::Backoff;
use crate::delivery::{Delivery, Hold as AnyHold};
use crate::{BrokerError, wire};

/// The receiving end of a consumer's task.
#[derive(Debug)]
pub(crate) struct Consumer {
    arrivals: mpsc::Receiver<Delivery>,
    stop: CancellationToken,
    /// Keeps the connections up while someone consumes, and ends the task with the last look at it.
    _task: (RabbitMq, DropGuard),
}

impl Consumer {
    pub(super) async fn start(broker: RabbitMq, prefetch: NonZeroU16) -> Result<Self, BrokerError> {
        let stop = broker.0.closed.child_token();
        let (sender, arrivals) = mpsc::channel(usize::from(prefetch.get()));
        let feed = Feed { prefetch, sender, stop: stop.clone(), interruption: Interruption::none(&broker.0.interrupted) };
        let first = feed.open(&broker).await?;
        // The task must not keep alive what its consumer's owner has let go.
        let weak = Arc::downgrade(&broker.0);
        broker.0.tasks.spawn(feed.run(first, move || weak.upgrade().map(RabbitMq)));
        Ok(Self { arrivals, stop: stop.clone(), _task: (broker, stop.drop_guard()) })
    }

    pub(crate) async fn next(&mut self) -> Option<Delivery> {
        loop {
            let delivery = self.arrivals.recv().await?;
            // What came over a channel that has ended since is on its way to someone again.
            if !delivery.is_lost() && !self.stop.is_cancelled() {
                return Some(delivery);
            }
        }
    }

    pub(crate) async fn stop(&mut self) {
        self.stop.cancel();
        let drained = async { while self.arrivals.recv().await.is_some() {} };
        if timeout(CLOSE_TIMEOUT, drained).await.is_err() {
            tracing::warn!(limit_ms = CLOSE_TIMEOUT.as_millis(), "the broker did not end the consumer in time");
            self.arrivals.close();
        }
    }
}

/// The task's side of a consumer.
struct Feed {
    prefetch: NonZeroU16,
    sender: mpsc::Sender<Delivery>,
    stop: CancellationToken,
    interruption: Interruption,
}

/// A consumer as the server knows it.
struct Open {
    channel: Channel,
    stream: lapin::Consumer,
}

impl Feed {
    async fn open(&self, broker: &RabbitMq) -> Result<Open, BrokerError> {
        let connection = broker.0.consuming.connection().await?;
        let limit = broker.0.config.connect_timeout;
        let steps = async {
            // Declared anew each time: a deleted queue is one of the faults to come back from.
            broker.0.topology.declare(&connection).await?;
            let channel = connection.create_channel().await.map_err(channel_error)?;
            channel.basic_qos(self.prefetch.get(), BasicQosOptions::default()).await.map_err(channel_error)?;
            let queue = ShortString::from(broker.0.topology.jobs.as_str());
            let options = BasicConsumeOptions::default();
            let stream = channel.basic_consume(queue, ShortString::default(), options, FieldTable::default()).await;
            Ok(Open { stream: stream.map_err(channel_error)?, channel })
        };
        timeout(limit, steps).await.map_err(|_| BrokerError::timeout("consume", limit))?
    }

    async fn run(mut self, first: Open, broker: impl Fn() -> Option<RabbitMq>) {
        let mut open = first;
        let mut backoff = Backoff::default();
        let stop = self.stop.clone();
        loop {
            let since = Instant::now();
            let Some(cause) = self.forward(&mut open, &broker).await else { return };
            self.interruption.begin();
            backoff.worked_for(since.elapsed());
            // A lost connection is told of by its own link.
            if broker().is_some_and(|broker| broker.0.consuming.current().is_ok()) {
                tracing::warn!(%cause, "the consumer has ended; consuming again as soon as possible");
            }
            let lost_at = Instant::now();
            let reopened = stop.run_until_cancelled(self.reopen(&mut backoff, &broker)).await;
            let Some(Some(next)) = reopened else { return };
            open = next;
            self.interruption.end();
            tracing::info!(outage_ms = lost_at.elapsed().as_millis(), "consuming again");
        }
    }

    /// Forwards until the stream fails (the cause is returned) or the consumer is stopped.
    async fn forward(&self, open: &mut Open, broker: &impl Fn() -> Option<RabbitMq>) -> Option<String> {
        loop {
            let arrived = tokio::select! {
                arrived = open.stream.next() => arrived,
                () = self.stop.cancelled() => {
                    give_back_rest(open).await;
                    return None;
                }
            };
            match arrived {
                Some(Ok(raw)) => {
                    let hold = Hold::new(&broker()?, open.channel.clone(), raw);
                    self.hand_over(hold).await;
                }
                Some(Err(error)) => return Some(error.to_string()),
                None => return Some("cancelled by the server".to_owned()),
            }
        }
    }

    /// Gives a message to whoever asks for jobs, or buries it if it is none of ours.
    async fn hand_over(&self, hold: Hold) {
        match wire::decode(hold.body()) {
            Ok(message) => {
                let redelivered = hold.redelivered();
                let delivery = Delivery::new(message, redelivered, AnyHold::RabbitMq(Box::new(hold)));
                // Room there is, unless deliveries of an ended channel still stand in it. A consumer that
                // is dropped or stopped meanwhile gives the message back by dropping it.
                let _ = self.stop.run_until_cancelled(self.sender.send(delivery)).await;
            }
            Err(reason) => {
                let message_id = hold.message_id().to_owned();
                match hold.dead_letter(&reason).await {
                    Ok(()) => tracing::warn!(message_id, %reason, "a message became a dead letter"),
                    Err(error) => tracing::warn!(message_id, %reason, %error, "failed to bury a message; it will come again"),
                }
            }
        }
    }

    async fn reopen(&self, backoff: &mut Backoff, broker: &impl Fn() -> Option<RabbitMq>) -> Option<Open> {
        loop {
            sleep(backoff.next(fastrand::f64())).await;
            match self.open(&broker()?).await {
                Ok(open) => return Some(open),
                Err(error @ BrokerError::TopologyMismatch { .. }) => tracing::warn!(%error, "failed to consume again"),
                Err(error) => tracing::debug!(%error, "failed to consume again"),
            }
        }
    }
}

/// Cancels the consumer and returns what was sent to it and nobody has seen. Deliveries in hand keep
/// their channel.
async fn give_back_rest(open: &mut Open) {
    let goodbye = async {
        let cancelled = open.channel.basic_cancel(open.stream.tag(), BasicCancelOptions::default()).await;
        if cancelled.is_ok() {
            while let Some(Ok(raw)) = open.stream.next().await {
                super::settle::give_back(&raw.acker).await;
            }
        }
    };
    // A channel that is gone has given everything back already.
    let _ = timeout(CLOSE_TIMEOUT, goodbye).await;
}

/// One consumer's part in the count of those that should receive and don't.
struct Interruption {
    count: Arc<AtomicUsize>,
    on: bool,
}

impl Interruption {
    fn none(count: &Arc<AtomicUsize>) -> Self {
        Self { count: Arc::clone(count), on: false }
    }

    fn begin(&mut self) {
        if !std::mem::replace(&mut self.on, true) {
            self.count.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn end(&mut self) {
        if std::mem::replace(&mut self.on, false) {
            self.count.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Interruption {
    fn drop(&mut self) {
        self.end();
    }
}
