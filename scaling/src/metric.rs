//! From a metric to the number of pods that it asks for, as the HPA's replica calculator reckons.
//!
//! Pure arithmetic, used by `autoscaler`; how fast that number may be followed is `hpa`'s. The rules are
//! those of `pkg/controller/podautoscaler/replica_calculator.go` in Kubernetes 1.3x, and each has a test.

use crate::counts::{ceil, real_len};

/// How far from 1 the ratio of metric to target may be without anything being done: 0.1 unless a cluster says otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance(pub f64);

impl Tolerance {
    fn holds(self, ratio: f64) -> bool {
        // Kubernetes compares with `<=` too, and 1.1 is not exactly representable.
        (ratio - 1.0).abs() <= self.0 + 1e-9
    }
}

/// What is known of a pod's CPU.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PodCpu {
    /// Its use, as a share of its request.
    Used(f64),
    /// It is not ready, or was not for the whole time that was measured.
    NotReady,
}

/// An external metric with a target of type `AverageValue`: the whole of it, divided by what one pod should have.
#[must_use]
pub fn by_average_value(total: f64, target_per_pod: f64, current: u32, tolerance: Tolerance) -> u32 {
    if current > 0 && tolerance.holds(total / (target_per_pod * f64::from(current))) {
        return current;
    }
    ceil(total / target_per_pod)
}

/// The resource metric `cpu` with a target of type `Utilization`.
///
/// Pods that are not ready are left out; if the others ask for more pods they count as using nothing, so that pods which
/// are on their way are not asked for twice.
#[must_use]
pub fn by_utilisation(pods: &[PodCpu], target: f64, tolerance: Tolerance) -> u32 {
    let current = u32::try_from(pods.len()).unwrap_or(u32::MAX);
    let used: Vec<f64> = pods.iter().filter_map(|pod| if let PodCpu::Used(share) = pod { Some(*share) } else { None }).collect();
    if used.is_empty() {
        // "did not receive metrics for any ready pods": the HPA does nothing.
        return current;
    }
    let sum: f64 = used.iter().sum();
    let ratio = sum / real_len(used.len()) / target;
    if used.len() == pods.len() || ratio <= 1.0 {
        return if tolerance.holds(ratio) { current } else { ceil(ratio * real_len(used.len())) };
    }
    let with_all = sum / f64::from(current) / target;
    if tolerance.holds(with_all) || with_all < 1.0 { current } else { ceil(with_all * f64::from(current)).max(current) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PodCpu::{NotReady, Used};

    const TENTH: Tolerance = Tolerance(0.1);

    /// "if the current metric value is 200m, and the desired value is 100m, the number of replicas will be doubled, since
    /// 200.0 / 100.0 == 2.0. If the current value is instead 50m, you'll halve the number of replicas".
    #[test]
    fn the_two_examples_of_the_documentation() {
        assert_eq!(by_utilisation(&[Used(2.0); 3], 1.0, TENTH), 6);
        assert_eq!(by_utilisation(&[Used(0.5); 6], 1.0, TENTH), 3);
        assert_eq!(by_average_value(600.0, 100.0, 3, TENTH), 6);
        assert_eq!(by_average_value(300.0, 100.0, 6, TENTH), 3);
    }

    /// The walkthrough: CPU at 305 % of the request with a target of 50 % makes seven of one.
    #[test]
    fn the_example_of_the_walkthrough() {
        assert_eq!(by_utilisation(&[Used(3.05)], 0.5, TENTH), 7);
    }

    /// "The control plane skips any scaling action if the ratio is sufficiently close to 1.0".
    #[test]
    fn nothing_is_done_within_the_tolerance() {
        for (total, wanted) in [(90.0, 10), (110.0, 10), (89.0, 9), (111.0, 12)] {
            assert_eq!(by_average_value(total, 10.0, 10, TENTH), wanted, "{total}");
            assert_eq!(by_utilisation(&[Used(total / 100.0); 10], 1.0, TENTH), wanted, "{total}");
        }
    }

    #[test]
    fn from_nothing_there_is_no_tolerance() {
        assert_eq!(by_average_value(1.0, 10.0, 0, TENTH), 1);
        assert_eq!(by_average_value(0.0, 10.0, 0, TENTH), 0);
    }

    /// As in the calculator's own tests: what is not ready counts as idle once the others ask for more.
    #[test]
    fn pods_that_are_on_their_way_are_not_asked_for_twice() {
        // Three at 90 % of their request with a target of 30 % would ask for nine; with six starting the mean is on target.
        let mut pods = vec![Used(0.9); 3];
        assert_eq!(by_utilisation(&pods, 0.3, TENTH), 9);
        pods.extend([NotReady; 6]);
        assert_eq!(by_utilisation(&pods, 0.3, TENTH), 9);
        // One that starts among three at twice their target: still more are needed.
        assert_eq!(by_utilisation(&[Used(1.0), Used(1.0), Used(1.0), NotReady], 0.5, TENTH), 6);
    }

    #[test]
    fn to_scale_down_only_ready_pods_are_looked_at() {
        assert_eq!(by_utilisation(&[Used(0.2), Used(0.2), NotReady], 0.8, TENTH), 1);
        assert_eq!(by_utilisation(&[NotReady, NotReady], 0.8, TENTH), 2);
    }
}
