//! When jobs come: evenly, all at once, or in a wave over the day.
//!
//! The same seed gives the same times on every machine, so that modes are compared on the very same jobs, and a real run is
//! given what the simulation was.

use std::{f64::consts::TAU, time::Duration};

use fastrand::Rng;

use crate::PlanError;

/// The most jobs that are simulated at once: their waits are kept, at 8 bytes each.
pub const MOST_JOBS: u64 = 10_000_000;

/// How jobs come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Load {
    /// At random with the same rate all the time.
    Steady {
        /// Jobs a second.
        per_s: f64,
    },
    /// Many in a short time, and no more.
    Burst {
        /// So many.
        jobs: u32,
        /// From then on.
        at: Duration,
        /// In so long.
        over: Duration,
    },
    /// At random with a rate that swings about its mean; it begins at its lowest.
    Wave {
        /// Jobs a second in the mean.
        mean_per_s: f64,
        /// By how much of the mean the rate rises and falls, 0 to 1.
        swing: f64,
        /// From low to low.
        period: Duration,
    },
}

impl Load {
    /// As the command line names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Steady { .. } => "steady",
            Self::Burst { .. } => "burst",
            Self::Wave { .. } => "wave",
        }
    }

    /// The times at which jobs come before `span` has passed, in order.
    ///
    /// # Errors
    /// Rates and times that can't be meant, or more jobs than are simulated at once.
    pub fn arrivals(self, span: Duration, seed: u64) -> Result<Vec<Duration>, PlanError> {
        let expected = self.validated(span)?;
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        let too_many = expected > MOST_JOBS as f64;
        if too_many {
            return Err(PlanError::TooManyJobs { expected, span, limit: MOST_JOBS });
        }
        let mut rng = Rng::with_seed(seed);
        Ok(match self {
            Self::Steady { per_s } => poisson(&mut rng, per_s, span, |_, _| true),
            Self::Burst { jobs, at, over } => {
                let mut times: Vec<_> = (0..jobs).map(|_| at + over.mul_f64(rng.f64())).filter(|&time| time < span).collect();
                times.sort_unstable();
                times
            }
            // Thinned from the highest rate.
            Self::Wave { mean_per_s, swing, period } => poisson(&mut rng, mean_per_s * (1.0 + swing), span, |rng, at| {
                let rate = 1.0 - swing * (TAU * at.as_secs_f64() / period.as_secs_f64()).cos();
                rng.f64() * (1.0 + swing) < rate
            }),
        })
    }

    /// The number of jobs to be expected.
    fn validated(self, span: Duration) -> Result<f64, PlanError> {
        let rate = |got: f64| {
            let in_range = got.is_finite() && got > 0.0;
            if in_range { Ok(()) } else { Err(PlanError::OutOfRange { name: "the rate", wanted: "above 0", got }) }
        };
        match self {
            Self::Steady { per_s } => {
                rate(per_s)?;
                Ok(per_s * span.as_secs_f64())
            }
            Self::Burst { jobs, at, over } => {
                if jobs == 0 {
                    return Err(PlanError::OutOfRange { name: "the number of jobs", wanted: "at least 1", got: 0.0 });
                }
                if at.saturating_add(over) > span {
                    let got = at.saturating_add(over).as_secs_f64();
                    return Err(PlanError::OutOfRange { name: "the burst's end in s", wanted: "within the simulated time", got });
                }
                Ok(f64::from(jobs))
            }
            Self::Wave { mean_per_s, swing, period } => {
                rate(mean_per_s)?;
                if !(0.0..=1.0).contains(&swing) {
                    return Err(PlanError::OutOfRange { name: "the swing", wanted: "0 to 1", got: swing });
                }
                if period < Duration::from_secs(1) {
                    let got = period.as_secs_f64();
                    return Err(PlanError::OutOfRange { name: "the wave's period in s", wanted: "at least 1", got });
                }
                Ok(mean_per_s * span.as_secs_f64())
            }
        }
    }
}

fn poisson(rng: &mut Rng, per_s: f64, span: Duration, keep: impl Fn(&mut Rng, Duration) -> bool) -> Vec<Duration> {
    let mut times = Vec::new();
    let mut at_s = 0.0;
    loop {
        // 1 - x is never 0.
        at_s -= (1.0 - rng.f64()).ln() / per_s;
        // It grows by any step until it is past the span, unless it is no time at all any more.
        let Ok(at) = Duration::try_from_secs_f64(at_s) else { return times };
        if at >= span {
            return times;
        }
        if keep(rng, at) {
            times.push(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn count(times: &[Duration], from_s: u64, to_s: u64) -> usize {
        times.iter().filter(|at| (from_s..to_s).contains(&at.as_secs())).count()
    }

    #[test]
    fn each_load_has_the_jobs_that_it_says_where_it_says() {
        let steady = Load::Steady { per_s: 10.0 }.arrivals(HOUR, 1).unwrap();
        assert!((35_000..37_000).contains(&steady.len()), "{}", steady.len());
        let (at, over) = (Duration::from_secs(60), Duration::from_secs(30));
        let burst = Load::Burst { jobs: 500, at, over }.arrivals(HOUR, 1).unwrap();
        assert_eq!((burst.len(), count(&burst, 60, 90)), (500, 500));
        let wave = Load::Wave { mean_per_s: 10.0, swing: 0.8, period: HOUR }.arrivals(HOUR, 1).unwrap();
        assert!((35_000..37_000).contains(&wave.len()), "{}", wave.len());
        let (trough, crest) = (count(&wave, 0, 360), count(&wave, 1620, 1980));
        assert!(crest > trough * 6, "{trough} and {crest}");
        assert!([steady, burst, wave].iter().all(|times| times.is_sorted()));
    }

    #[test]
    fn a_seed_decides_all() {
        let load = Load::Wave { mean_per_s: 5.0, swing: 1.0, period: HOUR };
        assert_eq!(load.arrivals(HOUR, 7), load.arrivals(HOUR, 7));
        assert_ne!(load.arrivals(HOUR, 7), load.arrivals(HOUR, 8));
    }

    #[test]
    fn what_cant_be_meant_is_refused() {
        let code = |load: Load| load.arrivals(HOUR, 1).unwrap_err().code();
        for per_s in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(code(Load::Steady { per_s }), "out_of_range");
        }
        assert_eq!(code(Load::Steady { per_s: 1e6 }), "too_many_jobs");
        assert_eq!(code(Load::Burst { jobs: 0, at: Duration::ZERO, over: HOUR }), "out_of_range");
        assert_eq!(code(Load::Burst { jobs: 1, at: HOUR, over: HOUR }), "out_of_range");
        assert_eq!(code(Load::Wave { mean_per_s: 1.0, swing: 1.1, period: HOUR }), "out_of_range");
        assert_eq!(code(Load::Wave { mean_per_s: 1.0, swing: 0.5, period: Duration::ZERO }), "out_of_range");
    }
}
