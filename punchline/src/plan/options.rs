//! What may be typed after `punchline plan`, with the defaults that docs/SCALING.md explains.
//!
//! `build` makes a plan of it and checks it; nothing here does.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Say how long jobs would wait, and what workers would cost, under each way of scaling them.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  punchline plan                        three loads, four modes, service times measured here
  punchline plan --load burst --burst-jobs 50000 --max 40 --pod-start-s 60
  punchline plan --plot plan.svg
  punchline plan --json | jq '.runs[] | {load, mode, wait_p95_s, pod_hours}'
  curl -s worker:9090/metrics >times.txt; punchline plan --service-times times.txt --rate 80

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

Exit codes: 0 done, 2 usage, 65 no service times in the file, 66 no file, 73 cannot write.")]
pub(crate) struct PlanArgs {
    /// Which loads
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [LoadName::Steady, LoadName::Burst, LoadName::Wave])]
    pub(super) load: Vec<LoadName>,
    /// Which ways of scaling
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [ModeName::Fixed, ModeName::Cpu, ModeName::External, ModeName::Keda])]
    pub(super) mode: Vec<ModeName>,
    /// Decides what is left to chance: the same seed gives the same answer
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
    /// Write pods and queue over time to this file
    #[arg(long, value_name = "FILE.svg")]
    pub(super) plot: Option<PathBuf>,
    /// Answer as JSON, with the series of each run
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten, next_help_heading = "Loads")]
    pub(super) loads: LoadArgs,
    #[command(flatten, next_help_heading = "Workers")]
    pub(super) workers: WorkerArgs,
    #[command(flatten, next_help_heading = "Scaling")]
    pub(super) scaling: ScalingArgs,
    #[command(flatten, next_help_heading = "Delays of the cluster")]
    pub(super) delays: DelayArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum LoadName {
    Steady,
    Burst,
    Wave,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum ModeName {
    Fixed,
    Cpu,
    External,
    Keda,
}

#[derive(Debug, Args)]
pub(super) struct LoadArgs {
    /// Jobs a second, of the steady load and in the wave's mean
    #[arg(long, value_name = "N", default_value_t = 40.0)]
    pub(super) rate: f64,
    /// Jobs of the burst
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub(super) burst_jobs: u32,
    /// In how many seconds they come; the first after a minute
    #[arg(long, value_name = "S", default_value_t = 30.0)]
    pub(super) burst_over_s: f64,
    /// By how much of its mean the wave rises and falls, 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.9)]
    pub(super) swing: f64,
    /// From the wave's low to its low, in hours
    #[arg(long, value_name = "H", default_value_t = 24.0)]
    pub(super) period_h: f64,
}

#[derive(Debug, Args)]
pub(super) struct WorkerArgs {
    /// How long workers have jobs in hand: what one answers at /metrics, or a line with milliseconds for each job [default:
    /// measured with three jobs in hand]
    #[arg(long, value_name = "FILE")]
    pub(super) service_times: Option<PathBuf>,
    /// Jobs in hand of one pod (`PUNCHLINE_PARALLELISM`)
    #[arg(long, value_name = "P", default_value_t = 3)]
    pub(super) parallelism: u32,
    /// CPU milliseconds that a job takes
    #[arg(long, value_name = "MS", default_value_t = 15.0)]
    pub(super) cpu_ms: f64,
    /// CPUs that a pod requests
    #[arg(long, value_name = "CPUS", default_value_t = 0.25)]
    pub(super) cpu_request: f64,
    /// Jobs that may wait before more are refused
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    pub(super) queue_limit: usize,
}

#[derive(Debug, Args)]
pub(super) struct ScalingArgs {
    /// Pods of the fixed mode
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub(super) replicas: u32,
    /// At least so many pods
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) min: u32,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(super) max: u32,
    /// Seconds that a job may wait for its turn: what the target of messages for a pod is made from
    #[arg(long, value_name = "S", default_value_t = 0.0)]
    pub(super) wanted_wait_s: f64,
    /// Messages that a pod should have, instead
    #[arg(long, value_name = "N")]
    pub(super) target: Option<f64>,
    /// Percent of its CPU request that a pod should use
    #[arg(long, value_name = "PERCENT", default_value_t = 70.0)]
    pub(super) cpu_target: f64,
    /// How far off its target nothing is done
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    pub(super) tolerance: f64,
    /// By how many percent pods may grow in each period
    #[arg(long, value_name = "PERCENT", default_value_t = 900)]
    pub(super) up_percent: u32,
    /// Or by how many pods, if that is more
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(super) up_pods: u32,
    /// The period for growing
    #[arg(long, value_name = "S", default_value_t = 15.0)]
    pub(super) up_period_s: f64,
    /// By how many percent they may shrink in each period
    #[arg(long, value_name = "PERCENT", default_value_t = 25)]
    pub(super) down_percent: u32,
    /// The period for shrinking
    #[arg(long, value_name = "S", default_value_t = 60.0)]
    pub(super) down_period_s: f64,
    /// For how long fewer pods must have been enough
    #[arg(long, value_name = "S", default_value_t = 300.0)]
    pub(super) down_window_s: f64,
    /// keda: more messages than this start the first pod
    #[arg(long, value_name = "N", default_value_t = 0.0)]
    pub(super) activation: f64,
    /// keda: after so long without any the last pod goes, with --min 0
    #[arg(long, value_name = "S", default_value_t = 300.0)]
    pub(super) cooldown_s: f64,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_field_names, reason = "each is a flag, whose unit is in its name")]
pub(super) struct DelayArgs {
    /// From a pod's creation until it takes jobs
    #[arg(long, value_name = "S", default_value_t = 15.0)]
    pub(super) pod_start_s: f64,
    /// Between two looks of the HPA
    #[arg(long, value_name = "S", default_value_t = 15.0)]
    pub(super) sync_s: f64,
    /// keda: between two looks for the first message
    #[arg(long, value_name = "S", default_value_t = 15.0)]
    pub(super) polling_s: f64,
    /// keda: between two counts of the broker
    #[arg(long, value_name = "S", default_value_t = 5.0)]
    pub(super) broker_s: f64,
    /// external: between two scrapes of Prometheus
    #[arg(long, value_name = "S", default_value_t = 30.0)]
    pub(super) scrape_s: f64,
    /// external: from a count until a query finds it
    #[arg(long, value_name = "S", default_value_t = 5.0)]
    pub(super) lag_s: f64,
    /// cpu: between two measurements of the metrics server
    #[arg(long, value_name = "S", default_value_t = 15.0)]
    pub(super) cpu_metric_s: f64,
}

/// As if this had been typed.
#[cfg(test)]
pub(super) fn typed(options: &str) -> PlanArgs {
    #[derive(Debug, clap::Parser)]
    struct Typed {
        #[command(flatten)]
        args: PlanArgs,
    }
    let words = ["plan"].into_iter().chain(options.split_whitespace());
    <Typed as clap::Parser>::parse_from(words).args
}
