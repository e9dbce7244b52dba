//! News of jobs as they are heard, whichever backend they came over.
//!
//! Used by api, which tells clients, and by worker, which stops what is cancelled. Events are news and never truth: whoever
//! listens is told when some may have been missed, and looks at the store then.

use proto_shared::event::News;
use proto_shared::{Event, queue};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::rabbitmq::RabbitMq;

/// Events that a subscriber may be behind before it has missed some.
pub(crate) const MAX_BEHIND: usize = 4_096;

/// Which events a subscriber wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// All.
    Every,
    /// Those by which a worker stops what it has in hand.
    Cancellations,
}

impl Filter {
    pub(crate) fn wants(self, event: &Event) -> bool {
        match self {
            Self::Every => true,
            Self::Cancellations => matches!(event.news, News::Cancelled),
        }
    }

    pub(crate) fn binding(self) -> String {
        match self {
            Self::Every => queue::EVERY_EVENT.to_owned(),
            Self::Cancellations => queue::cancellations(),
        }
    }
}

/// What a subscriber hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Something happened.
    Event(Event),
    /// Events may have been missed: the connection was lost and is back, or the subscriber was too slow. What the store says
    /// from now on is newer than whatever was missed.
    Gap,
}

/// Events from the moment of the subscription on. Dropping it ends the subscription.
#[derive(Debug)]
pub struct Events {
    filter: Filter,
    heard: broadcast::Receiver<Heard>,
    closed: CancellationToken,
    /// Keeps the connections up while someone listens, and ends the task that feeds this.
    _feed: Option<(RabbitMq, DropGuard)>,
}

impl Events {
    pub(crate) fn in_process(filter: Filter, heard: broadcast::Receiver<Heard>, closed: CancellationToken) -> Self {
        Self { filter, heard, closed, _feed: None }
    }

    pub(crate) fn rabbitmq(filter: Filter, heard: broadcast::Receiver<Heard>, broker: RabbitMq, stop: CancellationToken) -> Self {
        Self { filter, heard, closed: stop.clone(), _feed: Some((broker, stop.drop_guard())) }
    }

    /// The next thing heard, however long it takes; faults of the connection are waited out and told as [`Heard::Gap`].
    /// `None` only after [`Broker::close`](crate::Broker::close). Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Heard> {
        loop {
            let received = self.closed.run_until_cancelled(self.heard.recv()).await?;
            match received {
                Ok(Heard::Event(event)) if !self.filter.wants(&event) => {}
                Ok(heard) => return Some(heard),
                Err(RecvError::Lagged(_)) => return Some(Heard::Gap),
                Err(RecvError::Closed) => return None,
            }
        }
    }
}
