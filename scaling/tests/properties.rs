//! What holds of every simulation, whatever comes and whoever decides.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use proptest::prelude::*;
use scaling::{
    Autoscaler, Load, Mode, RunOutcome, ServiceTimes, Settings,
    autoscaler::Bounds,
    hpa::{Behavior, Change, Policy, Rules},
    simulate,
    simulation::Clockwork,
};

const SPAN: Duration = Duration::from_secs(300);

fn ms(range: std::ops::Range<u64>) -> impl Strategy<Value = Duration> {
    range.prop_map(Duration::from_millis)
}

fn load() -> impl Strategy<Value = Load> {
    prop_oneof![
        (0.01..5.0).prop_map(|per_s| Load::Steady { per_s }),
        (1..1500u32, ms(0..100_000), ms(0..100_000)).prop_map(|(jobs, at, over)| Load::Burst { jobs, at, over }),
        (0.01..4.0, 0.0..1.0, ms(1000..600_000)).prop_map(|(mean_per_s, swing, period)| Load::Wave { mean_per_s, swing, period }),
    ]
}

fn times() -> impl Strategy<Value = ServiceTimes> {
    prop::collection::vec(ms(1..5000), 1..20).prop_map(|times| ServiceTimes::new(times).unwrap())
}

fn rules() -> impl Strategy<Value = Rules> {
    let step = prop_oneof![(1..20u32).prop_map(Change::Pods), (1..300u32).prop_map(Change::Percent)];
    let policy = (step, ms(1000..120_000)).prop_map(|(step, period)| Policy { step, period });
    (prop::collection::vec(policy, 1..3), ms(0..400_000)).prop_map(|(policies, window)| Rules { policies, window })
}

fn bounds() -> impl Strategy<Value = Bounds> {
    (0..4u32, 0..30u32, 0.0..0.5, rules(), rules()).prop_map(|(min, more, tolerance, up, down)| Bounds {
        min,
        max: (min + more).max(1),
        tolerance,
        behavior: Behavior { up, down },
    })
}

fn mode() -> impl Strategy<Value = Mode> {
    prop_oneof![
        (1..30u32).prop_map(|pods| Mode::Fixed { pods }),
        (0.1..1.5).prop_map(|target| Mode::Cpu { target }),
        (1.0..100.0).prop_map(|target_per_pod| Mode::External { target_per_pod }),
        (1.0..100.0, 0.0..20.0, ms(0..400_000)).prop_map(|(target_per_pod, activation, cooldown)| Mode::Keda {
            target_per_pod,
            activation,
            cooldown
        }),
    ]
}

fn settings() -> impl Strategy<Value = Settings> {
    let clockwork = (ms(500..60_000), ms(500..60_000), ms(500..60_000), ms(0..60_000));
    (1..8u32, ms(0..120_000), 0.01..1.0, 1..3000usize, clockwork, any::<u64>()).prop_map(
        |(parallelism, pod_start, cpu_share_per_job, queue_limit, (sync, polling, metric_every, metric_lag), seed)| Settings {
            parallelism,
            pod_start,
            cpu_share_per_job,
            queue_limit,
            clockwork: Clockwork { sync, polling, metric_every, metric_lag },
            span: SPAN,
            seed,
        },
    )
}

/// None where the bounds don't go with the mode: that is refused, and tested elsewhere.
fn played(settings: &Settings, times: &ServiceTimes, load: Load, mode: Mode, bounds: &Bounds) -> Option<RunOutcome> {
    let autoscaler = Autoscaler::new(mode, bounds.clone()).ok()?;
    let arrivals = load.arrivals(SPAN, settings.seed).unwrap();
    Some(simulate(settings, times, &arrivals, autoscaler))
}

fn fixed(settings: &Settings, times: &ServiceTimes, arrivals: &[Duration], pods: u32) -> RunOutcome {
    let bounds = Bounds { min: 1, max: 1, tolerance: 0.1, behavior: Behavior::kubernetes() };
    simulate(settings, times, arrivals, Autoscaler::new(Mode::Fixed { pods }, bounds).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_job_is_lost_or_made_and_no_bound_is_passed(
        settings in settings(), times in times(), load in load(), mode in mode(), bounds in bounds()
    ) {
        let Some(outcome) = played(&settings, &times, load, mode, &bounds) else { return Ok(()) };
        prop_assert_eq!(outcome.came, load.arrivals(SPAN, settings.seed).unwrap().len());
        // Every job that came was refused, was taken after a wait, or is left.
        prop_assert!(outcome.waits.len() + outcome.refused <= outcome.came);
        prop_assert!(outcome.came <= outcome.waits.len() + outcome.refused + outcome.left);
        prop_assert!(outcome.left == 0 || matches!(mode, Mode::Keda { .. }) && bounds.min == 0, "{} left", outcome.left);
        prop_assert!(outcome.most_waiting <= settings.queue_limit);
        prop_assert!(outcome.waits.is_sorted());
        let limit = if let Mode::Fixed { pods } = mode { pods } else { bounds.max };
        for moment in &outcome.series {
            prop_assert!(moment.ready <= limit, "{moment:?}");
            prop_assert!(moment.ready <= moment.pods && moment.waiting <= outcome.most_waiting);
            let least = if let Mode::Fixed { pods } = mode { pods } else { bounds.min };
            prop_assert!(moment.pods >= least, "{moment:?}");
        }
        let hours = SPAN.as_secs_f64();
        let least = if let Mode::Fixed { pods } = mode { pods } else { bounds.min };
        prop_assert!(outcome.pod_seconds >= f64::from(least) * hours * 0.999);
        prop_assert!(outcome.pod_seconds <= f64::from(outcome.most_pods) * hours * 1.001);
    }

    #[test]
    fn the_same_seed_gives_the_same_outcome(
        settings in settings(), times in times(), load in load(), mode in mode(), bounds in bounds()
    ) {
        let again = || played(&settings, &times, load, mode, &bounds);
        prop_assert_eq!(again(), again());
    }

    #[test]
    fn another_pod_never_makes_jobs_wait_longer(settings in settings(), times in times(), load in load(), pods in 1..20u32) {
        let settings = Settings { queue_limit: usize::MAX, ..settings };
        let arrivals = load.arrivals(SPAN, settings.seed).unwrap();
        let waited = |pods| fixed(&settings, &times, &arrivals, pods).waits.iter().sum::<Duration>();
        let (few, more) = (waited(pods), waited(pods + 1));
        prop_assert!(more <= few, "{pods} pods: {few:?}, one more: {more:?}");
    }
}

/// What can be reckoned by hand: ten jobs of a second each at once, and two pods with one each in hand.
#[test]
fn a_queue_that_can_be_reckoned_by_hand() {
    let arrivals = vec![Duration::from_secs(10); 10];
    let second = Duration::from_secs(1);
    let clockwork = Clockwork { sync: second, polling: second, metric_every: second, metric_lag: Duration::ZERO };
    let settings =
        Settings { parallelism: 1, pod_start: second, cpu_share_per_job: 1.0, queue_limit: 100, clockwork, span: SPAN, seed: 1 };
    let times = ServiceTimes::new(vec![second]).unwrap();
    let outcome = fixed(&settings, &times, &arrivals, 2);
    let waits_s: Vec<_> = outcome.waits.iter().map(Duration::as_secs).collect();
    assert_eq!(waits_s, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
    assert_eq!((outcome.finished_at.as_secs(), outcome.most_waiting, outcome.left), (15, 8, 0));
    assert!((outcome.pod_seconds - 600.0).abs() < 1e-9);
    // With a place for four, four are refused.
    let outcome = fixed(&Settings { queue_limit: 4, ..settings }, &times, &arrivals, 2);
    assert_eq!((outcome.refused, outcome.waits.len()), (4, 6));
}

/// An autoscaler that looks each second and sees at once: five messages a pod, forty jobs at once, one pod to begin with.
#[test]
fn pods_come_as_the_metric_asks_and_a_start_later() {
    let second = Duration::from_secs(1);
    let clockwork = Clockwork { sync: second, polling: second, metric_every: second, metric_lag: Duration::ZERO };
    let settings = Settings {
        parallelism: 1,
        pod_start: 5 * second,
        cpu_share_per_job: 1.0,
        queue_limit: 100,
        clockwork,
        span: SPAN,
        seed: 1,
    };
    let times = ServiceTimes::new(vec![second]).unwrap();
    let bounds = Bounds { min: 1, max: 10, tolerance: 0.1, behavior: Behavior::kubernetes() };
    let external = Autoscaler::new(Mode::External { target_per_pod: 5.0 }, bounds).unwrap();
    let arrivals = vec![Duration::from_millis(9500); 40];
    let outcome = simulate(&settings, &times, &arrivals, external);
    // Seen at 10 s: 40 messages ask for 8 pods, 5 are allowed; the four new ones are ready at 15 s. By 22 s the old one has done
    // 12 and each of the others 7; at 25 s more would be allowed.
    assert_eq!((outcome.most_pods, outcome.finished_at.as_millis()), (5, 22_000));
}
