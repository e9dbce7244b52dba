//! How long to wait before the next attempt to reach the broker.
//!
//! Full jitter, so that a fleet that lost its broker at one moment does not come back at one moment. It
//! computes times only: who sleeps and who draws the random number is the caller's business.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);
/// What lasted this long is taken for repaired; less may be one of a row of failures.
const STEADY: Duration = LONGEST;

/// The wait grows with every failure and starts anew after a steady time.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The wait after a further failure, anywhere from nothing to the present ceiling; `unit_random` is
    /// from 0 to 1.
    pub(crate) fn next(&mut self, unit_random: f64) -> Duration {
        let ceiling = FIRST.saturating_mul(2_u32.saturating_pow(self.failures)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        ceiling.mul_f64(unit_random.clamp(0.0, 1.0))
    }

    /// Notes that things worked for that long.
    pub(crate) fn worked_for(&mut self, lasted: Duration) {
        if lasted >= STEADY {
            self.failures = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ceiling_doubles_from_half_a_second_to_thirty_and_stays() {
        let mut backoff = Backoff::default();
        let ceilings: Vec<u64> = (0..9).map(|_| backoff.next(1.0).as_millis().try_into().unwrap()).collect();
        assert_eq!(ceilings, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
        for _ in 0..100 {
            assert_eq!(backoff.next(1.0), LONGEST);
        }
    }

    #[test]
    fn the_jitter_covers_all_of_it() {
        assert_eq!(Backoff::default().next(0.0), Duration::ZERO);
        assert_eq!(Backoff::default().next(0.5), Duration::from_millis(250));
    }

    #[test]
    fn only_a_steady_time_starts_it_anew() {
        let mut backoff = Backoff { failures: 4 };
        backoff.worked_for(Duration::from_secs(29));
        assert_eq!(backoff.next(1.0), Duration::from_secs(8));
        backoff.worked_for(Duration::from_secs(30));
        assert_eq!(backoff.next(1.0), FIRST);
    }
}
