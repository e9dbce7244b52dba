//! A backend that fails, hangs, tears and waits when a test tells it to, and counts what it is asked.
//!
//! For tests of this crate and of those above it, behind the feature `faults`; never in a release build. It stands between
//! `Objects` and the backend, so keys are those of `proto_shared::keys`. Nothing in it is left to chance: faults strike
//! the operations they were set for, in the order in which these come.

mod backend;
mod plan;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use object_store::ObjectStore;

use plan::Plan;

/// What a backend is asked to do. Each is one request to S3, but for deletions, of which it takes a thousand in one, and
/// listings, of which it gives a thousand objects with each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Writing an object over what stood there, at once; or beginning, sending a part of, or completing one in parts.
    Put,
    /// Writing an object where none stands.
    Create,
    /// Reading an object.
    Get,
    /// Asking whether an object stands there, and how long and old it is.
    Head,
    /// Listing objects.
    List,
    /// Deleting an object.
    Delete,
}

/// How an operation goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is refused, and nothing happens.
    Fail,
    /// It never answers, and nothing happens.
    Hang,
    /// It breaks half way. A put or create sends half its bytes as an upload that is never completed; a get or a listing
    /// gives half of what there is and then an error. Anything else fails.
    Tear,
    /// It is done, and the answer is lost. Reads and deletions fail.
    LoseAnswer,
    /// It is done after a while.
    Delay(Duration),
}

/// The test's handle to a store's faults. Clones speak to the same store.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<Plan>>);

impl Faults {
    /// The next `times` operations of this kind under a prefix of the key go wrong. Of several faults that match, the one
    /// that was set first strikes first.
    pub fn next(&self, times: u64, operation: Operation, prefix: &str, fault: Fault) {
        self.plan().add(operation, prefix, times, fault);
    }

    /// Every operation of this kind under a prefix goes wrong until [`Faults::heal`].
    pub fn all(&self, operation: Operation, prefix: &str, fault: Fault) {
        self.next(u64::MAX, operation, prefix, fault);
    }

    /// Every operation of whatever kind after the next `operations` is refused until [`Faults::heal`]: what is left of a
    /// process killed at that point.
    pub fn stop_after(&self, operations: u64) {
        self.plan().stop_after(operations);
    }

    /// No more faults. What hangs, hangs on.
    pub fn heal(&self) {
        self.plan().heal();
    }

    /// Everything stored so far gets older.
    pub fn pass(&self, time: Duration) {
        self.plan().pass(time);
    }

    /// How many operations of this kind began under a prefix of the key, since the start or the last
    /// [`Faults::forget`]; those that went wrong included.
    #[must_use]
    pub fn count(&self, operation: Operation, prefix: &str) -> u64 {
        self.plan().count(operation, prefix)
    }

    /// What was asked, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<(Operation, String)> {
        self.plan().asked()
    }

    /// Counts from nothing again.
    pub fn forget(&self) {
        self.plan().forget();
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A backend with faults before it.
pub(crate) fn wrap(inner: Arc<dyn ObjectStore>) -> (Arc<dyn ObjectStore>, Faults) {
    let faults = Faults::default();
    (Arc::new(backend::Faulty { inner, faults: faults.clone() }), faults)
}
