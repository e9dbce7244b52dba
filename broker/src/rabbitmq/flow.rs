//! A stream of messages from the server, kept going through every fault.
//!
//! Used for jobs, dead letters and events. Each flow has a task that opens a channel, forwards what arrives and opens the next
//! channel when the stream ends, which is always a fault unless this process stopped it. The task reads the stream even while
//! nobody asks for the next message, so that a fault is seen (and shown by `ready`) at once. A fault must never end the task.

use std::sync::{Arc, Weak};

use futures::StreamExt;
use lapin::Channel;
use lapin::message::Delivery;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::{outages::Outage, server::Server};
use crate::{BrokerError, backoff::Backoff};

/// What is asked of the server, and what becomes of its messages.
pub(super) trait Flow: Send + Sync + 'static {
    /// Its name in logs.
    const WHAT: &'static str;

    /// Sets it up at the server, whatever is missing there.
    fn open(
        &self,
        server: &Arc<Server>,
        connection: &lapin::Connection,
    ) -> impl Future<Output = Result<Open, BrokerError>> + Send;

    /// Takes what has arrived.
    fn arrived(&self, server: &Arc<Server>, channel: &Channel, raw: Delivery) -> impl Future<Output = ()> + Send;

    /// It flows again after a fault.
    fn resumed(&self) {}

    /// It was stopped: ends it at the server.
    fn stopped(&self, server: Option<&Arc<Server>>, open: &mut Open) -> impl Future<Output = ()> + Send;
}

/// A consumer as the server knows it.
pub(super) struct Open {
    pub(super) channel: Channel,
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
            let Some(cause) = self.forward(&mut open).await else { return };
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

    /// Forwards until the stream fails (the cause is returned) or the flow is stopped.
    async fn forward(&self, open: &mut Open) -> Option<String> {
        loop {
            let arrived = tokio::select! {
                arrived = open.stream.next() => arrived,
                () = self.stop.cancelled() => {
                    self.flow.stopped(self.server().as_ref(), open).await;
                    return None;
                }
            };
            match arrived {
                Some(Ok(raw)) => self.flow.arrived(&self.server()?, &open.channel, raw).await,
                Some(Err(error)) => return Some(error.to_string()),
                None => return Some("cancelled by the server".to_owned()),
            }
        }
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
