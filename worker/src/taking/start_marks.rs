//! Which jobs a worker process may have died of, by marks in the store and by the count of deliveries.
//!
//! Used by `settle` around each attempt. A first delivery writes nothing: a request for each job would be too expensive. A delivery
//! that may not be the first reads the mark of an earlier start, and writes its own before the job can do harm. Each process
//! removes its own marks however an attempt ends, so a mark of another process means that this process died while it worked on
//! the job, or is frozen; losing a channel or the broker leaves no mark.
//!
//! So a harmful job ends at most two processes:
//!
//! | delivery | mark found | rendered | the job kills |
//! | --- | --- | --- | --- |
//! | first | not read | among other jobs, without a mark | process A |
//! | second | none | among other jobs, marked by process B | process B |
//! | third | B's | in a process of its own | that process alone |
//!
//! Where the store does not answer or does not accept a mark, a job counts as a suspect: that costs a process start, while a
//! job wrongly trusted might cost a worker at every delivery.

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

/// From this many deliveries before on a job is a suspect, whatever the marks say. The broker gives up after
/// `proto_shared::queue::DELIVERY_LIMIT`; until then a harmless job is still done, in a process of its own.
const SUSPECT_AFTER: u32 = 3;

/// What removing all marks may take at the end of a process.
const CLEAR_TIMEOUT: Duration = Duration::from_secs(2);

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

/// Whether a worker process may have died of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suspicion {
    /// It is delivered for the first time.
    FirstDelivery,
    /// It was delivered before, and no process is known to have died of it. Its start is to be marked.
    Unmarked,
    /// A process may have died of it.
    Suspect,
}

/// The marks of this process.
#[derive(Debug)]
pub(crate) struct StartMarks {
    store: Store,
    process: ProcessId,
    /// Jobs whose mark is stored, or may be.
    marked: Mutex<HashSet<JobId>>,
}

impl StartMarks {
    pub(crate) fn new(store: Store, process: ProcessId) -> Self {
        Self { store, process, marked: Mutex::default() }
    }

    /// Whether a process may have died of this delivery's job.
    pub(crate) async fn check(&self, delivery: &Delivery) -> Suspicion {
        let (before, id) = (delivery.deliveries_before(), &delivery.message().job.id);
        if before == 0 && delivery.attempt() == 1 {
            return Suspicion::FirstDelivery;
        }
        if before >= SUSPECT_AFTER {
            tracing::warn!(deliveries_before = before, "delivered often and not settled: a suspect");
            return Suspicion::Suspect;
        }
        match self.store.get_start(id).await {
            Ok(Some(start)) if start.process != self.process.0 => {
                tracing::warn!(process = start.process, "a worker process died with this job in hand: a suspect");
                Suspicion::Suspect
            }
            Ok(_) => Suspicion::Unmarked,
            Err(error) => {
                tracing::warn!(%error, "failed to look for the mark of an earlier start: a suspect");
                Suspicion::Suspect
            }
        }
    }

    /// Marks the start of a job that is no suspect yet.
    ///
    /// # Errors
    /// The mark was not stored; the job is to be rendered in a process of its own.
    pub(crate) async fn mark(&self, delivery: &Delivery) -> Result<(), StoreError> {
        let id = &delivery.message().job.id;
        let start = Start { process: self.process.0.clone(), deliveries_before: delivery.deliveries_before() };
        // Noted before the request: one that is dropped or fails may have been done.
        self.lock().insert(id.clone());
        self.store.mark_start(id, &start).await
    }

    /// Removes the mark of a job whose attempt has ended here, if there is one.
    pub(crate) async fn clear(&self, id: &JobId) {
        if !self.lock().remove(id) {
            return;
        }
        if let Err(error) = self.store.clear_start(id).await {
            // If the job is delivered to another process, it is rendered in a process of its own.
            tracing::warn!(%error, "failed to remove the mark of a start");
        }
    }

    /// Removes all marks of this process, before its unsettled deliveries are given back.
    pub(crate) async fn clear_all(&self) {
        let marked: Vec<_> = self.lock().iter().cloned().collect();
        let clearing = join_all(marked.iter().map(|id| self.clear(id)));
        if timeout(CLEAR_TIMEOUT, clearing).await.is_err() {
            tracing::warn!("the marks of some starts stay: their jobs are rendered in processes of their own");
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<JobId>> {
        self.marked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
