//! When jobs come: evenly, all at once, or in a wave over the day.
//!
//! The same seed gives the same times on every machine, so that modes are compared on the very same jobs, and a real run is
//! given what the simulation was.

use std::{f64::consts::TAU, time::Duration};

use fastrand::Rng;

use crate::error::{PlanError, check, check_positive};

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
            return Err(PlanError(format!(
                "{expected:.0} jobs in {span:?} are more than the {MOST_JOBS} that are simulated at once; lower the rate or the time"
            )));
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
        match self {
            Self::Steady { per_s } => {
                check_positive("the rate", per_s)?;
                Ok(per_s * span.as_secs_f64())
            }
            Self::Burst { jobs, at, over } => {
                check(jobs > 0, "the number of jobs", "at least 1", jobs)?;
                let end = at.saturating_add(over);
                check(end <= span, "the burst's end in s", "within the simulated time", end.as_secs_f64())?;
                Ok(f64::from(jobs))
            }
            Self::Wave { mean_per_s, swing, period } => {
                check_positive("the rate", mean_per_s)?;
                check((0.0..=1.0).contains(&swing), "the swing", "0 to 1", swing)?;
                let holds = period >= Duration::from_secs(1);
                check(holds, "the wave's period in s", "at least 1", period.as_secs_f64())?;
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
        let refused = |load: Load, name: &str| {
            let said = load.arrivals(HOUR, 1).unwrap_err().to_string();
            assert!(said.contains(name), "{load:?}: {said}");
        };
        for per_s in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            refused(Load::Steady { per_s }, "the rate");
        }
        refused(Load::Steady { per_s: 1e6 }, "lower the rate");
        refused(Load::Burst { jobs: 0, at: Duration::ZERO, over: HOUR }, "the number of jobs");
        refused(Load::Burst { jobs: 1, at: HOUR, over: HOUR }, "the burst's end");
        refused(Load::Wave { mean_per_s: 1.0, swing: 1.1, period: HOUR }, "the swing");
        refused(Load::Wave { mean_per_s: 1.0, swing: 0.5, period: Duration::ZERO }, "the wave's period");
    }
}
