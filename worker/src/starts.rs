//! Which jobs may have been the end of a worker process, told by marks in the store and by the count of deliveries.
//!
//! Used by `settle` around each attempt. A first delivery writes nothing: a request for each job would be too dear. One that
//! may not be the first looks for the mark of an earlier start, and writes its own before the job can do harm. Each process
//! removes its own marks however an attempt ends, so a mark of another process is of one that died with the job in hand, or
//! is frozen. A process whose channel or broker went away is neither. So a harmful job ends at most two processes: that of
//! its first delivery and that which left the mark.
//!
//! Where the store does not say or does not take a mark, a job counts as a suspect: that costs a process start, and the other
//! way round it might cost a worker at every delivery.

use std::{
    collections::HashSet,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use broker::Delivery;
use futures::future::join_all;
use proto_shared::JobId;
use store::{Start, Store, StoreError};
use tokio::time::timeout;

/// From so many deliveries on a job is a suspect, whatever the marks say. The broker gives up after
/// `proto_shared::queue::DELIVERY_LIMIT`; until then a harmless job is still done, in a process of its own.
const SUSPECT_AFTER: u32 = 3;

/// What removing marks may take at the end of a process.
const CLEARED_WITHIN: Duration = Duration::from_secs(2);

/// A worker process, by a name that no other has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessId(String);

impl ProcessId {
    /// A name at random, made once a process.
    #[must_use]
    pub fn random() -> Self {
        Self(format!("{:032x}", fastrand::u128(..)))
    }

    /// A name that a test chooses.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self(name.to_owned())
    }
}

impl fmt::Display for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is known of a job before an attempt at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is delivered for the first time.
    New,
    /// It was delivered before, and nobody died of it as far as is known. Its start is to be marked.
    Unmarked,
    /// A process may have died of it.
    Suspect,
}

/// The marks of this process.
#[derive(Debug)]
pub(crate) struct Starts {
    store: Store,
    process: ProcessId,
    /// Jobs whose mark stands.
    marked: Mutex<HashSet<JobId>>,
}

impl Starts {
    pub(crate) fn new(store: Store, process: ProcessId) -> Self {
        Self { store, process, marked: Mutex::default() }
    }

    /// What is known of a delivery's job.
    pub(crate) async fn look(&self, delivery: &Delivery) -> Standing {
        let (before, id) = (delivery.deliveries_before(), &delivery.message().job.id);
        if before == 0 && delivery.attempt() == 1 {
            return Standing::New;
        }
        if before >= SUSPECT_AFTER {
            tracing::warn!(deliveries_before = before, "delivered often and not settled: a suspect");
            return Standing::Suspect;
        }
        match self.store.get_start(id).await {
            Ok(Some(start)) if start.process != self.process.0 => {
                tracing::warn!(process = start.process, "a worker process died with this job in hand: a suspect");
                Standing::Suspect
            }
            Ok(_) => Standing::Unmarked,
            Err(error) => {
                tracing::warn!(%error, "failed to look for the mark of an earlier start: a suspect");
                Standing::Suspect
            }
        }
    }

    /// Marks the start of a job that is no suspect yet.
    ///
    /// # Errors
    /// The mark does not stand; the job is to be rendered in a process of its own.
    pub(crate) async fn mark(&self, delivery: &Delivery) -> Result<(), StoreError> {
        let id = &delivery.message().job.id;
        let start = Start { process: self.process.0.clone(), deliveries_before: delivery.deliveries_before() };
        // Before it is asked for: a request that is dropped or fails may have been done.
        self.lock().insert(id.clone());
        self.store.mark_start(id, &start).await
    }

    /// Removes the mark of a job that this process has come to an end of, if it has written one.
    pub(crate) async fn clear(&self, id: &JobId) {
        if !self.lock().remove(id) {
            return;
        }
        if let Err(error) = self.store.clear_start(id).await {
            // Should it be delivered to another, it is rendered apart.
            tracing::warn!(%error, "failed to remove the mark of a start");
        }
    }

    /// Removes all marks of this process, before what it has in hand is given back.
    pub(crate) async fn clear_all(&self) {
        let marked: Vec<_> = self.lock().iter().cloned().collect();
        let clearing = join_all(marked.iter().map(|id| self.clear(id)));
        if timeout(CLEARED_WITHIN, clearing).await.is_err() {
            tracing::warn!("the marks of some starts stay: their jobs are rendered apart");
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<JobId>> {
        self.marked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
