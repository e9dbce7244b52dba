//! Makes a [`Plan`] of the options: loads and modes by their names, the file of service times by its path.
//!
//! Called by main. It checks no number: `options` refuses times that can't be, and the plan refuses the rest before anything
//! is simulated.

use std::{fs, path::Path, time::Duration};

use anyhow::Context as _;
use scaling::{
    Load, Mode, Plan, ServiceTimes,
    autoscaler::Bounds,
    hpa::{Behavior, Change, Policy, Rules},
    simulation::Clockwork,
};

use crate::options::{LoadName, ModeName, Options};

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const HOUR: Duration = s(3600);
const DAY: Duration = s(24 * 3600);

/// What an autoscaler of a usual cluster sees: its own loop and KEDA's each look every 15 s.
const fn clockwork(metric_every: Duration, metric_lag: Duration) -> Clockwork {
    Clockwork { sync: s(15), polling: s(15), metric_every, metric_lag }
}

/// As often as the metrics server measures.
const CPU: Clockwork = clockwork(s(15), s(0));
/// As often as Prometheus scrapes, and so late as a query finds it.
const EXTERNAL: Clockwork = clockwork(s(30), s(5));
/// As often as the broker counts.
const KEDA: Clockwork = clockwork(s(5), s(0));

pub(crate) fn plan(options: &Options) -> anyhow::Result<Plan> {
    let times = times(options.service_times.as_deref())?;
    let load = |name: &LoadName| match name {
        LoadName::Steady => (Load::Steady { per_s: options.rate }, HOUR),
        LoadName::Burst => (Load::Burst { jobs: options.burst_jobs, at: s(60), over: s(30) }, HOUR),
        LoadName::Wave => (Load::Wave { mean_per_s: options.rate, swing: 0.9, period: DAY }, DAY),
    };
    let target_per_pod = options.target.unwrap_or_else(|| times.target_per_pod(options.parallelism, options.wanted_wait_s));
    let mode = |name: &ModeName| match name {
        ModeName::Fixed => (Mode::Fixed { pods: options.replicas }, CPU),
        ModeName::Cpu => (Mode::Cpu { target: options.cpu_target / 100.0 }, CPU),
        ModeName::External => (Mode::External { target_per_pod }, EXTERNAL),
        ModeName::Keda => (Mode::Keda { target_per_pod, activation: 0.0, cooldown: s(300) }, KEDA),
    };
    let mean_ms = times.mean().as_secs_f64() * 1e3;
    Ok(Plan {
        loads: options.load.iter().map(load).collect(),
        modes: options.mode.iter().map(mode).collect(),
        bounds: Bounds { min: options.min, max: options.max, tolerance: 0.1, behavior: behavior() },
        times,
        parallelism: options.parallelism,
        pod_start: options.pod_start_s,
        cpu_share_per_job: options.cpu_ms / mean_ms / options.cpu_request,
        queue_limit: 100_000,
        seed: options.seed,
    })
}

/// The chart's: up at once, down a quarter a minute after five quiet minutes.
fn behavior() -> Behavior {
    let up = [Change::Percent(900), Change::Pods(20)].map(|step| Policy { step, period: s(15) });
    let down = [Policy { step: Change::Percent(25), period: s(60) }];
    Behavior { up: Rules { policies: up.to_vec(), window: s(0) }, down: Rules { policies: down.to_vec(), window: s(300) } }
}

fn times(path: Option<&Path>) -> anyhow::Result<ServiceTimes> {
    let Some(path) = path else { return Ok(ServiceTimes::measured()?) };
    let shown = path.display();
    let bytes = fs::read(path).with_context(|| format!("failed to read {shown}"))?;
    // Bytes that are no text hold no number.
    ServiceTimes::parse(&String::from_utf8_lossy(&bytes)).with_context(|| format!("{shown} can't be used"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::typed;

    fn refusal(options: &str) -> String {
        let plan = typed(options).map_err(anyhow::Error::from).and_then(|options| plan(&options));
        format!("{:#}", plan.and_then(|plan| Ok(plan.run()?)).unwrap_err())
    }

    fn target(plan: &Plan) -> f64 {
        let Some((Mode::Keda { target_per_pod, .. }, _)) = plan.modes.last() else { panic!("keda comes last") };
        *target_per_pod
    }

    #[test]
    fn what_is_typed_is_what_is_simulated() {
        let options = "--load steady,burst --mode external,keda --rate 2 --burst-jobs 50 --wanted-wait-s 19 --max 7";
        let plan = plan(&typed(options).unwrap()).unwrap();
        let runs = plan.run().unwrap();
        let named: Vec<_> = runs.iter().map(|run| (run.load, run.mode)).collect();
        assert_eq!(named, [("steady", "external"), ("steady", "keda"), ("burst", "external"), ("burst", "keda")]);
        assert_eq!((runs[2].jobs, plan.bounds.max), (50, 7));
        let k = 19.0 / plan.times.mean().as_secs_f64();
        assert!((target(&plan) - 3.0 * k).abs() < 1e-6);
    }

    #[test]
    fn nobody_waits_on_purpose_unless_asked_to() {
        let default = plan(&typed("").unwrap()).unwrap();
        assert!((target(&default) - 3.0).abs() < 1e-9, "as many messages as a pod has in hand");
        assert_eq!((default.loads.len(), default.modes.len()), (3, 4));
    }

    #[test]
    fn a_number_that_cant_be_meant_is_refused_by_its_name() {
        for (options, said) in [
            ("--min 5 --max 4", "(5) is above the most (4)"),
            ("--min 0 --mode cpu", "only keda can"),
            ("--rate NaN --load steady", "the rate"),
            ("--rate 1e9 --load steady", "lower the rate"),
            ("--pod-start-s inf", "--pod-start-s"),
            ("--cpu-request 0 --mode cpu", "the CPU of a job in hand"),
            ("--parallelism 0", "jobs in hand of a pod"),
            ("--target 0 --mode keda", "target"),
        ] {
            let refusal = refusal(options);
            assert!(refusal.contains(said), "{options}: {refusal}");
        }
    }

    #[test]
    fn a_file_without_times_is_named() {
        let path = std::env::temp_dir().join(format!("punchline-plan-{}.txt", std::process::id()));
        let options = format!("--service-times {}", path.display());
        assert!(refusal(&options).contains("failed to read"));
        for bad in [b"soon\n".as_slice(), b"GIF89a\xff\xfe\0", b""] {
            fs::write(&path, bad).unwrap();
            assert!(refusal(&options).contains(&path.display().to_string()));
        }
        fs::write(&path, "100\n300\n").unwrap();
        assert_eq!(plan(&typed(&options).unwrap()).unwrap().times.mean(), Duration::from_millis(200));
        fs::remove_file(&path).unwrap();
    }
}
