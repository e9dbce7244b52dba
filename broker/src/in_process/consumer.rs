//! Taking jobs out of the queues of this process, and letting go of them.
//!
//! Used by `Deliveries` and `Delivery`. A hold that is dropped gives its message back, whatever happened to its owner.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use proto_shared::Lane;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

use super::{Entry, Shared};
use crate::config::Prefetch;
use crate::{
    Delivery, SettleError,
    backend::Backend,
    wire::{self, Read},
};

/// Express before standard: what it may have in hand is bounded, so it can't keep the other from being taken.
const IN_ORDER: [Lane; 2] = [Lane::Express, Lane::Standard];

#[derive(Debug)]
pub(crate) struct Consumer {
    shared: Arc<Shared>,
    /// Of each lane, one for each delivery that may be in hand; in the order of [`IN_ORDER`].
    slots: [Arc<Semaphore>; 2],
    /// The newest version of a job that is understood.
    newest: u32,
    stopped: bool,
}

impl Consumer {
    pub(super) fn new(shared: Arc<Shared>, newest: u32, prefetch: Prefetch) -> Self {
        let slots = IN_ORDER.map(|lane| Arc::new(Semaphore::new(usize::from(prefetch.of(lane).get()))));
        Self { shared, slots, newest, stopped: false }
    }

    pub(crate) async fn next(&mut self) -> Option<Delivery> {
        if self.stopped {
            return None;
        }
        let closed = self.shared.closed.clone();
        closed.run_until_cancelled_owned(self.wait()).await
    }

    pub(crate) fn stop(&mut self) {
        self.stopped = true;
    }

    async fn wait(&self) -> Delivery {
        loop {
            // Listening before looking: what arrives in between is not missed.
            let mut changed = pin!(self.shared.changed.notified());
            changed.as_mut().enable();
            let mut next_due = None;
            for (lane, slots) in IN_ORDER.into_iter().zip(&self.slots) {
                // Without a slot of its own a lane has nothing for us; one that comes free is told as a change.
                let Ok(slot) = Arc::clone(slots).try_acquire_owned() else { continue };
                match self.take(lane) {
                    Ok((message, entry)) => {
                        let (before, trace) = (entry.deliveries_before, entry.trace);
                        let hold = Hold { shared: Arc::clone(&self.shared), entry: Some(entry), slot: Some(slot) };
                        return Delivery::new(message, lane, before, trace, Backend::InProcess(hold));
                    }
                    Err(due) => next_due = next_due.into_iter().chain(due).min(),
                }
            }
            match next_due {
                None => changed.await,
                Some(at) => tokio::select! {
                    () = changed => {}
                    () = sleep_until(at) => {}
                },
            }
        }
    }

    /// The first message of the lane, or when there will be one; what is none of ours is buried on the way, and
    /// what is a newer release's is put back.
    fn take(&self, lane: Lane) -> Result<(proto_shared::JobMessage, Entry), Option<Instant>> {
        loop {
            let mut state = self.shared.lock();
            let waiting = state.lane(lane);
            waiting.release_due(Instant::now());
            let Some(entry) = waiting.ready.pop_front() else { return Err(waiting.next_due()) };
            drop(state);
            match wire::read(&entry.body, self.newest) {
                Read::Job(message) => return Ok((message, entry)),
                Read::Newer { version } => self.shared.put_back(entry, version),
                Read::Malformed(reason) => {
                    tracing::warn!(%reason, "a message became a dead letter");
                    self.shared.bury(entry, reason);
                }
            }
        }
    }
}

/// What keeps a delivered message out of the queue, and its consumer's slot taken.
#[derive(Debug)]
pub(crate) struct Hold {
    shared: Arc<Shared>,
    /// Until it is settled.
    entry: Option<Entry>,
    slot: Option<OwnedSemaphorePermit>,
}

impl Hold {
    pub(crate) fn ack(mut self) {
        self.entry = None;
    }

    pub(crate) fn retry(mut self, body: Vec<u8>, delay: Duration) -> Result<(), SettleError> {
        if !self.shared.config.retry_delays.contains(&delay) {
            return Err(SettleError::UnknownDelay { delay_ms: delay.as_millis() });
        }
        if let Some(Entry { lane, trace, .. }) = self.entry.take() {
            self.shared.delay(Entry { body, lane, trace, deliveries_before: 0 }, delay);
        }
        Ok(())
    }

    pub(crate) fn dead_letter(mut self, reason: &str) {
        if let Some(entry) = self.entry.take() {
            self.shared.bury(entry, reason.to_owned());
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        drop(self.slot.take());
        match self.entry.take() {
            Some(entry) => self.shared.give_back(entry),
            None => self.shared.changed.notify_waiters(),
        }
    }
}
