//! Which lanes said a moment ago that they are full, so that a publisher in a rush is refused before it does any work.
//!
//! Used by `RabbitMq` alone. It must never refuse for long: room is found out by trying.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use proto_shared::Lane;

/// A worker makes room many times in a second; a client that was refused comes again after as long.
const REMEMBERED: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(super) struct Fullness {
    standard: Mutex<Option<Instant>>,
    express: Mutex<Option<Instant>>,
}

impl Fullness {
    /// What the last publish was answered.
    pub(super) fn note(&self, lane: Lane, is_full: bool) {
        *self.lane(lane) = is_full.then(Instant::now);
    }

    pub(super) fn is_full(&self, lane: Lane) -> bool {
        self.lane(lane).is_some_and(|at| at.elapsed() < REMEMBERED)
    }

    fn lane(&self, lane: Lane) -> MutexGuard<'_, Option<Instant>> {
        let at = match lane {
            Lane::Standard => &self.standard,
            Lane::Express => &self.express,
        };
        at.lock().unwrap_or_else(PoisonError::into_inner)
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
