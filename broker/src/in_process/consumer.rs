//! Taking messages out of the queues of this process: jobs by their lanes, or dead letters.
//!
//! Used by `Arrivals`. It takes no message without room for it, and wakes whenever the queues change.

use std::{fmt, pin::pin, sync::Arc};

use proto_shared::Lane;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep_until},
};

use super::queues::{Message, Queues, Unsettled};
use crate::{
    Prefetch,
    wire::{self, Read, ReadJob, ReadLetter},
};

/// Express before standard: the prefetch bounds how many of it may be unsettled, so it can't keep the other from being taken.
const IN_ORDER: [Lane; 2] = [Lane::Express, Lane::Standard];

/// The next message that there is room for, or when one will be due.
type Take<T> = Result<(T, Unsettled), Option<Instant>>;

type Taker<T> = Box<dyn Fn(&Arc<Queues>) -> Take<T> + Send + Sync>;

pub(crate) struct Consumer<T> {
    queues: Arc<Queues>,
    take: Taker<T>,
    is_stopped: bool,
}

impl Consumer<ReadJob> {
    /// Of jobs that need a version up to `newest`.
    pub(super) fn jobs(queues: Arc<Queues>, newest: u32, prefetch: Prefetch) -> Self {
        let rooms = IN_ORDER.map(|lane| (lane, Arc::new(Semaphore::new(usize::from(prefetch.of(lane).get())))));
        let take = move |queues: &Arc<Queues>| {
            let mut next_due = None;
            for (lane, rooms) in &rooms {
                // A lane that has no room is passed over; room that comes free is told as a change.
                let Ok(room) = Arc::clone(rooms).try_acquire_owned() else { continue };
                match take_job(queues, *lane, newest, room) {
                    Ok(taken) => return Ok(taken),
                    Err(due) => next_due = next_due.into_iter().chain(due).min(),
                }
            }
            Err(next_due)
        };
        Self { queues, take: Box::new(take), is_stopped: false }
    }
}

impl Consumer<ReadLetter> {
    /// Of dead letters, one at a time.
    pub(super) fn dead(queues: Arc<Queues>) -> Self {
        let rooms = Arc::new(Semaphore::new(1));
        let take = move |queues: &Arc<Queues>| {
            let room = Arc::clone(&rooms).try_acquire_owned().map_err(|_| None)?;
            let entry = queues.take_dead().ok_or(None)?;
            let Message { body, reason, trace, .. } = &entry;
            let letter = ReadLetter { body: body.clone(), reason: reason.clone().ok_or(None)?, trace: *trace };
            Ok((letter, Unsettled::new(queues, entry, room)))
        };
        Self { queues, take: Box::new(take), is_stopped: false }
    }
}

/// The first job of the lane, or when there will be one; what is no job becomes a dead letter on the way, and what is a newer
/// release's is put back.
fn take_job(queues: &Arc<Queues>, lane: Lane, newest: u32, room: OwnedSemaphorePermit) -> Take<ReadJob> {
    loop {
        let entry = queues.take(lane)?;
        match wire::read(&entry.body, newest) {
            Read::Job(message) => {
                let message = *message;
                let Message { deliveries_before, trace, .. } = entry;
                return Ok((ReadJob { message, lane, deliveries_before, trace }, Unsettled::new(queues, entry, room)));
            }
            Read::Newer { version } => queues.put_back(entry, version),
            Read::Malformed(reason) => {
                tracing::warn!(reason = reason.text, "a message became a dead letter");
                queues.dead_letter(entry, reason);
            }
        }
    }
}

impl<T> Consumer<T> {
    pub(crate) async fn next(&mut self) -> Option<(T, Unsettled)> {
        if self.is_stopped {
            return None;
        }
        let closed = self.queues.closed.clone();
        closed.run_until_cancelled_owned(self.wait()).await
    }

    pub(crate) fn stop(&mut self) {
        self.is_stopped = true;
    }

    async fn wait(&self) -> (T, Unsettled) {
        loop {
            // Subscribed before the queues are read: a message that arrives in between is not missed.
            let mut changed = pin!(self.queues.changed.notified());
            changed.as_mut().enable();
            match (self.take)(&self.queues) {
                Ok(taken) => return taken,
                Err(None) => changed.await,
                Err(Some(due)) => tokio::select! {
                    () = changed => {}
                    () = sleep_until(due) => {}
                },
            }
        }
    }
}

impl<T> fmt::Debug for Consumer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer").field("is_stopped", &self.is_stopped).finish_non_exhaustive()
    }
}
