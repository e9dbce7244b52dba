//! Counts the messages of a newer release, which this process leaves to workers that know them, and logs one line a minute.
//!
//! Kept in the tally of both backends. It must never log a line for each: there may be thousands, and each is delivered again.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

/// Between two lines of the log.
const LOG_EVERY: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub(crate) struct NewerReleases {
    seen: AtomicU64,
    logged_at: Mutex<Option<Instant>>,
}

impl NewerReleases {
    /// One was put back.
    pub(crate) fn note(&self, version: u64) {
        let so_far = self.seen.fetch_add(1, Ordering::Relaxed) + 1;
        if self.is_log_due() {
            tracing::warn!(version, so_far, "a job needs a newer release than this worker is of: it waits for such a worker");
        }
    }

    pub(crate) fn get(&self) -> u64 {
        self.seen.load(Ordering::Relaxed)
    }

    fn is_log_due(&self) -> bool {
        let mut logged_at = self.logged_at.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = logged_at.is_none_or(|at| at.elapsed() >= LOG_EVERY);
        if is_due {
            *logged_at = Some(Instant::now());
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_is_counted_and_one_a_minute_is_logged() {
        let newer = NewerReleases::default();
        let mut logged = 0;
        for _ in 0..1_200 {
            logged += u32::from(newer.is_log_due());
            newer.note(2);
            tokio::time::advance(Duration::from_millis(100)).await;
        }
        assert_eq!((newer.get(), logged), (1_200, 2));
    }
}
