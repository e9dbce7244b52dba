//! Who of the jobs in hand works: while express jobs come, standard ones hold back.
//!
//! Used by `settle` alone. Jobs in hand share the store and the CPUs beyond the engine's threads, where an express job can't go
//! before the others: so that one client's many jobs don't double what another waits, fewer of them are at it. None waits
//! for ever: one always works.

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

/// Whoever came lately may come again at once.
const LATELY: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Turns {
    /// Standard jobs that work while express jobs come.
    few: NonZeroUsize,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    standard: usize,
    /// Until then express jobs count as coming.
    express_until: Option<Instant>,
}

/// Leave to work, until it is dropped.
#[must_use]
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    turns: &'a Turns,
    lane: Lane,
}

impl Turns {
    pub(crate) fn new(few: NonZeroUsize) -> Self {
        Self { few, state: Mutex::default(), changed: Notify::new() }
    }

    /// At once for an express job; for a standard one as soon as there is no other reason to wait than those that work.
    pub(crate) async fn take(&self, lane: Lane) -> Turn<'_> {
        loop {
            let changed = self.changed.notified();
            let until = {
                let mut state = self.lock();
                let now = Instant::now();
                match (lane, state.express_until) {
                    (Lane::Express, _) => {
                        state.express_until = Some(now + LATELY);
                        return Turn { turns: self, lane };
                    }
                    (Lane::Standard, Some(until)) if until > now && state.standard >= self.few.get() => until,
                    (Lane::Standard, _) => {
                        state.standard += 1;
                        return Turn { turns: self, lane };
                    }
                }
            };
            // Either is a reason to look again.
            let _ = timeout_at(until, changed).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        match self.lane {
            Lane::Express => self.turns.lock().express_until = Some(Instant::now() + LATELY),
            Lane::Standard => {
                self.turns.lock().standard -= 1;
                self.turns.changed.notify_one();
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
        let turns = Turns::new(TWO);
        let mut many = Vec::new();
        for _ in 0..5 {
            many.push(turns.take(Lane::Standard).now_or_never().unwrap());
        }
        let express = turns.take(Lane::Express).now_or_never().unwrap();
        assert!(turns.take(Lane::Standard).now_or_never().is_none());
        drop(express);
        // Another may come at once.
        assert!(turns.take(Lane::Standard).now_or_never().is_none());
        let mut waiting = Box::pin(turns.take(Lane::Standard));
        assert!(futures::poll!(&mut waiting).is_pending());
        while many.len() > 2 {
            many.pop();
            assert!(futures::poll!(&mut waiting).is_pending(), "{} work", many.len());
        }
        many.pop();
        many.push(waiting.await);
        assert!(turns.take(Lane::Standard).now_or_never().is_none());
        assert!(turns.take(Lane::Express).now_or_never().is_some());
    }

    #[tokio::test]
    async fn when_no_express_job_has_come_for_a_while_all_go_on() {
        let turns = Turns::new(TWO);
        drop(turns.take(Lane::Express).await);
        let (_one, _other) = (turns.take(Lane::Standard).await, turns.take(Lane::Standard).await);
        let came_at = Instant::now();
        let _third = turns.take(Lane::Standard).await;
        assert!(came_at.elapsed() >= LATELY / 2);
    }
}
