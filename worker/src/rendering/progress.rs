//! Reports how far a rendering is: not for every frame, but a few times a second.
//!
//! `settle` makes it, `render` reports to it.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

/// Reports closer together than this are left out.
const INTERVAL_MS: u64 = 200;

/// Called with the frames that are finished and the frames there are, on any of the engine's threads.
#[derive(Clone, Default)]
pub struct Progress(Option<Arc<dyn Fn(u32, u32) + Send + Sync>>);

impl Progress {
    /// Passes reports on to `tell`, a few times a second.
    pub(crate) fn throttled(tell: impl Fn(u32, u32) + Send + Sync + 'static) -> Self {
        let (begun, last_ms) = (Instant::now(), AtomicU64::new(0));
        Self(Some(Arc::new(move |done, of| {
            let now_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            let last = last_ms.load(Ordering::Relaxed);
            let is_due = now_ms.saturating_sub(last) >= INTERVAL_MS;
            if is_due && last_ms.compare_exchange(last, now_ms, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
                tell(done, of);
            }
        })))
    }

    pub(crate) fn tell(&self, done: u32, of: u32) {
        if let Some(tell) = &self.0 {
            tell(done, of);
        }
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Progress").field(&self.0.is_some()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_that_come_fast_are_passed_on_once_at_most() {
        let told = Arc::new(AtomicU64::new(0));
        let count = told.clone();
        let progress = Progress::throttled(move |_, _| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        for frame in 0..1000 {
            progress.tell(frame, 1000);
        }
        assert!(told.load(Ordering::Relaxed) <= 2);
        Progress::default().tell(1, 1);
    }
}
