//! The wall clock, as a value that is handed in, so that a test can say what time it is.
//!
//! api stamps records with it, worker results. Nothing waits on it: timeouts are tokio's.

use std::{
    fmt,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

/// Says the time in milliseconds since 1970-01-01 UTC.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> u64 + Send + Sync>);

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        // A clock before 1970 reads as 1970: a wrong stamp is better than a job refused for it.
        Self(Arc::new(|| {
            let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
        }))
    }

    /// A clock that stands still.
    #[must_use]
    pub fn fixed(now_ms: u64) -> Self {
        Self(Arc::new(move || now_ms))
    }

    /// A clock that says what `now_ms` says.
    #[must_use]
    pub fn from_fn(now_ms: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now_ms))
    }

    /// Now.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now_ms()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_is_past_2024_and_a_fixed_one_stands() {
        assert!(Clock::system().now_ms() > 1_700_000_000_000);
        assert_eq!(Clock::fixed(7).now_ms(), 7);
    }
}
