//! How far a rendering is, told as it goes: not for every frame, but a few times a second.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

/// What is told more often than this is left out.
const APART_MS: u64 = 200;

/// Is told of frames, on any of the engine's threads: how many are finished, of how many.
#[derive(Clone, Default)]
pub struct Progress(Option<Arc<dyn Fn(u32, u32) + Send + Sync>>);

impl Progress {
    /// Passes on what is told, a few times a second.
    pub(crate) fn seldom(tell: impl Fn(u32, u32) + Send + Sync + 'static) -> Self {
        let (begun, last_ms) = (Instant::now(), AtomicU64::new(0));
        Self(Some(Arc::new(move |done, of| {
            let now_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            let last = last_ms.load(Ordering::Relaxed);
            let is_due = now_ms.saturating_sub(last) >= APART_MS;
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
    fn what_comes_fast_is_told_once_at_most() {
        let told = Arc::new(AtomicU64::new(0));
        let count = told.clone();
        let progress = Progress::seldom(move |_, _| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        for frame in 0..1000 {
            progress.tell(frame, 1000);
        }
        assert!(told.load(Ordering::Relaxed) <= 2);
        Progress::default().tell(1, 1);
    }
}
