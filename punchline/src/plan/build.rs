//! From what was typed to a [`Plan`]: names to loads and modes, numbers of seconds to times.
//!
//! Every number is checked before anything is simulated, here or by `scaling`, and refused by its name.

use std::{fs::File, io::Read as _, path::PathBuf, time::Duration};

use scaling::{
    Load, Mode, Plan, PlanError, ServiceTimes,
    autoscaler::Bounds,
    hpa::{Behavior, Policy, Rules, Select, Step},
    simulation::Clockwork,
};

use super::options::{LoadName, ModeName, PlanArgs, ScalingArgs};
use crate::exit::{Failure, Reason};

/// Of a file of service times: millions of them.
const MOST_BYTES: u64 = 64 << 20;

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
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|e| Failure::new(Reason::NoInput, format_args!("failed to read {shown}: {e}")))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Failure::new(Reason::BadInput, format_args!("{shown} has more than {MOST_BYTES} bytes")));
    }
    // What is no text holds no number.
    let text = String::from_utf8_lossy(&bytes);
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{super::options::typed, *};

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
            ("--down-window-s 4000", "stabilisation window"),
            ("--up-period-s 0", "period"),
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
        for bad in [b"soon\n".as_slice(), b"GIF89a\xff\xfe\0", b""] {
            fs::write(&path, bad).unwrap();
            assert_eq!(refused(&options).reason(), Reason::BadInput);
        }
        fs::write(&path, "100\n300\n").unwrap();
        assert_eq!(plan(&typed(&options)).unwrap().times.mean(), Duration::from_millis(200));
    }
}
