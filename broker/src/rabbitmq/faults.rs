//! What is broken at this moment, and since when something has been.
//!
//! Written by the tasks that keep connections and consumers up, read by `ready` and `outage`. It repairs nothing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// All faults of one broker.
#[derive(Debug, Default)]
pub(super) struct Faults(Mutex<Present>);

#[derive(Debug, Default)]
struct Present {
    count: usize,
    /// When the count last left zero.
    since: Option<Instant>,
}

impl Faults {
    pub(super) fn count(&self) -> usize {
        self.lock().count
    }

    pub(super) fn outage(&self) -> Option<Duration> {
        self.lock().since.map(|since| since.elapsed())
    }

    fn lock(&self) -> MutexGuard<'_, Present> {
        // Two assignments are all that is ever done under it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The part of one connection or consumer in the faults. Whoever is dropped has none.
#[derive(Debug)]
pub(super) struct Fault {
    faults: Arc<Faults>,
    on: bool,
}

impl Fault {
    pub(super) fn none(faults: &Arc<Faults>) -> Self {
        Self { faults: Arc::clone(faults), on: false }
    }

    pub(super) fn begin(&mut self) {
        if !std::mem::replace(&mut self.on, true) {
            let mut present = self.faults.lock();
            present.count += 1;
            present.since.get_or_insert_with(Instant::now);
        }
    }

    pub(super) fn end(&mut self) {
        if std::mem::replace(&mut self.on, false) {
            let mut present = self.faults.lock();
            present.count -= 1;
            if present.count == 0 {
                present.since = None;
            }
        }
    }
}

impl Drop for Fault {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_outage_lasts_from_the_first_fault_to_the_end_of_the_last() {
        let faults = Arc::default();
        let (mut first, mut second) = (Fault::none(&faults), Fault::none(&faults));
        assert_eq!((faults.count(), faults.outage()), (0, None));
        first.begin();
        first.begin();
        tokio::time::advance(Duration::from_secs(3)).await;
        second.begin();
        first.end();
        tokio::time::advance(Duration::from_secs(4)).await;
        assert_eq!((faults.count(), faults.outage()), (1, Some(Duration::from_secs(7))));
        drop(second);
        assert_eq!((faults.count(), faults.outage()), (0, None));
    }
}
