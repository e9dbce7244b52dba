//! The handle by which a test sets faults and reads what was asked.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::plan::{Fault, Operation, Plan};

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

    pub(super) fn plan(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
