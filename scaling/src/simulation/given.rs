//! What is simulated, but for load and autoscaler. Made by the binary and by tests; nothing here runs.

use std::time::Duration;

/// When an autoscaler sees what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clockwork {
    /// Between two looks of the HPA.
    pub sync: Duration,
    /// Between two looks of KEDA's own loop.
    pub polling: Duration,
    /// Between two measurements of the metric.
    pub metric_every: Duration,
    /// From a measurement until it can be seen.
    pub metric_lag: Duration,
}

/// What is simulated, but for load and autoscaler.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Jobs in hand of one pod.
    pub parallelism: u32,
    /// From a pod's creation until it takes jobs.
    pub pod_start: Duration,
    /// What a job in hand uses of a pod's CPU request.
    pub cpu_share_per_job: f64,
    /// Jobs that may wait before more are refused.
    pub queue_limit: usize,
    /// When the autoscaler sees what.
    pub clockwork: Clockwork,
    /// The time that is looked at, and paid for; jobs that are left then are still done.
    pub span: Duration,
    /// Decides which job takes how long.
    pub seed: u64,
}
