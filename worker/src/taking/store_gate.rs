//! Whether the store answers at all. While it does not, jobs wait unsettled: sent through the retry queues, all jobs that a
//! worker takes meanwhile would lose attempts, and be delivered again minutes after the store is back.
//!
//! Used by `settle` alone: before an attempt, and after one that failed because of the store. One job probes the store for all
//! jobs of its worker. A job that fails while the store answers the probe has a problem of its own, and is retried as usual.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use backon::{ConstantBuilder, Retryable as _};
use store::{Store, StoreError};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

/// A delivery waits no longer than this in all. The broker closes the channel of one that is unsettled for 30 minutes.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// Between two probes, each of which is a request that the store's client repeats for five seconds. The jitter adds up to once
/// the pause.
const PROBES: ConstantBuilder = ConstantBuilder::new().with_delay(Duration::from_millis(500)).with_jitter().without_max_times();

/// When an attempt began, by the outages so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Passed {
    outages: u64,
}

#[derive(Debug)]
pub(crate) struct StoreGate {
    store: Store,
    is_away: AtomicBool,
    /// Outages that have come to an end.
    outages: AtomicU64,
    /// Held by the job that probes.
    probing: Mutex<()>,
    draining: CancellationToken,
}

impl StoreGate {
    pub(crate) fn new(store: Store) -> Self {
        let (is_away, outages) = (AtomicBool::default(), AtomicU64::default());
        Self { store, is_away, outages, probing: Mutex::default(), draining: CancellationToken::new() }
    }

    /// Before an attempt: returns at once unless the store is known to be away.
    pub(crate) async fn pass(&self, until: Instant) -> Passed {
        let passed = Passed { outages: self.outages.load(Ordering::SeqCst) };
        if self.is_away.load(Ordering::SeqCst) {
            self.was_away(passed, until).await;
        }
        Passed { outages: self.outages.load(Ordering::SeqCst) }
    }

    /// After an attempt that failed because of the store: whether the store was away for all jobs since the attempt began and
    /// is back, so that the attempt does not count. Waits for that until `until` at most, and not beyond the beginning of a drain.
    pub(crate) async fn was_away(&self, since: Passed, until: Instant) -> bool {
        let has_come_back = || self.outages.load(Ordering::SeqCst) != since.outages;
        let waiting = async {
            let _probing = self.probing.lock().await;
            if !has_come_back() {
                self.probe().await;
            }
            has_come_back()
        };
        let left = until.saturating_duration_since(Instant::now());
        match timeout(left, self.draining.run_until_cancelled(waiting)).await {
            Ok(Some(was_away)) => was_away,
            Ok(None) => false,
            Err(_) => {
                tracing::warn!(held_s = LONGEST_WAIT.as_secs(), "the store stays away: the attempt counts");
                false
            }
        }
    }

    /// Ends all waits: the worker finishes what it can.
    pub(crate) fn drain(&self) {
        self.draining.cancel();
    }

    /// Returns when the store answers.
    async fn probe(&self) {
        let began = Instant::now();
        let probe = || self.store.ready();
        let tell = |error: &StoreError, _| {
            if !self.is_away.swap(true, Ordering::SeqCst) {
                tracing::warn!(%error, "the store does not answer: jobs in hand wait for it");
            }
        };
        // Many workers lose one store at the same moment; jitter keeps them from probing it at the same moments. Without a limit
        // of times no error is left at the end.
        let _ = probe.retry(PROBES).notify(tell).await;
        if self.is_away.swap(false, Ordering::SeqCst) {
            self.outages.fetch_add(1, Ordering::SeqCst);
            tracing::info!(waited_ms = began.elapsed().as_millis(), "the store answers again");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures::future::join_all;
    use store::{Fault, Faults, Operation, StoreConfig};
    use tokio::time::sleep;

    use super::*;

    fn gate() -> (Arc<StoreGate>, Faults) {
        let (store, faults) = Store::open_with_faults(&StoreConfig::new("memory:")).unwrap();
        (Arc::new(StoreGate::new(store)), faults)
    }

    fn later() -> Instant {
        Instant::now() + LONGEST_WAIT
    }

    fn probes(faults: &Faults) -> u64 {
        faults.count(Operation::List, "")
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_answers_leaves_the_job_to_its_own_trouble() {
        let (gate, faults) = gate();
        let passed = gate.pass(later()).await;
        assert_eq!(probes(&faults), 0);
        assert!(!gate.was_away(passed, later()).await);
        assert_eq!(probes(&faults), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn all_wait_for_a_store_that_is_away_and_one_probes_for_them() {
        let (gate, faults) = gate();
        faults.next(10, Operation::List, "", Fault::Fail);
        let passed = gate.pass(later()).await;
        let new = async {
            // Comes while it is away.
            sleep(Duration::from_secs(2)).await;
            gate.pass(later()).await;
        };
        let (all, ()) = tokio::join!(join_all((0..20).map(|_| gate.was_away(passed, later()))), new);
        assert!(all.into_iter().all(|was_away| was_away));
        assert_eq!(probes(&faults), 11);
        let began = Instant::now();
        gate.pass(later()).await;
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert!(gate.was_away(passed, later()).await, "whose request took so long to fail");
        assert_eq!(probes(&faults), 11);
    }

    #[tokio::test(start_paused = true)]
    async fn when_the_one_that_probes_is_dropped_another_does() {
        let (gate, faults) = gate();
        faults.next(10, Operation::List, "", Fault::Fail);
        let passed = gate.pass(later()).await;
        let cancelled = timeout(Duration::from_secs(2), gate.was_away(passed, later()));
        let (cancelled, other) = tokio::join!(cancelled, gate.was_away(passed, later()));
        assert!(cancelled.is_err() && other);
    }

    #[tokio::test(start_paused = true)]
    async fn no_job_waits_for_ever_nor_for_a_worker_that_drains() {
        let (gate, faults) = gate();
        faults.all(Operation::List, "", Fault::Fail);
        let (passed, began) = (gate.pass(later()).await, Instant::now());
        assert!(!gate.was_away(passed, later()).await);
        assert_eq!(began.elapsed(), LONGEST_WAIT);
        let (was_away, ()) = tokio::join!(gate.was_away(passed, later()), async {
            sleep(Duration::from_secs(5)).await;
            gate.drain();
        });
        assert!(!was_away);
        assert_eq!(began.elapsed(), LONGEST_WAIT + Duration::from_secs(5));
    }
}
