//! A stream of messages from the server, kept going through every fault.
//!
//! Used for jobs, dead letters and events. Each flow has a task that opens a channel, forwards what arrives and opens the next
//! channel when the stream ends, which is always a fault unless this process stopped it. The task reads the stream even while
//! nobody asks for the next message, so that a fault is seen (and shown by `ready`) at once. A fault must never end the task.
//!
//! A consumer that has nothing in hand and heard nothing for a while is renewed. The server may count one that it gives nothing: if
//! a queue is deleted and declared again at once, RabbitMQ 3.10 keeps the consumer without a word, and drops what it should deliver.

use std::sync::{Arc, Weak};

use futures::StreamExt;
use lapin::Channel;
use lapin::message::Delivery;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::{outages::Outage, server::Server};
use crate::{BrokerError, backoff::Backoff};

/// After so many heartbeats without a message a consumer is renewed.
const RENEWED_AFTER_HEARTBEATS: u32 = 3;

/// What is asked of the server, and what becomes of its messages.
pub(super) trait Flow: Send + Sync + 'static {
    /// Its name in logs.
    const WHAT: &'static str;

    /// Whether it is renewed when it is idle. What has a queue of its own is not: renewed, it would miss something.
    const IS_RENEWED: bool;

    /// Sets it up at the server, whatever is missing there.
    fn open(
        &self,
        server: &Arc<Server>,
        connection: &lapin::Connection,
    ) -> impl Future<Output = Result<Open, BrokerError>> + Send;

    /// Takes what has arrived.
    fn arrived(&self, server: &Arc<Server>, channel: &Arc<Channel>, raw: Delivery) -> impl Future<Output = ()> + Send;

    /// It flows again after a fault.
    fn resumed(&self) {}

    /// It was stopped: ends it at the server.
    fn stopped(&self, server: Option<&Arc<Server>>, open: &mut Open) -> impl Future<Output = ()> + Send;
}

/// A consumer as the server knows it.
pub(super) struct Open {
    /// Each message in hand has it too.
    pub(super) channel: Arc<Channel>,
    pub(super) stream: lapin::Consumer,
}

/// Opens it, and keeps it open until `stop`.
pub(super) async fn start<F: Flow>(server: &Arc<Server>, flow: F, stop: CancellationToken) -> Result<(), BrokerError> {
    let first = open(&flow, server).await?;
    // The task must not keep alive what the flow's owner has let go.
    let supervisor = Supervisor { flow, stop, outage: Outage::none(&server.outages), server: Arc::downgrade(server) };
    server.tasks.spawn(supervisor.run(first));
    Ok(())
}

async fn open<F: Flow>(flow: &F, server: &Arc<Server>) -> Result<Open, BrokerError> {
    let limit = server.config.connect_timeout;
    let steps = async {
        let connection = server.consuming.connection().await?;
        // Declared anew each time: a deleted queue is one of the faults to come back from.
        server.topology.declare(&connection).await?;
        flow.open(server, &connection).await
    };
    timeout(limit, steps).await.map_err(|_| BrokerError::timeout(F::WHAT, limit))?
}

/// Why a stream is forwarded no more.
enum End {
    /// It failed, by this cause.
    Fault(String),
    /// Nothing is in hand, and nothing has come for a while.
    Idle,
}

struct Supervisor<F> {
    flow: F,
    stop: CancellationToken,
    outage: Outage,
    server: Weak<Server>,
}

impl<F: Flow> Supervisor<F> {
    async fn run(mut self, first: Open) {
        let mut open = first;
        let mut backoff = Backoff::default();
        loop {
            let since = Instant::now();
            let Some(end) = self.forward(&mut open).await else { return };
            let cause = match end {
                End::Fault(cause) => cause,
                End::Idle => match self.renew(&mut open).await {
                    Some(Ok(())) => continue,
                    Some(Err(error)) => error.to_string(),
                    None => return,
                },
            };
            self.outage.begin();
            backoff.worked_for(since.elapsed());
            // A lost connection is told of by its own link.
            if self.server().is_some_and(|server| server.consuming.current().is_ok()) {
                tracing::warn!(what = F::WHAT, %cause, "the consumer has ended; consuming again as soon as possible");
            }
            let lost_at = Instant::now();
            let stop = self.stop.clone();
            let Some(Some(next)) = stop.run_until_cancelled(self.reopen(&mut backoff)).await else { return };
            open = next;
            self.outage.end();
            self.flow.resumed();
            tracing::info!(what = F::WHAT, outage_ms = lost_at.elapsed().as_millis(), "consuming again");
        }
    }

    /// Forwards until the stream has an end of its own (which is returned) or the flow is stopped.
    async fn forward(&self, open: &mut Open) -> Option<End> {
        let idle_after = RENEWED_AFTER_HEARTBEATS * self.server()?.config.heartbeat;
        loop {
            let arrived = tokio::select! {
                arrived = open.stream.next() => arrived,
                () = sleep(idle_after), if F::IS_RENEWED => {
                    if Arc::strong_count(&open.channel) == 1 {
                        return Some(End::Idle);
                    }
                    continue;
                }
                () = self.stop.cancelled() => {
                    self.flow.stopped(self.server().as_ref(), open).await;
                    return None;
                }
            };
            match arrived {
                Some(Ok(raw)) => self.flow.arrived(&self.server()?, &open.channel, raw).await,
                Some(Err(error)) => return Some(End::Fault(error.to_string())),
                None => return Some(End::Fault("cancelled by the server".to_owned())),
            }
        }
    }

    /// Ends the consumer and opens another, on a channel of its own. `None` if the flow was stopped meanwhile.
    async fn renew(&self, open: &mut Open) -> Option<Result<(), BrokerError>> {
        let server = self.server()?;
        self.flow.stopped(Some(&server), open).await;
        let limit = server.config.connect_timeout;
        // The queues are not declared: they were there a while ago.
        let steps = async { self.flow.open(&server, &*server.consuming.current()?).await };
        let renewed = self.stop.run_until_cancelled(timeout(limit, steps)).await?;
        Some(renewed.unwrap_or_else(|_| Err(BrokerError::timeout(F::WHAT, limit))).map(|next| *open = next))
    }

    async fn reopen(&self, backoff: &mut Backoff) -> Option<Open> {
        loop {
            let link = self.server()?.consuming.clone();
            if link.current().is_ok() {
                sleep(backoff.next()).await;
            }
            // A link that comes back has waited for as long as is good for the broker; twice would be too long.
            link.connection().await.ok()?;
            let server = self.server()?;
            match open(&self.flow, &server).await {
                Ok(open) => {
                    server.tally.consumers_reopened.increment();
                    return Some(open);
                }
                Err(error @ BrokerError::TopologyMismatch { .. }) => {
                    tracing::warn!(what = F::WHAT, %error, "failed to consume again");
                }
                Err(error) => tracing::debug!(what = F::WHAT, %error, "failed to consume again"),
            }
        }
    }

    fn server(&self) -> Option<Arc<Server>> {
        self.server.upgrade()
    }
}
