//! What may be typed after `punchline-plan`, with the defaults that docs/SCALING.md explains.
//!
//! Read by main; `build` makes a plan of it. Only times are checked here, because only a number of seconds that makes one can be
//! kept: everything else is the plan's to refuse.

use std::{path::PathBuf, time::Duration};

use clap::{Parser, ValueEnum};
use scaling::plan::LONGEST;

/// Say how long jobs would wait, and what workers would cost, under each way of scaling them.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 100,
    after_help = "Examples:
  punchline-plan                        three loads, four modes, service times measured here
  punchline-plan --load burst --burst-jobs 50000 --max 40 --pod-start-s 60
  punchline-plan --plot plan.svg
  punchline-plan --json | jq '.runs[] | {load, mode, wait_p95_s, pod_hours}'
  curl -s worker:9090/metrics >times.txt; punchline-plan --service-times times.txt --rate 80

Every mode meets the very same jobs:
  fixed      --replicas pods all the time
  cpu        a HorizontalPodAutoscaler on CPU: it sees no queue, and a pod that waits for its
             store looks idle
  external   one on the messages that wait or are in hand, by an adapter that asks Prometheus
  keda       KEDA on the same number, which it asks the broker for; with --min 0 the last pod
             goes too
`wait` is from a job's coming to a worker's taking it. `pod-hours` are what is paid for in an hour,
in a day for the wave, with pods that start or drain. For external and keda a pod should have P x k
messages: P jobs in hand, k = max(1, wanted wait / mean time of a job).
How fast pods may come and go is the chart's, how late a metric is seen a usual cluster's.
Not simulated: retries, failures, lanes, and nodes that must be there before pods can start.
docs/SCALING.md holds it against a real run.

Exit codes: 0 done, 1 refused or failed, 2 usage."
)]
pub(crate) struct Options {
    /// Which loads
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [LoadName::Steady, LoadName::Burst, LoadName::Wave])]
    pub(crate) load: Vec<LoadName>,
    /// Which ways of scaling
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [ModeName::Fixed, ModeName::Cpu, ModeName::External, ModeName::Keda])]
    pub(crate) mode: Vec<ModeName>,
    /// Decides what is left to chance: the same seed gives the same answer
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Write pods and queue over time to this file
    #[arg(long, value_name = "FILE.svg")]
    pub(crate) plot: Option<PathBuf>,
    /// Answer as JSON, with the series of each run
    #[arg(long)]
    pub(crate) json: bool,

    /// Jobs a second, of the steady load and in the wave's mean
    #[arg(long, value_name = "N", default_value_t = 40.0, help_heading = LOADS)]
    pub(crate) rate: f64,
    /// Jobs of the burst
    #[arg(long, value_name = "N", default_value_t = 10_000, help_heading = LOADS)]
    pub(crate) burst_jobs: u32,

    /// How long workers have jobs in hand: what one answers at /metrics, or a line with milliseconds for each job [default:
    /// measured with three jobs in hand]
    #[arg(long, value_name = "FILE", help_heading = WORKERS)]
    pub(crate) service_times: Option<PathBuf>,
    /// Jobs in hand of one pod (`PUNCHLINE_PARALLELISM`)
    #[arg(long, value_name = "P", default_value_t = 3, help_heading = WORKERS)]
    pub(crate) parallelism: u32,
    /// CPU milliseconds that a job takes
    #[arg(long, value_name = "MS", default_value_t = 15.0, help_heading = WORKERS)]
    pub(crate) cpu_ms: f64,
    /// CPUs that a pod requests
    #[arg(long, value_name = "CPUS", default_value_t = 0.25, help_heading = WORKERS)]
    pub(crate) cpu_request: f64,
    /// Seconds from a pod's creation until it takes jobs
    #[arg(long, value_name = "S", default_value = "15", value_parser = seconds, help_heading = WORKERS)]
    pub(crate) pod_start_s: Duration,

    /// Pods of the fixed mode
    #[arg(long, value_name = "N", default_value_t = 4, help_heading = SCALING)]
    pub(crate) replicas: u32,
    /// At least so many pods
    #[arg(long, value_name = "N", default_value_t = 1, help_heading = SCALING)]
    pub(crate) min: u32,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 20, help_heading = SCALING)]
    pub(crate) max: u32,
    /// Seconds that a job may wait for its turn: what the target of messages for a pod is made from
    #[arg(long, value_name = "S", default_value = "0", value_parser = seconds, help_heading = SCALING)]
    pub(crate) wanted_wait_s: Duration,
    /// Messages that a pod should have, instead
    #[arg(long, value_name = "N", help_heading = SCALING)]
    pub(crate) target: Option<f64>,
    /// Percent of its CPU request that a pod should use
    #[arg(long, value_name = "PERCENT", default_value_t = 70.0, help_heading = SCALING)]
    pub(crate) cpu_target: f64,
}

const LOADS: &str = "Loads";
const WORKERS: &str = "Workers";
const SCALING: &str = "Scaling";

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LoadName {
    Steady,
    Burst,
    Wave,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ModeName {
    Fixed,
    Cpu,
    External,
    Keda,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|_| "a number was expected".to_owned())?;
    let time = Duration::try_from_secs_f64(number).ok().filter(|time| *time <= LONGEST);
    time.ok_or_else(|| "a time of at least 0 and at most a week was expected".to_owned())
}

/// As if this had been typed.
#[cfg(test)]
pub(crate) fn typed(options: &str) -> Result<Options, clap::Error> {
    Options::try_parse_from(["punchline-plan"].into_iter().chain(options.split_whitespace()))
}
