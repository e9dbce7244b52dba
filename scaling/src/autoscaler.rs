//! The four ways to decide on a number of pods, as state machines that are asked at a time and answer with a number.
//!
//! [`crate::simulation`] drives one through simulated time, and `e2e` the same one through real time, with real workers. It never
//! reads a clock and never starts anything.

use std::time::Duration;

use crate::{
    error::{PlanError, check, check_positive},
    hpa::{Behavior, Hpa},
    metric::{PodCpu, Tolerance, by_average_value, by_utilisation},
};

/// The most pods that are simulated.
pub const MOST_PODS: u32 = 10_000;

/// Who decides, and by what.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mode {
    /// Nobody: a Deployment with so many replicas.
    Fixed {
        /// So many.
        pods: u32,
    },
    /// An HPA on CPU use.
    Cpu {
        /// The wanted use, as a share of the request.
        target: f64,
    },
    /// An HPA on the messages that wait or are in hand, by an adapter that asks Prometheus.
    External {
        /// Messages that one pod should have.
        target_per_pod: f64,
    },
    /// KEDA on the same number, which it asks the broker for; it can also go down to no pods and come back.
    Keda {
        /// Messages that one pod should have.
        target_per_pod: f64,
        /// There must be more messages than this for the first pod to start.
        activation: f64,
        /// How long there must have been no more than that before the last pod goes.
        cooldown: Duration,
    },
}

/// What every mode but [`Mode::Fixed`] has.
#[derive(Clone, Debug, PartialEq)]
pub struct Bounds {
    /// At least so many pods.
    pub min: u32,
    /// At most so many.
    pub max: u32,
    /// How far off the target nothing is done.
    pub tolerance: f64,
    /// How fast the number may change.
    pub behavior: Behavior,
}

/// What an autoscaler is shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// Messages that wait and messages in hand, where that is known.
    pub backlog: Option<f64>,
    /// Each pod's use of CPU.
    pub cpu: Vec<PodCpu>,
}

/// A mode with its memory.
#[derive(Clone, Debug)]
pub struct Autoscaler {
    mode: Mode,
    bounds: Bounds,
    hpa: Hpa,
    last_active: Option<Duration>,
}

impl Mode {
    /// As the command line names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fixed { .. } => "fixed",
            Self::Cpu { .. } => "cpu",
            Self::External { .. } => "external",
            Self::Keda { .. } => "keda",
        }
    }
}

impl Autoscaler {
    /// One that has decided nothing yet.
    ///
    /// # Errors
    /// Bounds or targets that can't be meant.
    pub fn new(mode: Mode, bounds: Bounds) -> Result<Self, PlanError> {
        let pods =
            |name, got: u32, least: u32| check((least..=MOST_PODS).contains(&got), name, &format!("{least} to {MOST_PODS}"), got);
        match mode {
            Mode::Fixed { pods: n } => pods("the number of pods", n, 1)?,
            Mode::Cpu { target } => check_positive("the CPU target", target)?,
            Mode::External { target_per_pod } | Mode::Keda { target_per_pod, .. } => {
                check_positive("the target of messages for a pod", target_per_pod)?;
            }
        }
        if let Mode::Keda { activation, .. } = mode {
            check(activation.is_finite() && activation >= 0.0, "the activation", "0 or more", activation)?;
        }
        pods("the least pods", bounds.min, 0)?;
        pods("the most pods", bounds.max, 1)?;
        if bounds.min > bounds.max {
            return Err(PlanError(format!("the least number of pods ({}) is above the most ({})", bounds.min, bounds.max)));
        }
        if bounds.min == 0 && matches!(mode, Mode::Cpu { .. } | Mode::External { .. }) {
            let mode = mode.name();
            return Err(PlanError(format!("the {mode} mode can't start from no pods at all; only keda can")));
        }
        check((0.0..1.0).contains(&bounds.tolerance), "the tolerance", "from 0 to below 1", bounds.tolerance)?;
        bounds.behavior.validate()?;
        let hpa = Hpa::new(bounds.behavior.clone(), bounds.min.max(1), bounds.max);
        Ok(Self { mode, bounds, hpa, last_active: None })
    }

    /// How it decides.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The number of pods to begin with.
    #[must_use]
    pub fn first(&self) -> u32 {
        if let Mode::Fixed { pods } = self.mode { pods } else { self.bounds.min }
    }

    /// What the HPA says at one of its looks: the number of pods from now on.
    pub fn sync(&mut self, now: Duration, current: u32, reading: &Reading) -> u32 {
        let tolerance = Tolerance(self.bounds.tolerance);
        let desired = match self.mode {
            Mode::Fixed { pods } => return pods,
            // An HPA is out of work where there are no pods.
            _ if current == 0 => return 0,
            Mode::Cpu { target } => by_utilisation(&reading.cpu, target, tolerance),
            Mode::External { target_per_pod } | Mode::Keda { target_per_pod, .. } => match reading.backlog {
                Some(backlog) => by_average_value(backlog, target_per_pod, current, tolerance),
                // No metric, no change.
                None => return current,
            },
        };
        self.hpa.step(now, current, desired)
    }

    /// What KEDA's own loop says, which only starts the first pod and stops the last. Other modes have none.
    pub fn poll(&mut self, now: Duration, current: u32, reading: &Reading) -> u32 {
        let (Mode::Keda { activation, cooldown, .. }, Some(backlog)) = (self.mode, reading.backlog) else { return current };
        if backlog > activation {
            self.last_active = Some(now);
            return current.max(self.bounds.min).max(1);
        }
        let idle = now.saturating_sub(self.last_active.unwrap_or_default());
        if self.bounds.min == 0 && idle >= cooldown { 0 } else { current }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn bounds(min: u32, max: u32) -> Bounds {
        Bounds { min, max, tolerance: 0.1, behavior: Behavior::kubernetes() }
    }

    fn backlog(messages: f64) -> Reading {
        Reading { backlog: Some(messages), cpu: Vec::new() }
    }

    fn keda(min: u32) -> Autoscaler {
        let mode = Mode::Keda { target_per_pod: 10.0, activation: 5.0, cooldown: s(300) };
        Autoscaler::new(mode, bounds(min, 50)).unwrap()
    }

    #[test]
    fn keda_starts_the_first_pod_and_leaves_the_rest_to_its_hpa() {
        let mut keda = keda(0);
        assert_eq!(keda.first(), 0);
        assert_eq!(keda.sync(s(0), 0, &backlog(100.0)), 0, "the HPA does nothing from nothing");
        assert_eq!(keda.poll(s(0), 0, &backlog(5.0)), 0, "the activation is not passed");
        assert_eq!(keda.poll(s(30), 0, &backlog(100.0)), 1);
        assert_eq!(keda.sync(s(45), 1, &backlog(100.0)), 5);
        assert_eq!(keda.sync(s(60), 5, &backlog(100.0)), 10);
    }

    #[test]
    fn the_last_pod_goes_after_the_cooldown_if_none_is_the_least() {
        for (min, left) in [(0, 0), (2, 3)] {
            let mut keda = keda(min);
            assert_eq!(keda.poll(s(1000), 3, &backlog(6.0)), 3);
            assert_eq!(keda.poll(s(1299), 3, &backlog(0.0)), 3);
            assert_eq!(keda.poll(s(1300), 3, &backlog(0.0)), left);
        }
    }

    #[test]
    fn without_a_metric_nothing_changes() {
        let mut external = Autoscaler::new(Mode::External { target_per_pod: 10.0 }, bounds(1, 50)).unwrap();
        assert_eq!(external.sync(s(0), 7, &Reading::default()), 7);
        assert_eq!(keda(0).poll(s(9000), 7, &Reading::default()), 7);
    }

    #[test]
    fn what_cant_be_meant_is_refused() {
        let external = |target_per_pod| Mode::External { target_per_pod };
        let refused = |mode, bounds, name: &str| {
            let said = Autoscaler::new(mode, bounds).unwrap_err().to_string();
            assert!(said.contains(name), "{said}");
        };
        refused(external(10.0), bounds(5, 4), "is above the most");
        refused(external(10.0), bounds(0, 4), "only keda can");
        refused(external(f64::NAN), bounds(1, 4), "the target");
        refused(external(0.0), bounds(1, 4), "the target");
        refused(Mode::Fixed { pods: 0 }, bounds(1, 4), "the number of pods");
        refused(external(1.0), bounds(1, 10_001), "the most pods");
        refused(external(1.0), Bounds { tolerance: 1.0, ..bounds(1, 2) }, "the tolerance");
        let mut slow = bounds(1, 2);
        slow.behavior.down.window = s(3601);
        refused(external(1.0), slow, "the stabilisation window");
        let mut never = bounds(1, 2);
        never.behavior.up.policies[0].period = s(0);
        refused(external(1.0), never, "a policy's period");
        let endless = Mode::Keda { target_per_pod: 1.0, activation: f64::INFINITY, cooldown: s(1) };
        refused(endless, bounds(0, 4), "the activation");
    }
}
