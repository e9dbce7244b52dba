//! The queues on a RabbitMQ server: one connection to publish on, one to consume on, both supervised.
//!
//! Used through `Broker` alone. The two are separate because a server in need blocks connections that
//! publish, and acknowledgements must go on then. lapin's own recovery is not used: it gives up, and it
//! can't tell a consumer that the server cancelled from one that ended.

mod connection;
mod consumer;
mod publisher;
mod settle;
mod topology;

use std::num::NonZeroU16;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lapin::options::{BasicGetOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Channel, ErrorKind};
use proto_shared::queue::HEADER_REASON;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::connection::Link;
pub(crate) use self::consumer::Consumer;
use self::publisher::Publisher;
pub(crate) use self::settle::Hold;
use self::topology::Topology;
use crate::config::AmqpConfig;
use crate::{BrokerError, DeadLetter};

/// How long a clean end may take before the sockets are simply dropped.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// All clones are the same connections; they end with the last of them.
#[derive(Clone, Debug)]
pub(crate) struct RabbitMq(Arc<Inner>);

struct Inner {
    config: Arc<AmqpConfig>,
    topology: Arc<Topology>,
    publisher: Publisher,
    publishing: Link,
    consuming: Link,
    /// Consumers that should receive and don't.
    interrupted: Arc<AtomicUsize>,
    closed: CancellationToken,
    tasks: TaskTracker,
}

impl RabbitMq {
    pub(crate) async fn connect(config: &AmqpConfig) -> Result<Self, BrokerError> {
        let limit = config.connect_timeout;
        let attempt = Self::attempt(Arc::new(config.clone()));
        tokio::time::timeout(limit, attempt).await.map_err(|_| BrokerError::timeout("connect", limit))?
    }

    async fn attempt(config: Arc<AmqpConfig>) -> Result<Self, BrokerError> {
        let topology = Arc::new(Topology::new(&config)?);
        let closed = CancellationToken::new();
        // Nothing is left behind by an attempt that is given up.
        let giving_up = closed.clone().drop_guard();
        let tasks = TaskTracker::new();
        let publishing = Link::open("publish", &config, &closed, &tasks).await?;
        let consuming = Link::open("consume", &config, &closed, &tasks).await?;
        topology.declare(&*publishing.current()?).await?;
        let publisher = Publisher::new(&config, &topology, publishing.clone())?;
        giving_up.disarm();
        Ok(Self(Arc::new(Inner {
            config,
            topology,
            publisher,
            publishing,
            consuming,
            interrupted: Arc::default(),
            closed,
            tasks,
        })))
    }

    pub(crate) async fn publish(&self, body: &[u8], message_id: &str) -> Result<(), BrokerError> {
        if self.0.closed.is_cancelled() {
            return Err(BrokerError::Closed);
        }
        self.0.publisher.publish(&self.0.topology.jobs, body, message_id, FieldTable::default()).await
    }

    pub(crate) async fn consume(&self, prefetch: NonZeroU16) -> Result<Consumer, BrokerError> {
        if self.0.closed.is_cancelled() {
            return Err(BrokerError::Closed);
        }
        Consumer::start(self.clone(), prefetch).await
    }

    pub(crate) fn ready(&self) -> Result<(), BrokerError> {
        if self.0.closed.is_cancelled() {
            return Err(BrokerError::Closed);
        }
        self.0.consuming.current()?;
        if self.0.publishing.current()?.status().blocked() {
            return Err(BrokerError::Blocked);
        }
        match self.0.interrupted.load(Ordering::Relaxed) {
            0 => Ok(()),
            waiting => Err(BrokerError::NotConsuming { waiting }),
        }
    }

    pub(crate) async fn depth(&self) -> Result<u64, BrokerError> {
        let ask = async {
            let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::durable() };
            let queue = ShortString::from(self.0.topology.jobs.as_str());
            let declared = self.side_channel().await?.queue_declare(queue, passive, FieldTable::default()).await;
            Ok(u64::from(declared.map_err(channel_error)?.message_count()))
        };
        self.within("depth", ask).await
    }

    pub(crate) async fn dead_letters(&self, at_most: usize) -> Result<Vec<DeadLetter>, BrokerError> {
        let ask = async {
            let channel = self.side_channel().await?;
            let mut letters = Vec::new();
            while letters.len() < at_most {
                let queue = ShortString::from(self.0.topology.dead.as_str());
                // Taken without an ack: all go back when the channel closes at the end.
                let Some(got) = channel.basic_get(queue, BasicGetOptions::default()).await.map_err(channel_error)? else {
                    break;
                };
                let reason = reason_of(got.delivery.properties.headers().as_ref());
                letters.push(DeadLetter { body: got.delivery.data, reason });
            }
            channel.close(200, "OK".into()).await.map_err(channel_error)?;
            Ok(letters)
        };
        self.within("dead_letters", ask).await
    }

    pub(crate) fn retry_delays(&self) -> &[Duration] {
        &self.0.config.retry_delays
    }

    pub(crate) async fn close(&self) {
        self.0.closed.cancel();
        self.0.tasks.close();
        if tokio::time::timeout(CLOSE_TIMEOUT, self.0.tasks.wait()).await.is_err() {
            tracing::warn!(limit_ms = CLOSE_TIMEOUT.as_millis(), "the broker did not answer the goodbye in time");
        }
    }

    /// A channel of its own for a question whose refusal would close the channel.
    async fn side_channel(&self) -> Result<Channel, BrokerError> {
        self.0.publishing.current()?.create_channel().await.map_err(channel_error)
    }

    async fn within<T>(&self, what: &'static str, work: impl Future<Output = Result<T, BrokerError>>) -> Result<T, BrokerError> {
        let limit = self.0.config.publish_timeout;
        tokio::time::timeout(limit, work).await.map_err(|_| BrokerError::timeout(what, limit))?
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.closed.cancel();
    }
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RabbitMq").field("config", &self.config).finish_non_exhaustive()
    }
}

/// Ours if we buried it, the server's if it did (`delivery_limit`).
fn reason_of(headers: Option<&FieldTable>) -> String {
    let header = |name: &str| headers.and_then(|table| table.inner().get(name));
    let text = |value: &AMQPValue| value.as_long_string().map(ToString::to_string);
    let ours = header(HEADER_REASON).and_then(text);
    // The newest of the server's notes stands first.
    let servers = || match header("x-death")?.as_array()?.as_slice().first()? {
        AMQPValue::FieldTable(newest) => newest.inner().get("reason").and_then(text),
        _ => None,
    };
    ours.or_else(servers).unwrap_or_else(|| "unknown".to_owned())
}

/// lapin's errors name no credentials, but its types go no further than this.
#[expect(clippy::needless_pass_by_value, reason = "it is passed to map_err")]
fn channel_error(error: lapin::Error) -> BrokerError {
    match error.kind() {
        ErrorKind::InvalidConnectionState(_) => BrokerError::Disconnected,
        _ => BrokerError::Channel(error.to_string()),
    }
}
