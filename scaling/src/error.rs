//! What can be wrong with a plan, said so that whoever typed it knows which number to change.
//!
//! Made before anything is simulated: a simulation itself can't fail.

use std::time::Duration;

/// The plan can't be simulated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// A number is outside what makes sense.
    #[error("{name} must be {wanted}, got {got}")]
    OutOfRange {
        /// What it is called.
        name: &'static str,
        /// What it may be.
        wanted: &'static str,
        /// What it was.
        got: f64,
    },
    /// More pods are asked for at least than there may be at most.
    #[error("the least number of pods ({min}) is above the most ({max})")]
    MinAboveMax {
        /// At least so many.
        min: u32,
        /// At most so many.
        max: u32,
    },
    /// Nothing but KEDA starts the first pod.
    #[error("the {mode} mode can't start from no pods at all; only keda can")]
    NoPods {
        /// The mode.
        mode: &'static str,
    },
    /// It would take too long and too much memory.
    #[error("{expected:.0} jobs in {span:?} are more than the {limit} that are simulated at once; lower the rate or the time")]
    TooManyJobs {
        /// Jobs that would come.
        expected: f64,
        /// In so long.
        span: Duration,
        /// The most.
        limit: u64,
    },
    /// A file of service times holds none.
    #[error("line {line} is no time in milliseconds: {text:?}")]
    BadTime {
        /// Counted from 1.
        line: usize,
        /// Its beginning.
        text: String,
    },
    /// A file of service times holds none.
    #[error(
        "there is no service time in it: neither a line with milliseconds nor the histogram \
         punchline_worker_job_seconds of a worker that has done a job"
    )]
    NoTimes,
}

impl PlanError {
    /// A name for programs, that stays when the text changes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::OutOfRange { .. } => "out_of_range",
            Self::MinAboveMax { .. } => "min_above_max",
            Self::NoPods { .. } => "no_pods",
            Self::TooManyJobs { .. } => "too_many_jobs",
            Self::BadTime { .. } => "bad_time",
            Self::NoTimes => "no_times",
        }
    }
}
