//! A plan: which loads, which modes, what is assumed; and what comes of each load under each mode.
//!
//! Made by `punchline-plan` from its options, with the defaults that docs/SCALING.md explains. Every mode meets the very same
//! jobs.

use std::time::Duration;

use serde::Serialize;

use crate::{
    arrivals::Load,
    autoscaler::{Autoscaler, Bounds, Mode},
    counts::place,
    error::{PlanError, check, check_positive},
    service_times::ServiceTimes,
    simulation::{Clockwork, Moment, RunOutcome, Settings, simulate},
};

/// The longest that is simulated.
pub const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

/// What is asked.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Each load with the time that is looked at.
    pub loads: Vec<(Load, Duration)>,
    /// Each mode with when it sees what.
    pub modes: Vec<(Mode, Clockwork)>,
    /// For all modes but the fixed one.
    pub bounds: Bounds,
    /// How long jobs take.
    pub times: ServiceTimes,
    /// Jobs in hand of one pod.
    pub parallelism: u32,
    /// From a pod's creation until it takes jobs.
    pub pod_start: Duration,
    /// What a job in hand uses of a pod's CPU request.
    pub cpu_share_per_job: f64,
    /// Jobs that may wait before more are refused.
    pub queue_limit: usize,
    /// Decides all chance.
    pub seed: u64,
}

/// What came of one load under one mode.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Run {
    /// The load's name.
    pub load: &'static str,
    /// The mode's name.
    pub mode: &'static str,
    /// Jobs that came.
    pub jobs: usize,
    /// Of them, refused by a full queue.
    pub refused: usize,
    /// Of them, not done in a day's overtime.
    pub left: usize,
    /// Half of the jobs waited no longer, in seconds.
    pub wait_p50_s: f64,
    /// 95 of 100.
    pub wait_p95_s: f64,
    /// 99 of 100.
    pub wait_p99_s: f64,
    /// All.
    pub wait_max_s: f64,
    /// The most jobs that waited at one time.
    pub most_waiting: usize,
    /// The most pods at one time.
    pub most_pods: u32,
    /// What is paid for in the time that is looked at.
    pub pod_hours: f64,
    /// When the last job was done.
    pub finished_at_s: f64,
    /// How it went.
    pub series: Vec<Moment>,
}

impl Plan {
    /// Every load under every mode, in this order.
    ///
    /// # Errors
    /// Something in it can't be meant; nothing has been simulated then.
    pub fn run(&self) -> Result<Vec<Run>, PlanError> {
        self.validate()?;
        let autoscalers: Vec<_> = self
            .modes
            .iter()
            .map(|(mode, clockwork)| Ok((Autoscaler::new(*mode, self.bounds.clone())?, *clockwork)))
            .collect::<Result<_, PlanError>>()?;
        let loads: Vec<_> = self
            .loads
            .iter()
            .map(|(load, span)| Ok((load.name(), *span, load.arrivals(*span, self.seed)?)))
            .collect::<Result<_, PlanError>>()?;
        let mut runs = Vec::new();
        for (load, span, arrivals) in &loads {
            for (autoscaler, clockwork) in &autoscalers {
                let mode = autoscaler.mode().name();
                let settings = self.settings(*clockwork, *span);
                let outcome = simulate(&settings, &self.times, arrivals, autoscaler.clone());
                runs.push(Run::of(load, mode, &outcome));
            }
        }
        Ok(runs)
    }

    /// Jobs a second that one pod does when it has its hands full.
    #[must_use]
    pub fn jobs_per_s_of_a_pod(&self) -> f64 {
        f64::from(self.parallelism) / self.times.mean().as_secs_f64()
    }

    fn settings(&self, clockwork: Clockwork, span: Duration) -> Settings {
        Settings {
            parallelism: self.parallelism,
            pod_start: self.pod_start,
            cpu_share_per_job: self.cpu_share_per_job,
            queue_limit: self.queue_limit,
            clockwork,
            span,
            seed: self.seed,
        }
    }

    fn validate(&self) -> Result<(), PlanError> {
        check((1..=1000).contains(&self.parallelism), "jobs in hand of a pod", "1 to 1,000", self.parallelism)?;
        let start_s = self.pod_start.as_secs_f64();
        check(self.pod_start <= LONGEST, "a pod's start in s", "at most a week", start_s)?;
        check_positive("the CPU of a job in hand", self.cpu_share_per_job)?;
        check(self.queue_limit > 0, "the queue's limit", "at least 1", self.queue_limit)?;
        for (_, span) in &self.loads {
            let holds = (Duration::from_secs(1)..=LONGEST).contains(span);
            check(holds, "the time that is looked at in s", "1 s to a week", span.as_secs_f64())?;
        }
        for (_, clockwork) in &self.modes {
            let Clockwork { sync, polling, metric_every, metric_lag } = *clockwork;
            let names =
                [("the HPA's period in s", sync), ("KEDA's period in s", polling), ("the metric's period in s", metric_every)];
            for (name, period) in names {
                let holds = (Duration::from_secs(1)..=LONGEST).contains(&period);
                check(holds, name, "1 s to a week", period.as_secs_f64())?;
            }
            check(metric_lag <= LONGEST, "the metric's lag in s", "at most a week", metric_lag.as_secs_f64())?;
        }
        Ok(())
    }
}

impl Run {
    /// What is told of an outcome.
    #[must_use]
    pub fn of(load: &'static str, mode: &'static str, outcome: &RunOutcome) -> Self {
        let wait = |share: f64| {
            let wait = outcome.waits.get(place(share, outcome.waits.len()));
            wait.map_or(0.0, Duration::as_secs_f64)
        };
        Self {
            load,
            mode,
            jobs: outcome.came,
            refused: outcome.refused,
            left: outcome.left,
            wait_p50_s: wait(0.5),
            wait_p95_s: wait(0.95),
            wait_p99_s: wait(0.99),
            wait_max_s: wait(1.0),
            most_waiting: outcome.most_waiting,
            most_pods: outcome.most_pods,
            pod_hours: outcome.pod_seconds / 3600.0,
            finished_at_s: outcome.finished_at.as_secs_f64(),
            series: outcome.series.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hpa::Behavior;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn plan() -> Plan {
        let clockwork = Clockwork { sync: s(15), polling: s(30), metric_every: s(15), metric_lag: s(0) };
        Plan {
            loads: vec![(Load::Steady { per_s: 2.0 }, s(600))],
            modes: vec![(Mode::Fixed { pods: 1 }, clockwork), (Mode::External { target_per_pod: 10.0 }, clockwork)],
            bounds: Bounds { min: 1, max: 10, tolerance: 0.1, behavior: Behavior::kubernetes() },
            times: ServiceTimes::new(vec![s(1)]).unwrap(),
            parallelism: 1,
            pod_start: s(10),
            cpu_share_per_job: 0.5,
            queue_limit: 100_000,
            seed: 1,
        }
    }

    #[test]
    fn every_load_meets_every_mode_with_the_same_jobs() {
        let runs = plan().run().unwrap();
        assert_eq!(
            runs.iter().map(|run| (run.load, run.mode)).collect::<Vec<_>>(),
            [("steady", "fixed"), ("steady", "external")]
        );
        let [fixed, external] = &runs[..] else { panic!() };
        assert_eq!(fixed.jobs, external.jobs);
        // Twice as many jobs as one pod can do: with one they wait longer and longer, with an HPA they don't.
        assert!(fixed.wait_p95_s > 200.0 && external.wait_p95_s < 30.0, "{} {}", fixed.wait_p95_s, external.wait_p95_s);
        assert!((fixed.pod_hours - 600.0 / 3600.0).abs() < 1e-9 && external.most_pods > 1);
        assert!((plan().jobs_per_s_of_a_pod() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn what_cant_be_meant_is_refused_before_anything_is_simulated() {
        let refused = |change: fn(&mut Plan)| {
            let mut plan = plan();
            change(&mut plan);
            plan.run().unwrap_err()
        };
        let changes: [fn(&mut Plan); 9] = [
            |plan| plan.parallelism = 0,
            |plan| plan.pod_start = Duration::MAX,
            |plan| plan.cpu_share_per_job = f64::NAN,
            |plan| plan.queue_limit = 0,
            |plan| plan.loads[0].1 = Duration::ZERO,
            |plan| plan.loads[0].1 = Duration::MAX,
            |plan| plan.modes[1].1.sync = Duration::ZERO,
            |plan| plan.modes[1].1.metric_every = Duration::ZERO,
            |plan| plan.modes[1].1.metric_lag = Duration::MAX,
        ];
        for change in changes {
            assert!(refused(change).to_string().contains(" must be "));
        }
        assert!(refused(|plan| plan.bounds.min = 11).to_string().contains("(11) is above the most (10)"));
    }
}
