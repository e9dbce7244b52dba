//! What may be typed after `punchline plan`, with the defaults that docs/SCALING.md explains, and the plan that is made of it.
//!
//! Every number is checked before anything is simulated, here or by `scaling`, and refused by its name.

use std::{fs, path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};
use scaling::{
    Load, Mode, Plan, PlanError, ServiceTimes,
    autoscaler::Bounds,
    hpa::{Behavior, Policy, Rules, Select, Step},
    simulation::Clockwork,
};

use crate::exit::{Failure, Reason};

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
    load: Vec<LoadName>,
    /// Which ways of scaling
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [ModeName::Fixed, ModeName::Cpu, ModeName::External, ModeName::Keda])]
    mode: Vec<ModeName>,
    /// Decides what is left to chance: the same seed gives the same answer
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write pods and queue over time to this file
    #[arg(long, value_name = "FILE.svg")]
    pub(super) plot: Option<PathBuf>,
    /// Answer as JSON, with the series of each run
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten, next_help_heading = "Loads")]
    loads: LoadArgs,
    #[command(flatten, next_help_heading = "Workers")]
    workers: WorkerArgs,
    #[command(flatten, next_help_heading = "Scaling")]
    pub(super) scaling: ScalingArgs,
    #[command(flatten, next_help_heading = "Delays of the cluster")]
    pub(super) delays: DelayArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LoadName {
    Steady,
    Burst,
    Wave,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ModeName {
    Fixed,
    Cpu,
    External,
    Keda,
}

#[derive(Debug, Args)]
struct LoadArgs {
    /// Jobs a second, of the steady load and in the wave's mean
    #[arg(long, value_name = "N", default_value_t = 40.0)]
    rate: f64,
    /// Jobs of the burst
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    burst_jobs: u32,
    /// In how many seconds they come; the first after a minute
    #[arg(long, value_name = "S", default_value_t = 30.0)]
    burst_over_s: f64,
    /// By how much of its mean the wave rises and falls, 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.9)]
    swing: f64,
    /// From the wave's low to its low, in hours
    #[arg(long, value_name = "H", default_value_t = 24.0)]
    period_h: f64,
}

#[derive(Debug, Args)]
struct WorkerArgs {
    /// How long workers have jobs in hand: what one answers at /metrics, or a line with milliseconds for each job [default:
    /// measured with three jobs in hand]
    #[arg(long, value_name = "FILE")]
    service_times: Option<PathBuf>,
    /// Jobs in hand of one pod (`PUNCHLINE_PARALLELISM`)
    #[arg(long, value_name = "P", default_value_t = 3)]
    parallelism: u32,
    /// CPU milliseconds that a job takes
    #[arg(long, value_name = "MS", default_value_t = 15.0)]
    cpu_ms: f64,
    /// CPUs that a pod requests
    #[arg(long, value_name = "CPUS", default_value_t = 0.25)]
    cpu_request: f64,
    /// Jobs that may wait before more are refused
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    queue_limit: usize,
}

#[derive(Debug, Args)]
pub(super) struct ScalingArgs {
    /// Pods of the fixed mode
    #[arg(long, value_name = "N", default_value_t = 4)]
    replicas: u32,
    /// At least so many pods
    #[arg(long, value_name = "N", default_value_t = 1)]
    min: u32,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 20)]
    max: u32,
    /// Seconds that a job may wait for its turn: what the target of messages for a pod is made from
    #[arg(long, value_name = "S", default_value_t = 0.0)]
    wanted_wait_s: f64,
    /// Messages that a pod should have, instead
    #[arg(long, value_name = "N")]
    target: Option<f64>,
    /// Percent of its CPU request that a pod should use
    #[arg(long, value_name = "PERCENT", default_value_t = 70.0)]
    pub(super) cpu_target: f64,
    /// How far off its target nothing is done
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    tolerance: f64,
    /// By how many percent pods may grow in each period
    #[arg(long, value_name = "PERCENT", default_value_t = 900)]
    up_percent: u32,
    /// Or by how many pods, if that is more
    #[arg(long, value_name = "N", default_value_t = 20)]
    up_pods: u32,
    /// The period for growing
    #[arg(long, value_name = "S", default_value_t = 15.0)]
    up_period_s: f64,
    /// By how many percent they may shrink in each period
    #[arg(long, value_name = "PERCENT", default_value_t = 25)]
    down_percent: u32,
    /// The period for shrinking
    #[arg(long, value_name = "S", default_value_t = 60.0)]
    down_period_s: f64,
    /// For how long fewer pods must have been enough
    #[arg(long, value_name = "S", default_value_t = 300.0)]
    down_window_s: f64,
    /// keda: more messages than this start the first pod
    #[arg(long, value_name = "N", default_value_t = 0.0)]
    activation: f64,
    /// keda: after so long without any the last pod goes, with --min 0
    #[arg(long, value_name = "S", default_value_t = 300.0)]
    cooldown_s: f64,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_field_names, reason = "each is a flag, whose unit is in its name")]
pub(super) struct DelayArgs {
    /// From a pod's creation until it takes jobs
    #[arg(long, value_name = "S", default_value_t = 15.0)]
    pub(super) pod_start_s: f64,
    /// Between two looks of the HPA
    #[arg(long, value_name = "S", default_value_t = 15.0)]
    sync_s: f64,
    /// keda: between two looks for the first message
    #[arg(long, value_name = "S", default_value_t = 15.0)]
    polling_s: f64,
    /// keda: between two counts of the broker
    #[arg(long, value_name = "S", default_value_t = 5.0)]
    broker_s: f64,
    /// external: between two scrapes of Prometheus
    #[arg(long, value_name = "S", default_value_t = 30.0)]
    scrape_s: f64,
    /// external: from a count until a query finds it
    #[arg(long, value_name = "S", default_value_t = 5.0)]
    lag_s: f64,
    /// cpu: between two measurements of the metrics server
    #[arg(long, value_name = "S", default_value_t = 15.0)]
    cpu_metric_s: f64,
}

pub(super) fn plan(args: &PlanArgs) -> Result<Plan, Failure> {
    let PlanArgs { loads, workers, scaling, delays, .. } = args;
    let times = times(workers.service_times.as_ref())?;
    let seconds = |name, s| seconds(name, s).map_err(|e| wrong(&e));
    let burst_over = seconds("--burst-over-s", loads.burst_over_s)?;
    let period = seconds("--period-h", loads.period_h * 3600.0)?;
    let hour = Duration::from_secs(3600);
    let load = |name: &LoadName| match name {
        LoadName::Steady => (Load::Steady { per_s: loads.rate }, hour),
        LoadName::Burst => (Load::Burst { jobs: loads.burst_jobs, at: Duration::from_secs(60), over: burst_over }, hour),
        LoadName::Wave => (Load::Wave { mean_per_s: loads.rate, swing: loads.swing, period }, period),
    };

    let target_per_pod = match scaling.target {
        Some(target) => target,
        None => times.target_per_pod(workers.parallelism, seconds("--wanted-wait-s", scaling.wanted_wait_s)?),
    };
    let cooldown = seconds("--cooldown-s", scaling.cooldown_s)?;
    let (sync, polling) = (seconds("--sync-s", delays.sync_s)?, seconds("--polling-s", delays.polling_s)?);
    let sees = |metric_every, metric_lag| Clockwork { sync, polling, metric_every, metric_lag };
    let cpu = sees(seconds("--cpu-metric-s", delays.cpu_metric_s)?, Duration::ZERO);
    let external = sees(seconds("--scrape-s", delays.scrape_s)?, seconds("--lag-s", delays.lag_s)?);
    let keda = sees(seconds("--broker-s", delays.broker_s)?, Duration::ZERO);
    let mode = |name: &ModeName| match name {
        ModeName::Fixed => (Mode::Fixed { pods: scaling.replicas }, cpu),
        ModeName::Cpu => (Mode::Cpu { target: scaling.cpu_target / 100.0 }, cpu),
        ModeName::External => (Mode::External { target_per_pod }, external),
        ModeName::Keda => (Mode::Keda { target_per_pod, activation: scaling.activation, cooldown }, keda),
    };
    let mean_ms = times.mean().as_secs_f64() * 1e3;
    Ok(Plan {
        loads: args.load.iter().map(load).collect(),
        modes: args.mode.iter().map(mode).collect(),
        bounds: Bounds {
            min: scaling.min,
            max: scaling.max,
            tolerance: scaling.tolerance,
            behavior: behavior(
                scaling,
                seconds("--up-period-s", scaling.up_period_s)?,
                seconds("--down-period-s", scaling.down_period_s)?,
                seconds("--down-window-s", scaling.down_window_s)?,
            ),
        },
        times,
        parallelism: workers.parallelism,
        pod_start: seconds("--pod-start-s", delays.pod_start_s)?,
        cpu_share_per_job: workers.cpu_ms / mean_ms / workers.cpu_request,
        queue_limit: workers.queue_limit,
        seed: args.seed,
    })
}

fn behavior(scaling: &ScalingArgs, up_period: Duration, down_period: Duration, window: Duration) -> Behavior {
    let up = [Step::Percent(scaling.up_percent), Step::Pods(scaling.up_pods)].map(|step| Policy { step, period: up_period });
    let down = [Policy { step: Step::Percent(scaling.down_percent), period: down_period }];
    Behavior {
        up: Rules { policies: up.to_vec(), select: Select::Max, window: Duration::ZERO },
        down: Rules { policies: down.to_vec(), select: Select::Max, window },
    }
}

fn times(path: Option<&PathBuf>) -> Result<ServiceTimes, Failure> {
    let Some(path) = path else { return ServiceTimes::measured().map_err(|e| Failure::new(Reason::Internal, e)) };
    let shown = path.display();
    let text =
        fs::read_to_string(path).map_err(|e| Failure::new(Reason::NoInput, format_args!("failed to read {shown}: {e}")))?;
    ServiceTimes::parse(&text).map_err(|e| Failure::new(Reason::BadInput, format_args!("{shown}: {e} ({})", e.code())))
}

/// A number of seconds that makes a time of at most a week.
fn seconds(name: &'static str, s: f64) -> Result<Duration, PlanError> {
    let time = Duration::try_from_secs_f64(s).ok().filter(|time| *time <= scaling::plan::LONGEST);
    time.ok_or(PlanError::OutOfRange { name, wanted: "no time below 0, and at most a week", got: s })
}

pub(super) fn wrong(error: &PlanError) -> Failure {
    Failure::new(Reason::Usage, format_args!("{error} ({})", error.code()))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(options: &str) -> Failure {
        match plan(&typed(options)).and_then(|plan| plan.run().map_err(|e| wrong(&e))) {
            Err(failure) => failure,
            Ok(_) => panic!("{options} was taken"),
        }
    }

    fn target(plan: &Plan) -> f64 {
        let Some((Mode::Keda { target_per_pod, .. }, _)) = plan.modes.last() else { panic!("keda comes last") };
        *target_per_pod
    }

    #[test]
    fn what_is_typed_is_what_is_simulated() {
        let args = typed("--load steady,burst --mode external,keda --rate 2 --burst-jobs 50 --wanted-wait-s 19 --max 7");
        let plan = plan(&args).unwrap();
        let runs = plan.run().unwrap();
        let named: Vec<_> = runs.iter().map(|run| (run.load, run.mode)).collect();
        assert_eq!(named, [("steady", "external"), ("steady", "keda"), ("burst", "external"), ("burst", "keda")]);
        assert_eq!((runs[2].jobs, plan.bounds.max), (50, 7));
        let k = 19.0 / plan.times.mean().as_secs_f64();
        assert!((target(&plan) - 3.0 * k).abs() < 1e-6);
    }

    #[test]
    fn nobody_waits_on_purpose_unless_asked_to() {
        let default = plan(&typed("")).unwrap();
        assert!((target(&default) - 3.0).abs() < 1e-9, "as many messages as a pod has in hand");
        assert_eq!((default.loads.len(), default.modes.len()), (3, 4));
    }

    #[test]
    fn a_number_that_cant_be_meant_is_refused_by_its_name() {
        for (options, said) in [
            ("--min 5 --max 4", "min_above_max"),
            ("--min 0 --mode cpu", "no_pods"),
            ("--rate NaN --load steady", "out_of_range"),
            ("--rate 1e9 --load steady", "too_many_jobs"),
            ("--pod-start-s inf", "--pod-start-s"),
            ("--period-h=-1", "--period-h"),
            ("--cpu-request 0 --mode cpu", "out_of_range"),
            ("--parallelism 0", "out_of_range"),
            ("--target 0 --mode keda", "out_of_range"),
            ("--sync-s 0", "out_of_range"),
        ] {
            let failure = refused(options);
            assert_eq!(failure.reason(), Reason::Usage, "{options}");
            assert!(failure.to_string().contains(said), "{options}: {failure}");
        }
    }

    #[test]
    fn a_file_without_times_is_the_files_fault() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("times.txt");
        let options = format!("--service-times {}", path.display());
        assert_eq!(refused(&options).reason(), Reason::NoInput);
        fs::write(&path, "soon\n").unwrap();
        assert_eq!(refused(&options).reason(), Reason::BadInput);
        fs::write(&path, "100\n300\n").unwrap();
        assert_eq!(plan(&typed(&options)).unwrap().times.mean(), Duration::from_millis(200));
    }
}
