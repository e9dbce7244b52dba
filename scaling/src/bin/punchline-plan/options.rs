//! What may be typed after `punchline-plan`, with the defaults that docs/SCALING.md explains.
//!
//! Read by main; `build` makes a plan of it. Only times are checked here, because only a number of seconds that makes one can be
//! kept: everything else is the plan's to refuse.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, ValueEnum};
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
    #[command(flatten, next_help_heading = "Loads")]
    pub(crate) loads: LoadOptions,
    #[command(flatten, next_help_heading = "Workers")]
    pub(crate) workers: WorkerOptions,
    #[command(flatten, next_help_heading = "Scaling")]
    pub(crate) scaling: ScalingOptions,
    #[command(flatten, next_help_heading = "Delays of the cluster")]
    pub(crate) delays: DelayOptions,
}

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

#[derive(Debug, Args)]
pub(crate) struct LoadOptions {
    /// Jobs a second, of the steady load and in the wave's mean
    #[arg(long, value_name = "N", default_value_t = 40.0)]
    pub(crate) rate: f64,
    /// Jobs of the burst
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub(crate) burst_jobs: u32,
    /// In how many seconds they come; the first after a minute
    #[arg(long, value_name = "S", default_value = "30", value_parser = seconds)]
    pub(crate) burst_over_s: Duration,
    /// By how much of its mean the wave rises and falls, 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.9)]
    pub(crate) swing: f64,
    /// From the wave's low to its low, in hours
    #[arg(long, value_name = "H", default_value = "24", value_parser = hours)]
    pub(crate) period_h: Duration,
}

#[derive(Debug, Args)]
pub(crate) struct WorkerOptions {
    /// How long workers have jobs in hand: what one answers at /metrics, or a line with milliseconds for each job [default:
    /// measured with three jobs in hand]
    #[arg(long, value_name = "FILE")]
    pub(crate) service_times: Option<PathBuf>,
    /// Jobs in hand of one pod (`PUNCHLINE_PARALLELISM`)
    #[arg(long, value_name = "P", default_value_t = 3)]
    pub(crate) parallelism: u32,
    /// CPU milliseconds that a job takes
    #[arg(long, value_name = "MS", default_value_t = 15.0)]
    pub(crate) cpu_ms: f64,
    /// CPUs that a pod requests
    #[arg(long, value_name = "CPUS", default_value_t = 0.25)]
    pub(crate) cpu_request: f64,
    /// Jobs that may wait before more are refused
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    pub(crate) queue_limit: usize,
}

#[derive(Debug, Args)]
pub(crate) struct ScalingOptions {
    /// Pods of the fixed mode
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub(crate) replicas: u32,
    /// At least so many pods
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) min: u32,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) max: u32,
    /// Seconds that a job may wait for its turn: what the target of messages for a pod is made from
    #[arg(long, value_name = "S", default_value = "0", value_parser = seconds)]
    pub(crate) wanted_wait_s: Duration,
    /// Messages that a pod should have, instead
    #[arg(long, value_name = "N")]
    pub(crate) target: Option<f64>,
    /// Percent of its CPU request that a pod should use
    #[arg(long, value_name = "PERCENT", default_value_t = 70.0)]
    pub(crate) cpu_target: f64,
    /// How far off its target nothing is done
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    pub(crate) tolerance: f64,
    /// By how many percent pods may grow in each period
    #[arg(long, value_name = "PERCENT", default_value_t = 900)]
    pub(crate) up_percent: u32,
    /// Or by how many pods, if that is more
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) up_pods: u32,
    /// The period for growing
    #[arg(long, value_name = "S", default_value = "15", value_parser = seconds)]
    pub(crate) up_period_s: Duration,
    /// By how many percent they may shrink in each period
    #[arg(long, value_name = "PERCENT", default_value_t = 25)]
    pub(crate) down_percent: u32,
    /// The period for shrinking
    #[arg(long, value_name = "S", default_value = "60", value_parser = seconds)]
    pub(crate) down_period_s: Duration,
    /// For how long fewer pods must have been enough
    #[arg(long, value_name = "S", default_value = "300", value_parser = seconds)]
    pub(crate) down_window_s: Duration,
    /// keda: more messages than this start the first pod
    #[arg(long, value_name = "N", default_value_t = 0.0)]
    pub(crate) activation: f64,
    /// keda: after so long without any the last pod goes, with --min 0
    #[arg(long, value_name = "S", default_value = "300", value_parser = seconds)]
    pub(crate) cooldown_s: Duration,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_field_names, reason = "each is a flag, whose unit is in its name")]
pub(crate) struct DelayOptions {
    /// From a pod's creation until it takes jobs
    #[arg(long, value_name = "S", default_value = "15", value_parser = seconds)]
    pub(crate) pod_start_s: Duration,
    /// Between two looks of the HPA
    #[arg(long, value_name = "S", default_value = "15", value_parser = seconds)]
    pub(crate) sync_s: Duration,
    /// keda: between two looks for the first message
    #[arg(long, value_name = "S", default_value = "15", value_parser = seconds)]
    pub(crate) polling_s: Duration,
    /// keda: between two counts of the broker
    #[arg(long, value_name = "S", default_value = "5", value_parser = seconds)]
    pub(crate) broker_s: Duration,
    /// external: between two scrapes of Prometheus
    #[arg(long, value_name = "S", default_value = "30", value_parser = seconds)]
    pub(crate) scrape_s: Duration,
    /// external: from a count until a query finds it
    #[arg(long, value_name = "S", default_value = "5", value_parser = seconds)]
    pub(crate) lag_s: Duration,
    /// cpu: between two measurements of the metrics server
    #[arg(long, value_name = "S", default_value = "15", value_parser = seconds)]
    pub(crate) cpu_metric_s: Duration,
}

fn seconds(text: &str) -> Result<Duration, String> {
    time(text, 1.0)
}

fn hours(text: &str) -> Result<Duration, String> {
    time(text, 3600.0)
}

fn time(text: &str, unit_s: f64) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|_| "a number was expected".to_owned())?;
    let time = Duration::try_from_secs_f64(number * unit_s).ok().filter(|time| *time <= LONGEST);
    time.ok_or_else(|| "a time of at least 0 and at most a week was expected".to_owned())
}

/// As if this had been typed.
#[cfg(test)]
pub(crate) fn typed(options: &str) -> Result<Options, clap::Error> {
    Options::try_parse_from(["punchline-plan"].into_iter().chain(options.split_whitespace()))
}
