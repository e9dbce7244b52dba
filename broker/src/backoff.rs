//! How long to wait before the next attempt to reach the broker.
//!
//! Jitter keeps a fleet that lost its broker at one moment from coming back at one moment. Each wait is about an eighth of
//! the time since the connection was lost, so that after an outage of seconds nobody waits for many seconds more. The caller sleeps.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};

const LONGEST: Duration = Duration::from_secs(30);
/// Pauses that each grow by an eighth sum up to eight times the last. The jitter adds up to once the pause.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(250))
    .with_factor(1.125)
    .with_max_delay(Duration::from_secs(15))
    .with_jitter()
    .without_max_times();
/// What lasted this long is taken for repaired; less may be one of a row of failures.
const STEADY: Duration = LONGEST;

/// The wait grows with every failure and starts anew after a steady time.
#[derive(Debug)]
pub(crate) struct Backoff(ExponentialBackoff);

impl Default for Backoff {
    fn default() -> Self {
        Self(PAUSES.build())
    }
}

impl Backoff {
    /// The wait after a further failure: 0.25 s to [`LONGEST`].
    pub(crate) fn next(&mut self) -> Duration {
        self.0.next().unwrap_or(LONGEST)
    }

    /// Notes that things worked for that long.
    pub(crate) fn worked_for(&mut self, lasted: Duration) {
        if lasted >= STEADY {
            *self = Self::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Waits until so many seconds have been waited; how long that was in all, and how many waits.
    fn waited(backoff: &mut Backoff, at_least_s: u64) -> (Duration, u32) {
        let (mut waited, mut waits) = (Duration::ZERO, 0);
        while waited < Duration::from_secs(at_least_s) {
            waited += backoff.next();
            waits += 1;
        }
        (waited, waits)
    }

    #[test]
    fn a_broker_that_is_away_for_long_is_tried_seldom() {
        let mut backoff = Backoff::default();
        let (_, waits) = waited(&mut backoff, 600);
        assert!(waits < 70, "{waits} in ten minutes");
        assert!((LONGEST / 2..=LONGEST).contains(&backoff.next()));
    }

    /// A broker that is back after ten seconds is reached within an eighth of that, twice as much with the worst of jitters.
    #[test]
    fn an_outage_of_seconds_is_not_waited_for_much_longer() {
        for _ in 0..100 {
            let (waited, _) = waited(&mut Backoff::default(), 10);
            assert!(waited <= Duration::from_secs(13), "{waited:?}");
        }
    }

    #[test]
    fn a_fleet_does_not_come_back_at_one_moment() {
        let first: Vec<_> = (0..100).map(|_| Backoff::default().next()).collect();
        assert!(first.iter().all(|wait| (Duration::from_millis(250)..=Duration::from_millis(500)).contains(wait)));
        assert!(first.iter().max() > first.iter().min());
    }

    #[test]
    fn only_a_steady_time_starts_it_anew() {
        let mut backoff = Backoff::default();
        waited(&mut backoff, 100);
        backoff.worked_for(Duration::from_secs(29));
        assert!(backoff.next() > Duration::from_secs(1));
        backoff.worked_for(STEADY);
        assert!(backoff.next() <= Duration::from_millis(500));
    }
}
