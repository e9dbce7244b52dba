//! What came of a simulation, or of a run of real workers that is held against one: waits of jobs, pods, and their course over time.

use std::time::Duration;

use serde::Serialize;

/// How things stood at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Moment {
    /// When, in seconds.
    pub at_s: f64,
    /// Pods that start, work or drain.
    pub pods: u32,
    /// Of them, those that take jobs.
    #[serde(skip)]
    pub ready: u32,
    /// Jobs that wait.
    pub waiting: usize,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct RunOutcome {
    /// From each job's coming to its being taken, from short to long.
    pub waits: Vec<Duration>,
    /// Jobs that came.
    pub came: usize,
    /// Jobs that a full queue refused.
    pub refused: usize,
    /// Jobs that nobody had done in a day's overtime.
    pub left: usize,
    /// When the last job was done.
    pub finished_at: Duration,
    /// The most jobs that waited.
    pub most_waiting: usize,
    /// The most pods.
    pub most_pods: u32,
    /// Seconds of pods within the span.
    pub pod_seconds: f64,
    /// How things went.
    pub series: Vec<Moment>,
}
