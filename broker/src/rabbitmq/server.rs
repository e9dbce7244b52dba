//! The connections to a RabbitMQ server and all that is shared by what uses them: one connection to publish on, one to consume
//! on, both kept up.
//!
//! The rest of this backend works on it. The connections are separate because a server in need blocks connections that publish,
//! and acknowledgements must go on then. lapin's own recovery is not used: it gives up, and it can't tell a consumer that the
//! server cancelled from one that ended.

use std::sync::Arc;

use proto_shared::{Lane, queue::Generation};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    connection::{Link, Notes},
    emitter::Emitter,
    fullness::Fullness,
    outages::Outages,
    publisher::Publisher,
    topology::Topology,
};
use crate::{AmqpConfig, BrokerError, counts::Tally};

/// Its connections end when the last handle on it is dropped.
pub(super) struct Server {
    pub(super) config: Arc<AmqpConfig>,
    pub(super) topology: Arc<Topology>,
    pub(super) publisher: Publisher,
    pub(super) emitter: Emitter,
    pub(super) publishing: Link,
    pub(super) consuming: Link,
    /// Connections that are down, and consumers that should receive and don't.
    pub(super) outages: Arc<Outages>,
    pub(super) tally: Arc<Tally>,
    pub(super) fullness: Fullness,
    pub(super) closed: CancellationToken,
    pub(super) tasks: TaskTracker,
}

impl Server {
    /// One attempt to connect and to declare the queues; the caller limits its time.
    pub(super) async fn connect(config: Arc<AmqpConfig>) -> Result<Self, BrokerError> {
        let topology = Arc::new(Topology::new(&config)?);
        let closed = CancellationToken::new();
        // Nothing is left behind by an attempt that is given up.
        let giving_up = closed.clone().drop_guard();
        let tasks = TaskTracker::new();
        let notes = Notes::default();
        let publishing = Link::open("publish", &config, &notes, &closed, &tasks).await?;
        let consuming = Link::open("consume", &config, &notes, &closed, &tasks).await?;
        topology.declare(&*publishing.current()?).await?;
        let publisher = Publisher::new(&config, &topology, publishing.clone())?;
        let Notes { outages, tally } = notes;
        let (emitter, sending) = Emitter::new(publishing.clone(), &topology, &tally);
        tasks.spawn(closed.clone().run_until_cancelled_owned(sending));
        giving_up.disarm();
        let fullness = Fullness::default();
        Ok(Self { config, topology, publisher, emitter, publishing, consuming, outages, tally, fullness, closed, tasks })
    }

    /// Whether it was not closed by this process.
    pub(super) fn is_open(&self) -> Result<(), BrokerError> {
        if self.closed.is_cancelled() { Err(BrokerError::Closed) } else { Ok(()) }
    }

    /// Whether it accepts messages at this moment.
    pub(super) fn accepts_messages(&self) -> Result<(), BrokerError> {
        self.is_open()?;
        self.publishing.current()?;
        if self.publishing.is_blocked() { Err(BrokerError::Blocked) } else { Ok(()) }
    }

    /// The queue of a lane that every worker consumes.
    pub(super) fn first_queue(&self, lane: Lane) -> String {
        self.topology.jobs(lane, Generation::First).to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.closed.cancel();
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RabbitMq").field("config", &self.config).finish_non_exhaustive()
    }
}
