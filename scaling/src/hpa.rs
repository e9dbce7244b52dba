//! How fast the number of pods may follow what a metric asks for: stabilisation windows, scaling policies, bounds.
//!
//! The state machine of `horizontal.go` (`autoscaling/v2` with `behavior`), used by `autoscaler`. It knows no
//! metric and reads no clock: whoever asks says what time it is.

use std::{cmp::Ordering, time::Duration};

use crate::{
    counts::{ceil, floor},
    error::{PlanError, check},
};

/// `stabilizationWindowSeconds` is at most an hour.
const LONGEST_WINDOW: Duration = Duration::from_secs(3600);
/// `periodSeconds` is at most half of one.
const LONGEST_PERIOD: Duration = Duration::from_secs(1800);

/// By how much the number of pods may change in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// So many pods.
    Pods(u32),
    /// So many of a hundred.
    Percent(u32),
}

/// One entry of `policies`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How much.
    pub step: Change,
    /// `periodSeconds`.
    pub period: Duration,
}

/// One direction of `behavior`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// What is allowed; of several the one that allows the largest change counts (`selectPolicy: Max`). None allows none.
    pub policies: Vec<Policy>,
    /// `stabilizationWindowSeconds`.
    pub window: Duration,
}

/// `behavior`: how to grow and how to shrink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behavior {
    /// `scaleUp`.
    pub up: Rules,
    /// `scaleDown`.
    pub down: Rules,
}

impl Behavior {
    /// What Kubernetes does where nothing is said: up by the larger of 100 % and 4 pods each 15 s at once, down by anything
    /// each 15 s after 300 s.
    #[must_use]
    pub fn kubernetes() -> Self {
        let each = |step| Policy { step, period: Duration::from_secs(15) };
        let up = Rules { policies: vec![each(Change::Percent(100)), each(Change::Pods(4))], window: Duration::ZERO };
        let down = Rules { policies: vec![each(Change::Percent(100))], window: Duration::from_secs(300) };
        Self { up, down }
    }

    /// As the API server does.
    pub(crate) fn validate(&self) -> Result<(), PlanError> {
        for Rules { policies, window, .. } in [&self.up, &self.down] {
            check(*window <= LONGEST_WINDOW, "the stabilisation window in s", "0 to 3,600", window.as_secs_f64())?;
            for Policy { period, .. } in policies {
                let holds = !period.is_zero() && *period <= LONGEST_PERIOD;
                check(holds, "a policy's period in s", "above 0 and at most 1,800", period.as_secs_f64())?;
            }
        }
        Ok(())
    }
}

/// The memory of one HPA.
#[derive(Clone, Debug)]
pub struct Hpa {
    behavior: Behavior,
    min: u32,
    max: u32,
    /// What was asked for at which time.
    asked: Vec<(Duration, u32)>,
    ups: Vec<(Duration, u32)>,
    downs: Vec<(Duration, u32)>,
}

impl Hpa {
    /// One that has seen nothing yet.
    #[must_use]
    pub fn new(behavior: Behavior, min: u32, max: u32) -> Self {
        Self { behavior, min, max, asked: Vec::new(), ups: Vec::new(), downs: Vec::new() }
    }

    /// The number of pods from `now` on, when there are `current` and the metric asks for `desired`.
    pub fn step(&mut self, now: Duration, current: u32, desired: u32) -> u32 {
        if self.asked.is_empty() {
            // What stood before the first look counts as asked for: it is not shrunk at once.
            self.asked.push((now, current));
        }
        let steady = self.stabilised(now, current, desired);
        let next = self.limited(now, current, steady);
        let longest = |rules: &Rules| rules.policies.iter().map(|policy| policy.period).max().unwrap_or_default();
        let (up, down) = (longest(&self.behavior.up), longest(&self.behavior.down));
        self.ups.retain(|(at, _)| now.saturating_sub(*at) < up);
        self.downs.retain(|(at, _)| now.saturating_sub(*at) < down);
        if next > current {
            self.ups.push((now, next - current));
        } else if next < current {
            self.downs.push((now, current - next));
        }
        next
    }

    /// Down only as far as the most that was asked for within the window, up only as far as the least.
    fn stabilised(&mut self, now: Duration, current: u32, desired: u32) -> u32 {
        let within =
            |window: Duration| self.asked.iter().filter(move |(at, _)| now.saturating_sub(*at) < window).map(|&(_, n)| n);
        let least = within(self.behavior.up.window).fold(desired, u32::min);
        let most = within(self.behavior.down.window).fold(desired, u32::max);
        let longest = self.behavior.up.window.max(self.behavior.down.window);
        self.asked.retain(|(at, _)| now.saturating_sub(*at) < longest);
        self.asked.push((now, desired));
        current.max(least).min(most)
    }

    fn limited(&self, now: Duration, current: u32, desired: u32) -> u32 {
        match desired.cmp(&current) {
            Ordering::Greater => desired.min(self.most(now, current)),
            Ordering::Less => desired.max(self.least(now, current)),
            Ordering::Equal => desired,
        }
        .clamp(self.min, self.max)
    }

    /// As many as may be there now by the rules for growing.
    fn most(&self, now: Duration, current: u32) -> u32 {
        let limits =
            self.behavior.up.policies.iter().map(|&Policy { step, period }| match (step, self.began(now, period, current)) {
                (Change::Pods(pods), began) => began.saturating_add(pods),
                (Change::Percent(percent), began) => ceil(f64::from(began) * (1.0 + f64::from(percent) / 100.0)),
            });
        limits.fold(current, u32::max)
    }

    /// As few as may be there now by the rules for shrinking.
    fn least(&self, now: Duration, current: u32) -> u32 {
        let limits =
            self.behavior.down.policies.iter().map(|&Policy { step, period }| match (step, self.began(now, period, current)) {
                (Change::Pods(pods), began) => began.saturating_sub(pods),
                (Change::Percent(percent), began) => floor(f64::from(began) * (1.0 - f64::from(percent) / 100.0)),
            });
        limits.fold(current, u32::min)
    }

    /// The number of pods that the period until now began with.
    fn began(&self, now: Duration, period: Duration, current: u32) -> u32 {
        let change = |events: &[(Duration, u32)]| -> u32 {
            events.iter().filter(|(at, _)| now.saturating_sub(*at) < period).map(|&(_, pods)| pods).sum()
        };
        (current + change(&self.downs)).saturating_sub(change(&self.ups))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn rules(window: Duration, policies: &[(Change, u64)]) -> Rules {
        let policies = policies.iter().map(|&(step, period_s)| Policy { step, period: s(period_s) }).collect();
        Rules { policies, window }
    }

    /// Follows a constant wish from `pods` on, a look each `each_s`.
    fn followed(behavior: Behavior, pods: u32, wish: u32, each_s: u64, looks: u64) -> Vec<u32> {
        let mut hpa = Hpa::new(behavior, 1, 1000);
        let mut seen = vec![pods];
        for look in 0..looks {
            let next = hpa.step(s(look * each_s), *seen.last().unwrap(), wish);
            seen.push(next);
        }
        seen
    }

    /// Kubernetes' documentation: 80 replicas to be 10 with "4 pods a minute" and "10 % a minute": 8 go in the first minute,
    /// then 10 % of 72, which is 7.2, "rounded up to 8"; below 40 it is 4 at a time.
    #[test]
    fn the_documented_example_of_scaling_down_by_policies() {
        let down = rules(Duration::ZERO, &[(Change::Pods(4), 60), (Change::Percent(10), 60)]);
        let behavior = Behavior { down, ..Behavior::kubernetes() };
        let seen = followed(behavior, 80, 10, 60, 15);
        assert_eq!(seen[..4], [80, 72, 64, 57]);
        let place = seen.iter().position(|&pods| pods <= 40).unwrap();
        assert_eq!(seen[place] - seen[place + 1], 4);
        assert_eq!(*seen.last().unwrap(), 10);
    }

    /// The defaults: doubled, or 4 more, each 15 s.
    #[test]
    fn the_default_goes_up_by_four_or_by_half_of_all() {
        assert_eq!(followed(Behavior::kubernetes(), 1, 100, 15, 6), [1, 5, 10, 20, 40, 80, 100]);
    }

    /// What a policy allows is counted over its period, however often the HPA looks.
    #[test]
    fn a_period_is_not_used_up_twice() {
        let up = rules(Duration::ZERO, &[(Change::Pods(5), 60)]);
        let behavior = Behavior { up, ..Behavior::kubernetes() };
        assert_eq!(followed(behavior, 1, 100, 15, 6), [1, 6, 6, 6, 6, 11, 11]);
    }

    /// "the autoscaler considers previous desired states and uses another value from the specified interval".
    #[test]
    fn down_is_the_most_that_was_asked_for_in_the_window() {
        let mut hpa = Hpa::new(Behavior::kubernetes(), 1, 100);
        assert_eq!(hpa.step(s(0), 10, 10), 10);
        for at in (15..300).step_by(15) {
            assert_eq!(hpa.step(s(at), 10, if at == 150 { 6 } else { 2 }), 10, "{at}");
        }
        assert_eq!(hpa.step(s(300), 10, 2), 6, "the ten is 300 s old, the six is not");
        assert_eq!(hpa.step(s(450), 6, 2), 2);
    }

    #[test]
    fn up_is_the_least_that_was_asked_for_in_the_window() {
        let up = rules(s(60), &[(Change::Percent(900), 15)]);
        let mut hpa = Hpa::new(Behavior { up, ..Behavior::kubernetes() }, 1, 100);
        assert_eq!(hpa.step(s(0), 2, 8), 2, "what stood counts as asked for");
        assert_eq!(hpa.step(s(30), 2, 9), 2);
        assert_eq!(hpa.step(s(60), 2, 10), 9);
    }

    #[test]
    fn bounds_come_before_everything() {
        let mut hpa = Hpa::new(Behavior::kubernetes(), 3, 5);
        assert_eq!((hpa.step(s(0), 4, 50), hpa.step(s(900), 5, 1)), (5, 3));
        assert_eq!(Hpa::new(Behavior::kubernetes(), 3, 5).step(s(0), 9, 9), 5);
    }
}
