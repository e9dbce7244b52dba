//! Limits how many standard jobs run while express jobs arrive.
//!
//! Used by `settle` alone. Before and after the engine, express and standard jobs of a worker share the store's connections and the
//! CPUs, and there an express job has no precedence. So that one client's many jobs don't double another's wait, fewer standard jobs run at a time
//! while express jobs arrive. No job waits for ever: at least one standard job always runs.

use std::{
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use proto_shared::Lane;
use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

/// Express jobs count as arriving for this long after the last one began or ended.
const EXPRESS_PERIOD: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct LanePriority {
    /// Standard jobs that may run while express jobs arrive.
    standard_beside_express: NonZeroUsize,
    state: Mutex<Running>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Running {
    standard: usize,
    /// Until then express jobs count as arriving.
    express_until: Option<Instant>,
}

/// Permission to run, until it is dropped.
#[must_use]
#[derive(Debug)]
pub(crate) struct Permit<'a> {
    priority: &'a LanePriority,
    lane: Lane,
}

impl LanePriority {
    pub(crate) fn new(standard_beside_express: NonZeroUsize) -> Self {
        Self { standard_beside_express, state: Mutex::default(), changed: Notify::new() }
    }

    /// At once for an express job; for a standard one as soon as few enough of them run, or no express job has arrived lately.
    pub(crate) async fn acquire(&self, lane: Lane) -> Permit<'_> {
        loop {
            let changed = self.changed.notified();
            let until = {
                let mut state = self.lock();
                let now = Instant::now();
                match (lane, state.express_until) {
                    (Lane::Express, _) => {
                        state.express_until = Some(now + EXPRESS_PERIOD);
                        return Permit { priority: self, lane };
                    }
                    (Lane::Standard, Some(until)) if until > now && state.standard >= self.standard_beside_express.get() => until,
                    (Lane::Standard, _) => {
                        state.standard += 1;
                        return Permit { priority: self, lane };
                    }
                }
            };
            // Whichever comes first, the state is read again.
            let _ = timeout_at(until, changed).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        match self.lane {
            Lane::Express => self.priority.lock().express_until = Some(Instant::now() + EXPRESS_PERIOD),
            Lane::Standard => {
                self.priority.lock().standard -= 1;
                self.priority.changed.notify_one();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    const TWO: NonZeroUsize = NonZeroUsize::new(2).unwrap();

    #[tokio::test]
    async fn standard_jobs_are_as_many_as_they_like_until_an_express_one_comes() {
        let priority = LanePriority::new(TWO);
        let mut many = Vec::new();
        for _ in 0..5 {
            many.push(priority.acquire(Lane::Standard).now_or_never().unwrap());
        }
        let express = priority.acquire(Lane::Express).now_or_never().unwrap();
        assert!(priority.acquire(Lane::Standard).now_or_never().is_none());
        drop(express);
        // Another may come at once.
        assert!(priority.acquire(Lane::Standard).now_or_never().is_none());
        let mut waiting = Box::pin(priority.acquire(Lane::Standard));
        assert!(futures::poll!(&mut waiting).is_pending());
        while many.len() > 2 {
            many.pop();
            assert!(futures::poll!(&mut waiting).is_pending(), "{} work", many.len());
        }
        many.pop();
        many.push(waiting.await);
        assert!(priority.acquire(Lane::Standard).now_or_never().is_none());
        assert!(priority.acquire(Lane::Express).now_or_never().is_some());
    }

    #[tokio::test]
    async fn when_no_express_job_has_come_for_a_while_all_go_on() {
        let priority = LanePriority::new(TWO);
        drop(priority.acquire(Lane::Express).await);
        let (_one, _other) = (priority.acquire(Lane::Standard).await, priority.acquire(Lane::Standard).await);
        let came_at = Instant::now();
        let _third = priority.acquire(Lane::Standard).await;
        assert!(came_at.elapsed() >= EXPRESS_PERIOD / 2);
    }
}
