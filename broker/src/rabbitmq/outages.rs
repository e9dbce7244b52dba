//! What is broken at this moment, and since when something has been.
//!
//! Written by the tasks that keep connections and consumers up, read by `ready` and `Broker::outage`. It repairs nothing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// All outages of one broker.
#[derive(Debug, Default)]
pub(super) struct Outages(Mutex<Ongoing>);

#[derive(Debug, Default)]
struct Ongoing {
    count: usize,
    /// When the count last left zero.
    since: Option<Instant>,
}

impl Outages {
    pub(super) fn count(&self) -> usize {
        self.lock().count
    }

    pub(super) fn longest(&self) -> Option<Duration> {
        self.lock().since.map(|since| since.elapsed())
    }

    fn lock(&self) -> MutexGuard<'_, Ongoing> {
        // Two assignments are all that is ever done under it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The part of one connection or consumer in the outages. Whoever is dropped has none.
#[derive(Debug)]
pub(super) struct Outage {
    outages: Arc<Outages>,
    on: bool,
}

impl Outage {
    pub(super) fn none(outages: &Arc<Outages>) -> Self {
        Self { outages: Arc::clone(outages), on: false }
    }

    pub(super) fn begin(&mut self) {
        if !std::mem::replace(&mut self.on, true) {
            let mut ongoing = self.outages.lock();
            ongoing.count += 1;
            ongoing.since.get_or_insert_with(Instant::now);
        }
    }

    pub(super) fn end(&mut self) {
        if std::mem::replace(&mut self.on, false) {
            let mut ongoing = self.outages.lock();
            ongoing.count -= 1;
            if ongoing.count == 0 {
                ongoing.since = None;
            }
        }
    }
}

impl Drop for Outage {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_outage_lasts_from_the_first_fault_to_the_end_of_the_last() {
        let outages = Arc::default();
        let (mut first, mut second) = (Outage::none(&outages), Outage::none(&outages));
        assert_eq!((outages.count(), outages.longest()), (0, None));
        first.begin();
        first.begin();
        tokio::time::advance(Duration::from_secs(3)).await;
        second.begin();
        first.end();
        tokio::time::advance(Duration::from_secs(4)).await;
        assert_eq!((outages.count(), outages.longest()), (1, Some(Duration::from_secs(7))));
        drop(second);
        assert_eq!((outages.count(), outages.longest()), (0, None));
    }
}
