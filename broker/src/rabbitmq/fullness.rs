//! Which lanes refused a message a moment ago because they are full, so that the next publisher is refused before it does any
//! work.
//!
//! Used by `RabbitMq` alone. It must never refuse for long: only a publish finds out that there is room again.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use proto_shared::{Lane, PerLane};

/// A worker makes room many times in a second; a client that was refused tries again after as long.
const REMEMBERED: Duration = Duration::from_secs(1);

/// When each lane last refused, unless it has accepted a message since.
#[derive(Debug, Default)]
pub(super) struct Fullness(Mutex<PerLane<Option<Instant>>>);

impl Fullness {
    /// Notes what the last publish was answered.
    pub(super) fn note(&self, lane: Lane, is_full: bool) {
        *self.lock().of_mut(lane) = is_full.then(Instant::now);
    }

    pub(super) fn is_full(&self, lane: Lane) -> bool {
        self.lock().of(lane).is_some_and(|at| at.elapsed() < REMEMBERED)
    }

    fn lock(&self) -> MutexGuard<'_, PerLane<Option<Instant>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_is_full_by_itself_until_it_takes_something() {
        let fullness = Fullness::default();
        fullness.note(Lane::Express, true);
        assert!(fullness.is_full(Lane::Express) && !fullness.is_full(Lane::Standard));
        fullness.note(Lane::Express, false);
        assert!(!fullness.is_full(Lane::Express));
    }
}
