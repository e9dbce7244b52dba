//! When a worker searches for lost jobs.
//!
//! Run beside the jobs by `worker`, which ends it by dropping it. Time is cut into ten-minute slots. Only the first worker in
//! each slot searches; the others skip that slot. Each start of a worker is followed by a search that began after it:
//!
//! ```text
//! slot    |--------- 1 ---------|--------- 2 ---------|--------- 3 ---------|
//! worker A  starts, searches       skips: B was first    searches
//! worker B       starts, waits     searches              skips: A was first
//! ```
//!
//! B waits in slot 1: A's search began before B started, and may have missed what B's crash lost. In slot 2 B is first. A worker
//! skips a slot only once another search that began since its start has ended. A search that was only begun counts for nothing:
//! its worker may be dead. Where the store fails to say which worker is first, every worker searches. A time that a wrong
//! clock wrote is ignored if it is in the future, and a clock that was put back is not waited for.

use std::time::Duration;

use broker::Broker;
use service::Clock;
use store::{Created, Store};
use tokio::time::sleep;

use crate::lost_jobs::requeue::{LostAfter, requeue_lost};

/// The length of a slot, in which one worker searches.
const SLOT_MS: u64 = 600_000;

/// Workers ask whether they are first at different times after the beginning of a slot, this far apart at most: there may be a
/// hundred of them.
pub(crate) const SPREAD: Duration = Duration::from_secs(60);

/// What a search needs, and when this worker makes one.
pub(crate) struct SearchSchedule<'a> {
    pub(crate) store: &'a Store,
    pub(crate) broker: &'a Broker,
    pub(crate) clock: &'a Clock,
    /// How far into a slot this worker asks whether it is first; at most [`SPREAD`]. It stays the same, so that searches stay
    /// ten minutes apart.
    pub(crate) spread: Duration,
}

impl SearchSchedule<'_> {
    /// Searches in every slot in which this worker is the first, for ever. `searched` is called after each search here, with how
    /// many jobs were queued again.
    pub(crate) async fn run(&self, searched: impl Fn(u64)) {
        let mut since_ms = self.clock.now_ms();
        loop {
            if let Some(jobs) = self.after(since_ms).await {
                searched(jobs);
            }
            since_ms = self.clock.now_ms();
            self.next_slot().await;
        }
    }

    /// Returns once a search that began after that time has ended: with how many jobs were queued again if it was made here, and
    /// `None` if another worker made it.
    async fn after(&self, mut since_ms: u64) -> Option<u64> {
        loop {
            // The clock may have been put back: nobody waits until it is there again.
            since_ms = since_ms.min(self.clock.now_ms());
            if self.has_ended_since(since_ms).await {
                return None;
            }
            if let Some(jobs) = self.search().await {
                return Some(jobs);
            }
            self.next_slot().await;
        }
    }

    /// Searches, if this worker is the first in this slot; answers how many jobs were queued again.
    async fn search(&self) -> Option<u64> {
        let begun = self.store.begin_search(self.clock.now_ms() / SLOT_MS).await;
        if matches!(begun, Ok(Created::AlreadyThere)) {
            return None;
        }
        match requeue_lost(self.store, self.broker, self.clock, LostAfter::default()).await {
            Ok(jobs) => {
                if let Err(error) = begun {
                    tracing::warn!(%error, "workers could not agree on one to search for lost jobs: each does");
                }
                Some(jobs)
            }
            Err(error) => {
                tracing::warn!(%error, "failed to search for lost jobs");
                None
            }
        }
    }

    async fn next_slot(&self) {
        let to_next_ms = SLOT_MS - self.clock.now_ms() % SLOT_MS;
        sleep(Duration::from_millis(to_next_ms) + self.spread).await;
    }

    /// Whether a search that began after that time has ended.
    async fn has_ended_since(&self, since_ms: u64) -> bool {
        // A record that can't be read is written again by the next search.
        let Ok(Some(began_ms)) = self.store.last_search().await else { return false };
        // A time in the future is of a wrong clock: believed, it would stand for searches that nobody makes.
        began_ms > since_ms && began_ms <= self.clock.now_ms()
    }
}

#[cfg(test)]
mod tests;
