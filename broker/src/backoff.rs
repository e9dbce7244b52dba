//! How long to wait before the next attempt to reach the broker.
//!
//! Full jitter, so that a fleet that lost its broker at one moment does not come back at one moment. The wait is a part of the
//! time that the trouble has lasted, so that what took seconds to pass is not followed by many more of waiting. It
//! computes times only: who sleeps and who draws the random number is the caller's business.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);
/// At most this part of the waits so far is waited once more.
const PART: u32 = 8;
/// What lasted this long is taken for repaired; less may be one of a row of failures.
const STEADY: Duration = LONGEST;

/// The wait grows with every failure and starts anew after a steady time.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    waited: Duration,
}

impl Backoff {
    /// The wait after a further failure, anywhere from nothing to the present ceiling; `unit_random` is
    /// from 0 to 1.
    pub(crate) fn next(&mut self, unit_random: f64) -> Duration {
        let ceiling = (self.waited / PART).clamp(FIRST, LONGEST);
        let wait = ceiling.mul_f64(unit_random.clamp(0.0, 1.0));
        self.waited = self.waited.saturating_add(wait);
        wait
    }

    /// Notes that things worked for that long.
    pub(crate) fn worked_for(&mut self, lasted: Duration) {
        if lasted >= STEADY {
            self.waited = Duration::ZERO;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ceiling_is_an_eighth_of_what_was_waited_from_half_a_second_to_thirty() {
        let mut backoff = Backoff::default();
        let mut waited = Duration::ZERO;
        let mut attempts = 0;
        while waited < Duration::from_secs(600) {
            let wait = backoff.next(1.0);
            assert_eq!(wait, (waited / PART).clamp(FIRST, LONGEST));
            waited += wait;
            attempts += 1;
        }
        assert_eq!(backoff.next(1.0), LONGEST);
        // Few enough for a broker that is away for long.
        assert!(attempts < 70, "{attempts} in ten minutes");
    }

    /// A broker that is back after ten seconds is reached within an eighth of that.
    #[test]
    fn what_was_away_for_seconds_is_not_waited_for_much_longer() {
        for unit_random in [0.3, 0.5, 1.0] {
            let (mut backoff, mut waited) = (Backoff::default(), Duration::ZERO);
            while waited < Duration::from_secs(10) {
                waited += backoff.next(unit_random);
            }
            assert!(waited <= Duration::from_millis(11_250), "{waited:?} at {unit_random}");
        }
    }

    #[test]
    fn the_jitter_covers_all_of_it() {
        assert_eq!(Backoff::default().next(0.0), Duration::ZERO);
        assert_eq!(Backoff::default().next(0.5), Duration::from_millis(250));
    }

    #[test]
    fn only_a_steady_time_starts_it_anew() {
        let mut backoff = Backoff { waited: Duration::from_secs(32) };
        backoff.worked_for(Duration::from_secs(29));
        assert_eq!(backoff.next(1.0), Duration::from_secs(4));
        backoff.worked_for(Duration::from_secs(30));
        assert_eq!(backoff.next(1.0), FIRST);
    }
}
