//! A connection that is up or being re-established, for as long as the broker is not closed.
//!
//! Used by the rest of this backend. Every link has one task that connects, watches the connection and connects again, for
//! ever; all others only use what it has. It must never show a URL: that holds the password.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use lapin::uri::AMQPUri;
use lapin::{Connection, ConnectionProperties};
use tokio::sync::watch;
use tokio::time::{Instant, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{
    channel::CLOSE_TIMEOUT,
    outages::{Outage, Outages},
};
use crate::{AmqpConfig, BrokerError, backoff::Backoff, counts::Tally};

/// An orderly close by the server raises no event, so the state is polled too.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// All clones look at the same connection.
#[derive(Clone)]
pub(super) struct Link {
    connection: watch::Receiver<Option<Arc<Connection>>>,
    /// Whether the server has told us to stop publishing.
    blocked: watch::Receiver<bool>,
}

/// Where a link's task notes what it sees.
#[derive(Clone, Default)]
pub(super) struct Notes {
    pub(super) outages: Arc<Outages>,
    pub(super) tally: Arc<Tally>,
}

impl Link {
    /// Dials once; after that success, a task keeps the link up until `closed`.
    pub(super) async fn open(
        purpose: &'static str,
        config: &Arc<AmqpConfig>,
        notes: &Notes,
        closed: &CancellationToken,
        tasks: &TaskTracker,
    ) -> Result<Self, BrokerError> {
        let first = Arc::new(dial(config, purpose).await?);
        let (sender, connection) = watch::channel(Some(first));
        let (block, blocked) = watch::channel(false);
        let keeper = Keeper { purpose, config: Arc::clone(config), notes: notes.clone(), sender, block };
        let closed = closed.clone();
        tasks.spawn(async move {
            closed.run_until_cancelled(keeper.keep()).await;
            keeper.close().await;
        });
        Ok(Self { connection, blocked })
    }

    /// The connection, if it is up at this moment.
    pub(super) fn current(&self) -> Result<Arc<Connection>, BrokerError> {
        let connection = self.connection.borrow().clone();
        connection.filter(|c| c.status().connected()).ok_or(BrokerError::Disconnected)
    }

    /// The connection as soon as it is up. The caller limits the wait.
    pub(super) async fn connection(&self) -> Result<Arc<Connection>, BrokerError> {
        let mut receiver = self.connection.clone();
        let up = |c: &Option<Arc<Connection>>| c.as_ref().is_some_and(|c| c.status().connected());
        let connection = receiver.wait_for(up).await.map_err(|_| BrokerError::Closed)?.clone();
        connection.ok_or(BrokerError::Disconnected)
    }

    /// Whether the server takes no messages over this connection.
    pub(super) fn is_blocked(&self) -> bool {
        self.current().is_ok_and(|connection| connection.status().blocked())
    }

    /// Returns when [`is_blocked`](Self::is_blocked) has become true.
    pub(super) async fn becomes_blocked(&self) {
        let ended = self.blocked.clone().wait_for(|blocked| *blocked).await.is_err();
        if ended {
            // Without a task nothing is ever told any more.
            std::future::pending::<()>().await;
        }
    }
}

/// The task's side of a link.
struct Keeper {
    purpose: &'static str,
    config: Arc<AmqpConfig>,
    notes: Notes,
    sender: watch::Sender<Option<Arc<Connection>>>,
    block: watch::Sender<bool>,
}

impl Keeper {
    async fn keep(&self) {
        let mut backoff = Backoff::default();
        let mut outage = Outage::none(&self.notes.outages);
        loop {
            let up_since = Instant::now();
            let connection = self.sender.borrow().clone();
            let cause = match connection {
                Some(connection) => self.watch_until_lost(&connection).await,
                None => "never connected".to_owned(),
            };
            outage.begin();
            self.sender.send_replace(None);
            self.block.send_replace(false);
            backoff.worked_for(up_since.elapsed());
            let lost_at = Instant::now();
            tracing::warn!(purpose = self.purpose, %cause, "the broker connection is lost; reconnecting");
            let connection = self.dial_until_connected(&mut backoff).await;
            let outage_ms = lost_at.elapsed().as_millis();
            tracing::info!(purpose = self.purpose, outage_ms, "the broker connection is back");
            self.notes.tally.reconnects.increment();
            outage.end();
            self.sender.send_replace(Some(Arc::new(connection)));
        }
    }

    async fn dial_until_connected(&self, backoff: &mut Backoff) -> Connection {
        loop {
            sleep(backoff.next()).await;
            let limit = self.config.connect_timeout;
            match timeout(limit, dial(&self.config, self.purpose)).await {
                Ok(Ok(connection)) => return connection,
                Ok(Err(error)) => tracing::debug!(purpose = self.purpose, %error, "failed to reconnect"),
                Err(_) => tracing::debug!(purpose = self.purpose, limit_ms = limit.as_millis(), "failed to reconnect in time"),
            }
        }
    }

    /// Returns when the connection is no longer usable, with the last that was heard of it.
    async fn watch_until_lost(&self, connection: &Connection) -> String {
        let mut events = Box::pin(connection.events_listener());
        let mut poll = interval(POLL_INTERVAL);
        let mut cause = "closed by the server".to_owned();
        while connection.status().connected() {
            tokio::select! {
                event = events.next() => match event {
                    Some(lapin::Event::Error(error)) => cause = error.to_string(),
                    Some(lapin::Event::ConnectionBlocked(reason)) => {
                        self.block.send_replace(true);
                        tracing::warn!(purpose = self.purpose, %reason, "the broker blocks publishers");
                    }
                    Some(lapin::Event::ConnectionUnblocked) => {
                        self.block.send_replace(false);
                        tracing::info!(purpose = self.purpose, "the broker takes messages again");
                    }
                    Some(_) => {}
                    // No events any more: the state still tells.
                    None => { poll.tick().await; }
                },
                _ = poll.tick() => {}
            }
        }
        cause
    }

    async fn close(&self) {
        if let Some(connection) = self.sender.send_replace(None) {
            // A connection that fails now is as closed as one that answers.
            let _ = timeout(CLOSE_TIMEOUT, connection.close(200, "OK".into())).await;
        }
    }
}

async fn dial(config: &AmqpConfig, purpose: &str) -> Result<Connection, BrokerError> {
    // The parser's own words may quote the URL.
    let mut uri: AMQPUri =
        config.url.parse().map_err(|_| BrokerError::Config("the AMQP URL is not amqp://user:password@host:port/vhost"))?;
    let heartbeat_s = u16::try_from(config.heartbeat.as_secs()).unwrap_or(u16::MAX);
    uri.query.heartbeat = Some(heartbeat_s);
    let name = format!("{}: {purpose}", config.connection_name);
    let properties = ConnectionProperties::default().with_connection_name(name.into());
    Connection::connect_uri(uri, properties).await.map_err(|e| BrokerError::Connect(e.to_string()))
}
