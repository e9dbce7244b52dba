//! Makes a [`Plan`] of the options: loads and modes by their names, the file of service times by its path.
//!
//! Called by main. It checks no number: `options` refuses times that can't be, and the plan refuses the rest before anything
//! is simulated.

use std::{fs, path::Path, time::Duration};

use anyhow::Context as _;
use scaling::{
    Load, Mode, Plan, ServiceTimes,
    autoscaler::Bounds,
    hpa::{Behavior, Policy, Rules, Select, Step},
    simulation::Clockwork,
};

use crate::options::{LoadName, ModeName, Options, ScalingOptions};

pub(crate) fn plan(options: &Options) -> anyhow::Result<Plan> {
    let Options { loads, workers, scaling, delays, .. } = options;
    let times = times(workers.service_times.as_deref())?;
    let hour = Duration::from_secs(3600);
    let load = |name: &LoadName| match name {
        LoadName::Steady => (Load::Steady { per_s: loads.rate }, hour),
        LoadName::Burst => (Load::Burst { jobs: loads.burst_jobs, at: Duration::from_secs(60), over: loads.burst_over_s }, hour),
        LoadName::Wave => (Load::Wave { mean_per_s: loads.rate, swing: loads.swing, period: loads.period_h }, loads.period_h),
    };
    let target_per_pod = scaling.target.unwrap_or_else(|| times.target_per_pod(workers.parallelism, scaling.wanted_wait_s));
    let clockwork =
        |metric_every, metric_lag| Clockwork { sync: delays.sync_s, polling: delays.polling_s, metric_every, metric_lag };
    let cpu = clockwork(delays.cpu_metric_s, Duration::ZERO);
    let external = clockwork(delays.scrape_s, delays.lag_s);
    let keda = clockwork(delays.broker_s, Duration::ZERO);
    let mode = |name: &ModeName| match name {
        ModeName::Fixed => (Mode::Fixed { pods: scaling.replicas }, cpu),
        ModeName::Cpu => (Mode::Cpu { target: scaling.cpu_target / 100.0 }, cpu),
        ModeName::External => (Mode::External { target_per_pod }, external),
        ModeName::Keda => (Mode::Keda { target_per_pod, activation: scaling.activation, cooldown: scaling.cooldown_s }, keda),
    };
    let mean_ms = times.mean().as_secs_f64() * 1e3;
    let bounds = Bounds { min: scaling.min, max: scaling.max, tolerance: scaling.tolerance, behavior: behavior(scaling) };
    Ok(Plan {
        loads: options.load.iter().map(load).collect(),
        modes: options.mode.iter().map(mode).collect(),
        bounds,
        times,
        parallelism: workers.parallelism,
        pod_start: delays.pod_start_s,
        cpu_share_per_job: workers.cpu_ms / mean_ms / workers.cpu_request,
        queue_limit: workers.queue_limit,
        seed: options.seed,
    })
}

fn behavior(scaling: &ScalingOptions) -> Behavior {
    let up = [Step::Percent(scaling.up_percent), Step::Pods(scaling.up_pods)];
    let up = up.map(|step| Policy { step, period: scaling.up_period_s });
    let down = [Policy { step: Step::Percent(scaling.down_percent), period: scaling.down_period_s }];
    Behavior {
        up: Rules { policies: up.to_vec(), select: Select::Max, window: Duration::ZERO },
        down: Rules { policies: down.to_vec(), select: Select::Max, window: scaling.down_window_s },
    }
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
            ("--period-h=-1", "--period-h"),
            ("--cpu-request 0 --mode cpu", "the CPU of a job in hand"),
            ("--parallelism 0", "jobs in hand of a pod"),
            ("--target 0 --mode keda", "target"),
            ("--sync-s 0", "the HPA's period"),
            ("--down-window-s 4000", "stabilisation window"),
            ("--up-period-s 0", "period"),
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
