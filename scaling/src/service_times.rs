//! How long a worker has a job in hand, as measured: from a list, from a worker's own histogram, or as it was measured here.
//!
//! From delivery to settlement, with as many jobs in hand beside it as the worker takes: the engine, and the ways to the store.
//! Used by [`crate::simulation`], which draws from them by a seed.

use std::{collections::BTreeMap, time::Duration};

use fastrand::Rng;

use crate::{
    counts::{place, ratio, real, real_len},
    error::PlanError,
};

/// The name of a worker's histogram, as Prometheus reads it.
const BUCKET: &str = "punchline_worker_job_seconds_bucket";
/// Points that a histogram is turned into.
const POINTS: u32 = 1000;
/// No job takes longer: the engine's limit twice, and the store's.
const LONGEST_MS: f64 = 3_600_000.0;

/// What was measured, from short to long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceTimes(Vec<Duration>);

impl ServiceTimes {
    /// From single measurements.
    ///
    /// # Errors
    /// There are none.
    pub fn new(mut times: Vec<Duration>) -> Result<Self, PlanError> {
        if times.is_empty() {
            return Err(no_times());
        }
        times.sort_unstable();
        Ok(Self(times))
    }

    /// What a worker with three jobs in hand and one CPU took here; docs/SCALING.md says how it was measured.
    ///
    /// # Errors
    /// None that a caller can bring about.
    pub fn measured() -> Result<Self, PlanError> {
        Self::parse(include_str!("measured_ms.txt"))
    }

    /// From text: what a worker answers at `/metrics` (several workers' one after the other, too), or a line with milliseconds
    /// for each job, where `#` begins a comment.
    ///
    /// # Errors
    /// A line that is neither, or nothing in it.
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        if text.contains("\n# TYPE ") || text.starts_with("# ") && text.contains(BUCKET) {
            return Self::from_histogram(text);
        }
        let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim()).enumerate();
        let times = lines.filter(|(_, text)| !text.is_empty()).map(|(place, text)| {
            let ms = text.parse().ok().filter(|ms: &f64| (0.0..=LONGEST_MS).contains(ms));
            let bad = || bad_time(place, text);
            ms.map(|ms| Duration::from_secs_f64(ms / 1e3)).ok_or_else(bad)
        });
        Self::new(times.collect::<Result<_, _>>()?)
    }

    /// A bucket's jobs are taken to lie evenly in it; those beyond the last at its bound.
    fn from_histogram(text: &str) -> Result<Self, PlanError> {
        // By bound in nanoseconds, all workers' together.
        let mut below: BTreeMap<u64, u64> = BTreeMap::new();
        let mut all = 0;
        for (place, line) in text.lines().enumerate().filter(|(_, line)| line.starts_with(BUCKET)) {
            let bad = || bad_time(place, line);
            let bound = line.split("le=\"").nth(1).and_then(|rest| rest.split('"').next()).ok_or_else(bad)?;
            let count = line.split("} ").nth(1).and_then(|rest| rest.split(' ').next()?.parse::<u64>().ok()).ok_or_else(bad)?;
            if bound == "+Inf" {
                all += count;
            } else {
                let bound_s = bound.parse().ok().filter(|s: &f64| (0.0..=LONGEST_MS).contains(s)).ok_or_else(bad)?;
                let bound = u64::try_from(Duration::from_secs_f64(bound_s).as_nanos()).map_err(|_| bad())?;
                *below.entry(bound).or_default() += count;
            }
        }
        if all == 0 {
            return Err(no_times());
        }
        let point = |n: u32| {
            let wanted = (f64::from(n) + 0.5) / f64::from(POINTS) * real(all);
            let (mut low, mut before) = (0, 0);
            for (&bound, &count) in &below {
                if real(count) >= wanted {
                    let share = (wanted - real(before)) / real(count.saturating_sub(before)).max(1.0);
                    return Duration::from_nanos(low) + Duration::from_nanos(bound - low).mul_f64(share.clamp(0.0, 1.0));
                }
                (low, before) = (bound, count);
            }
            Duration::from_nanos(low)
        };
        Self::new((0..POINTS).map(point).collect())
    }

    /// One of them.
    pub(crate) fn draw(&self, rng: &mut Rng) -> Duration {
        self.0[rng.usize(0..self.0.len())]
    }

    /// The mean.
    #[must_use]
    pub fn mean(&self) -> Duration {
        self.0.iter().sum::<Duration>().div_f64(real_len(self.0.len()))
    }

    /// That share of them is no longer.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Duration {
        self.0.get(place(share, self.0.len())).copied().unwrap_or_default()
    }

    /// Messages that a pod should have for the last of them to wait as long as is wanted: jobs in hand by
    /// `k = max(1, wanted wait / mean time)`.
    #[must_use]
    pub fn target_per_pod(&self, parallelism: u32, wanted_wait: Duration) -> f64 {
        f64::from(parallelism) * ratio(wanted_wait, self.mean()).max(1.0)
    }
}

fn no_times() -> PlanError {
    PlanError(
        "there is no service time in it: neither a line with milliseconds nor the histogram punchline_worker_job_seconds of a \
         worker that has done a job"
            .to_owned(),
    )
}

fn bad_time(place: usize, line: &str) -> PlanError {
    let beginning: String = line.chars().take(80).collect();
    PlanError(format!("line {} is no time in milliseconds: {beginning:?}", place + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_list_is_read_line_by_line() {
        let times = ServiceTimes::parse("# here\n10\n\n30.5 # slow\n20\n").unwrap();
        assert_eq!(times.0, [ms(10), ms(20), Duration::from_micros(30_500)]);
        assert_eq!((times.quantile(0.5), times.mean().as_micros()), (ms(20), 20_166));
    }

    #[test]
    fn a_workers_histogram_is_read_evenly_over_its_buckets() {
        let one = "# HELP punchline_worker_job_seconds From.\n# TYPE punchline_worker_job_seconds histogram\n\
            punchline_worker_job_seconds_sum 5.0\npunchline_worker_job_seconds_count 100\n\
            punchline_worker_job_seconds_bucket{le=\"0.016\"} 0\npunchline_worker_job_seconds_bucket{le=\"0.032\"} 50\n\
            punchline_worker_job_seconds_bucket{le=\"0.064\"} 99\npunchline_worker_job_seconds_bucket{le=\"+Inf\"} 100\n# EOF\n";
        for text in [one.to_owned(), format!("{one}{one}")] {
            let times = ServiceTimes::parse(&text).unwrap();
            let near = |share: f64, wanted: u64| times.quantile(share).abs_diff(ms(wanted)) < ms(1);
            assert!(near(0.25, 24) && near(0.5, 32) && near(0.745, 48) && near(1.0, 64), "{times:?}");
        }
    }

    #[test]
    fn what_holds_no_time_is_refused_with_its_line() {
        assert_eq!(ServiceTimes::parse("# nothing\n").unwrap_err(), no_times());
        let bad = |text: &str, line: usize| {
            let said = ServiceTimes::parse(text).unwrap_err().to_string();
            assert!(said.starts_with(&format!("line {line} is no time")), "{text}: {said}");
        };
        bad("10\nten\n", 2);
        bad("-1", 1);
        bad("NaN", 1);
        bad("1e300", 1);
        bad(&format!("# TYPE\n{BUCKET}{{le=\"x\"}} 1\n"), 2);
        bad(&format!("# TYPE\n{BUCKET}{{le=\"1.0\"}}\n"), 2);
        let none = format!("# TYPE\n{BUCKET}{{le=\"1.0\"}} 0\n{BUCKET}{{le=\"+Inf\"}} 0\n");
        assert_eq!(ServiceTimes::parse(&none).unwrap_err(), no_times());
    }

    #[test]
    fn what_was_measured_here_is_built_in() {
        let measured = ServiceTimes::measured().unwrap();
        assert!(measured.mean() > ms(1) && measured.quantile(1.0) < Duration::from_secs(10), "{measured:?}");
    }

    #[test]
    fn a_pod_should_have_what_it_does_in_the_wanted_wait_and_at_least_its_hands_full() {
        let times = ServiceTimes::new(vec![ms(100)]).unwrap();
        let near = |wanted_ms, target: f64| (times.target_per_pod(3, ms(wanted_ms)) - target).abs() < 1e-6;
        assert!(near(10_000, 300.0) && near(50, 3.0));
    }
}
