//! The queues on a RabbitMQ server: one connection to publish on, one to consume on, both supervised.
//!
//! Used through `Broker` alone. The two are separate because a server in need blocks connections that
//! publish, and acknowledgements must go on then. lapin's own recovery is not used: it gives up, and it
//! can't tell a consumer that the server cancelled from one that ended.

mod connection;
mod consumer;
mod events;
mod faults;
mod flow;
mod fullness;
mod publisher;
mod settle;
mod topology;

use std::sync::Arc;
use std::time::Duration;

use lapin::ErrorKind;
use lapin::options::QueueDeclareOptions;
use lapin::types::{FieldTable, ShortString};
use proto_shared::{Event, Lane, queue::Generation};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::connection::{Link, Notes};
pub(crate) use self::consumer::Consumer;
use self::events::Emitter;
use self::faults::Faults;
use self::fullness::Fullness;
use self::publisher::{Publisher, Route};
pub(crate) use self::settle::Hold;
use self::topology::Topology;
use crate::config::{AmqpConfig, Prefetch};
use crate::counts::Tally;
use crate::{BrokerError, DeadLetter, Delivery, Depths, Envelope, Events, Filter};

/// How long a clean end may take before the sockets are simply dropped.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// All clones are the same connections; they end with the last of them.
#[derive(Clone, Debug)]
pub(crate) struct RabbitMq(Arc<Inner>);

struct Inner {
    config: Arc<AmqpConfig>,
    topology: Arc<Topology>,
    publisher: Publisher,
    emitter: Emitter,
    publishing: Link,
    consuming: Link,
    /// Connections that are down, and consumers that should receive and don't.
    faults: Arc<Faults>,
    tally: Arc<Tally>,
    fullness: Fullness,
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
        let (faults, tally) = (Arc::<Faults>::default(), Arc::<Tally>::default());
        let notes = Notes { faults: Arc::clone(&faults), tally: Arc::clone(&tally) };
        let publishing = Link::open("publish", &config, &notes, &closed, &tasks).await?;
        let consuming = Link::open("consume", &config, &notes, &closed, &tasks).await?;
        topology.declare(&*publishing.current()?).await?;
        let publisher = Publisher::new(&config, &topology, publishing.clone())?;
        let (emitter, sending) = Emitter::new(publishing.clone(), &topology, &tally);
        tasks.spawn(closed.clone().run_until_cancelled_owned(sending));
        giving_up.disarm();
        Ok(Self(Arc::new(Inner {
            config,
            topology,
            publisher,
            emitter,
            publishing,
            consuming,
            faults,
            tally,
            fullness: Fullness::default(),
            closed,
            tasks,
        })))
    }

    pub(crate) async fn publish(
        &self,
        lane: Lane,
        generation: Generation,
        body: &[u8],
        message_id: &str,
        envelope: Envelope,
    ) -> Result<(), BrokerError> {
        self.open()?;
        let route = Route::to_queue(self.0.topology.jobs(lane, generation));
        let published = self.0.publisher.publish(route, body, message_id, publisher::headers(envelope)).await;
        self.0.fullness.note(lane, matches!(published, Err(BrokerError::Full { .. })));
        published
    }

    pub(crate) fn can_publish(&self, lane: Lane) -> Result<(), BrokerError> {
        self.takes_messages()?;
        if self.0.fullness.is_full(lane) {
            return Err(BrokerError::Full { queue: self.0.topology.jobs(lane, Generation::First).to_owned() });
        }
        Ok(())
    }

    pub(crate) async fn consume(&self, newest: u32, prefetch: Prefetch) -> Result<Consumer<Delivery>, BrokerError> {
        self.open()?;
        Consumer::jobs(self.clone(), newest, prefetch).await
    }

    pub(crate) async fn consume_dead(&self) -> Result<Consumer<DeadLetter>, BrokerError> {
        self.open()?;
        Consumer::dead(self.clone()).await
    }

    pub(crate) fn emit(&self, event: &Event) {
        self.0.emitter.emit(event);
    }

    pub(crate) async fn subscribe(&self, filter: Filter) -> Result<Events, BrokerError> {
        self.open()?;
        events::subscribe(self.clone(), filter).await
    }

    pub(crate) fn ready(&self) -> Result<(), BrokerError> {
        self.takes_messages()?;
        self.0.consuming.current()?;
        match self.0.faults.count() {
            0 => Ok(()),
            waiting => Err(BrokerError::NotConsuming { waiting }),
        }
    }

    pub(crate) fn outage(&self) -> Option<Duration> {
        self.0.faults.outage()
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
        tokio::time::timeout(limit, ask).await.map_err(|_| BrokerError::timeout("depths", limit))?
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
        if tokio::time::timeout(CLOSE_TIMEOUT, self.0.tasks.wait()).await.is_err() {
            tracing::warn!(limit_ms = CLOSE_TIMEOUT.as_millis(), "the broker did not answer the goodbye in time");
        }
    }

    fn takes_messages(&self) -> Result<(), BrokerError> {
        self.open()?;
        self.0.publishing.current()?;
        if self.0.publishing.is_blocked() { Err(BrokerError::Blocked) } else { Ok(()) }
    }

    fn open(&self) -> Result<(), BrokerError> {
        if self.0.closed.is_cancelled() { Err(BrokerError::Closed) } else { Ok(()) }
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

/// lapin's errors name no credentials, but its types go no further than this.
#[expect(clippy::needless_pass_by_value, reason = "it is passed to map_err")]
fn channel_error(error: lapin::Error) -> BrokerError {
    match error.kind() {
        ErrorKind::InvalidConnectionState(_) => BrokerError::Disconnected,
        _ => BrokerError::Channel(error.to_string()),
    }
}
