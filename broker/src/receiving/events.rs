//! Events of jobs as a subscriber receives them, whichever backend they came over.
//!
//! Used by api, which tells clients, and by worker, which stops cancelled jobs. Nothing may rest on an event: a subscriber is
//! told when some may have been missed, and reads the store then.

use std::{any::Any, fmt};

use proto_shared::{Event, event::News, queue};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_util::sync::CancellationToken;

/// Events that a subscriber may be behind before it has missed some.
pub(crate) const MAX_BEHIND: usize = 4_096;

/// Which events a subscriber wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// All.
    Every,
    /// Those by which a worker stops a job that it works on.
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
pub struct Events {
    filter: Filter,
    heard: broadcast::Receiver<Heard>,
    closed: CancellationToken,
    /// What must live as long as the subscription: the connection, and the task that feeds this.
    _keeps: Box<dyn Any + Send + Sync>,
}

impl Events {
    /// Events from `heard` until `closed`; `keeps` lives as long.
    pub(crate) fn new(
        filter: Filter,
        heard: broadcast::Receiver<Heard>,
        closed: CancellationToken,
        keeps: impl Any + Send + Sync,
    ) -> Self {
        Self { filter, heard, closed, _keeps: Box::new(keeps) }
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

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("filter", &self.filter).finish_non_exhaustive()
    }
}
