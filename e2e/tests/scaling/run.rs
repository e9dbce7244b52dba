//! One trial: a real run under an autoscaler, and a simulation of the same load that is told only what was measured before the run.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use e2e::cluster::Cluster;
use proto_shared::queue;
use scaling::{
    Autoscaler, Load, Mode, Run, RunOutcome, ServiceTimes, Settings,
    autoscaler::{Bounds, Reading},
    hpa::{Behavior, Change, Policy, Rules},
    simulate,
    simulation::{Clockwork, Moment},
};
use tokio::time::interval;

use crate::{
    fleet::Fleet,
    jobs::{EventLog, at_random, in_turn},
};

/// Jobs that are measured before the run, alone on one worker.
const CALIBRATING_JOBS: usize = 40;
/// Numbers from here on are jobs that are not part of the run.
const CALIBRATING_FROM: usize = 1_000_000;
const ALL_DONE_WITHIN: Duration = Duration::from_secs(480);
/// A simulation depends on its seed. The median of this many simulations is taken.
const SEEDS: u64 = 21;

pub(crate) const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A load that lasts `span`.
pub(crate) struct Trial {
    pub(crate) load: Load,
    pub(crate) span: Duration,
    pub(crate) seed: u64,
}

/// The real run, and the prediction made before it.
pub(crate) struct Compared {
    pub(crate) real: Run,
    pub(crate) predicted: Run,
}

/// The bounds of a small cluster: seconds where a real one has minutes.
fn bounds() -> Bounds {
    let policy = |step, seconds| Policy { step, period: s(seconds) };
    Bounds {
        min: 1,
        max: 4,
        tolerance: 0.1,
        behavior: Behavior {
            up: Rules { policies: vec![policy(Change::Pods(2), 4)], window: Duration::ZERO },
            down: Rules { policies: vec![policy(Change::Pods(1), 4)], window: s(10) },
        },
    }
}

/// RabbitMQ reports every second what it counted within the last second.
const CLOCKWORK: Clockwork = Clockwork { sync: s(2), polling: s(2), metric_every: s(1), metric_lag: s(1) };
const METRICS_A_SYNC: usize = 2;
const MODE: Mode = Mode::Keda { target_per_pod: 6.0, activation: 0.0, cooldown: s(30) };

struct Calibration {
    times: ServiceTimes,
    start: Duration,
}

impl Trial {
    /// Measures, predicts, then runs.
    pub(crate) async fn compare(&self) -> Compared {
        let arrivals = self.load.arrivals(self.span, self.seed).unwrap();
        // All jobs are in the standard lane, and a worker has one in hand.
        let settings = [
            ("PUNCHLINE_PARALLELISM", "1"),
            ("PUNCHLINE_EXPRESS_BYTES", "1"),
            ("PUNCHLINE_LOG_FORMAT", "json"),
            ("PUNCHLINE_RATE_BURST", "100000"),
        ];
        let cluster = Arc::new(Cluster::start_with(0, &settings).await.unwrap());
        let event_log = EventLog::listen(&cluster).await;
        let mut fleet = Fleet::new(&cluster);
        let calibration = calibrate(&cluster, &event_log, &mut fleet).await;
        let predicted = self.predict(&calibration, &arrivals);
        let real = self.run(&cluster, &event_log, fleet, &arrivals).await;
        let load = self.load.name();
        Compared { real: Run::of(load, "real", &real), predicted: Run::of(load, "simulated", &predicted) }
    }

    fn predict(&self, calibration: &Calibration, arrivals: &[Duration]) -> RunOutcome {
        let simulated = |seed| {
            let settings = Settings {
                parallelism: 1,
                pod_start: calibration.start,
                cpu_share_per_job: 1.0,
                queue_limit: 100_000,
                clockwork: CLOCKWORK,
                span: self.span,
                seed,
            };
            simulate(&settings, &calibration.times, arrivals, Autoscaler::new(MODE, bounds()).unwrap())
        };
        let mut outcomes: Vec<_> = (0..SEEDS).map(simulated).collect();
        outcomes.sort_by_key(|outcome| outcome.waits[outcome.waits.len() / 2]);
        outcomes.swap_remove(outcomes.len() / 2)
    }

    async fn run(&self, cluster: &Arc<Cluster>, event_log: &EventLog, mut fleet: Fleet, arrivals: &[Duration]) -> RunOutcome {
        let (began, began_ms) = (Instant::now(), now_ms());
        let submitting: Vec<_> = arrivals
            .iter()
            .copied()
            .enumerate()
            .map(|(n, at)| {
                let client = cluster.client();
                tokio::spawn(async move {
                    let (picture, spec) = at_random(n);
                    tokio::time::sleep_until((began + at).into()).await;
                    client.submit(&picture, &spec).await.unwrap();
                })
            })
            .collect();

        let mut autoscaler = Autoscaler::new(MODE, bounds()).unwrap();
        let (mut metrics, mut series) = (interval(CLOCKWORK.metric_every), Vec::new());
        while began.elapsed() < self.span {
            metrics.tick().await;
            let (now, backlog) = (began.elapsed(), cluster.messages(queue::JOBS).await.unwrap());
            // Each worker has one of them in hand.
            let waiting = usize::try_from(backlog.saturating_sub(fleet.replicas().into())).unwrap();
            series.push(Moment { at_s: now.as_secs_f64(), pods: fleet.alive(), ready: fleet.replicas(), waiting });
            if series.len() % METRICS_A_SYNC == 0 {
                let reading = Reading { backlog: Some(f64::from(u32::try_from(backlog).unwrap())), cpu: Vec::new() };
                let polled = autoscaler.poll(now, fleet.replicas(), &reading);
                fleet.scale(polled);
                let wanted = autoscaler.sync(now, fleet.replicas(), &reading);
                fleet.scale(wanted);
            }
        }
        for submitted in submitting {
            submitted.await.unwrap();
        }
        let jobs = event_log.done(cluster, arrivals.len(), ALL_DONE_WITHIN).await;
        let spent = fleet.end(began).await;
        assert_eq!(cluster.results().await.unwrap(), arrivals.len() + CALIBRATING_JOBS, "every job has a result");

        let mut waits: Vec<_> =
            jobs.iter().map(|job| Duration::from_millis(job.started_ms.saturating_sub(job.queued_ms))).collect();
        waits.sort_unstable();
        let finished_ms = jobs.iter().map(|job| job.done_ms).max().unwrap();
        RunOutcome {
            came: arrivals.len(),
            refused: 0,
            left: 0,
            waits,
            finished_at: Duration::from_millis(finished_ms - began_ms),
            most_waiting: series.iter().map(|moment| moment.waiting).max().unwrap(),
            most_pods: series.iter().map(|moment| moment.pods).max().unwrap(),
            pod_seconds: spent.as_secs_f64(),
            series,
        }
    }
}

/// Measures the start of a worker, and some jobs on one worker alone.
async fn calibrate(cluster: &Cluster, event_log: &EventLog, fleet: &mut Fleet) -> Calibration {
    // The first start is not measured: it finds the machine's caches empty.
    fleet.scale(1);
    fleet.ready().await;
    fleet.scale(2);
    let start = fleet.ready().await;
    fleet.scale(1);
    let client = cluster.client();
    for n in 0..CALIBRATING_JOBS {
        let (picture, spec) = in_turn(CALIBRATING_FROM + n);
        client.submit(&picture, &spec).await.unwrap();
    }
    event_log.done(cluster, CALIBRATING_JOBS, ALL_DONE_WITHIN).await;
    let lines = fleet.log();
    let lines = lines.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let took_ms = lines.filter(|line| line["message"] == "done").map(|line| line["took_ms"].as_str().unwrap().parse().unwrap());
    let times: Vec<_> = took_ms.map(Duration::from_millis).collect();
    assert!(times.len() >= CALIBRATING_JOBS / 2, "{} of {CALIBRATING_JOBS} jobs were logged", times.len());
    let times = ServiceTimes::new(times).unwrap();
    assert!(times.mean() > Duration::from_millis(100), "jobs did not sleep: punchline was built without the feature `faults`");
    println!("a job takes {:?} in the mean, a worker's start {start:?}", times.mean());
    Calibration { times, start }
}

fn now_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

impl Compared {
    /// Prints the table of docs/SCALING.md, and both courses over time.
    pub(crate) fn print(&self, name: &str) {
        let Self { real, predicted } = self;
        println!("| {name}, {} jobs | simulated | real | simulated / real |\n| --- | ---: | ---: | ---: |", real.jobs);
        for (what, real, predicted) in [
            ("wait p50", real.wait_p50_s, predicted.wait_p50_s),
            ("wait p95", real.wait_p95_s, predicted.wait_p95_s),
            ("longest wait", real.wait_max_s, predicted.wait_max_s),
            ("last job done after", real.finished_at_s, predicted.finished_at_s),
            ("worker-seconds", real.pod_hours * 3600.0, predicted.pod_hours * 3600.0),
        ] {
            println!("| {what} | {predicted:.2} s | {real:.2} s | {:.2} |", predicted / real);
        }
        println!("| most workers | {} | {} | |", predicted.most_pods, real.most_pods);
        println!("{}", scaling::report::table(&[predicted.clone(), real.clone()]));
        if let Some(folder) = std::env::var_os("PUNCHLINE_PLOTS").map(std::path::PathBuf::from) {
            let path = folder.join(format!("real-{}.svg", real.load));
            std::fs::write(path, scaling::plot::svg(&[predicted.clone(), real.clone()])).unwrap();
        }
    }
}
