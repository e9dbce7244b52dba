//! Messages of a newer release, which this process leaves to those who know them: how many, and a word of it now and then.
//!
//! Kept in the tally of both backends. It must never write a line for each: there may be thousands, and each comes again.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

/// At most one line of the log in so long.
const TOLD_EVERY: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub(crate) struct Newer {
    seen: AtomicU64,
    told_at: Mutex<Option<Instant>>,
}

impl Newer {
    /// One was put back.
    pub(crate) fn note(&self, version: u64) {
        let so_far = self.seen.fetch_add(1, Ordering::Relaxed) + 1;
        if self.is_to_be_told() {
            tracing::warn!(version, so_far, "a job needs a newer release than this worker is of: it waits for such a worker");
        }
    }

    pub(crate) fn get(&self) -> u64 {
        self.seen.load(Ordering::Relaxed)
    }

    fn is_to_be_told(&self) -> bool {
        let mut told_at = self.told_at.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = told_at.is_none_or(|at| at.elapsed() >= TOLD_EVERY);
        if is_due {
            *told_at = Some(Instant::now());
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_is_counted_and_one_a_minute_is_told() {
        let newer = Newer::default();
        let mut told = 0;
        for _ in 0..1_200 {
            told += u32::from(newer.is_to_be_told());
            newer.note(2);
            tokio::time::advance(Duration::from_millis(100)).await;
        }
        assert_eq!((newer.get(), told), (1_200, 2));
    }
}
