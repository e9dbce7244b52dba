//! One trial: a real run under an autoscaler, and the simulation of the same load with what was measured before it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use e2e::cluster::Cluster;
use proto_shared::queue;
use scaling::{
    Autoscaler, Load, Mode, Outcome, Run, ServiceTimes, Settings,
    autoscaler::{Bounds, Reading},
    hpa::{Behavior, Policy, Rules, Step},
    simulate,
    simulation::{Clockwork, Moment},
};
use tokio::time::interval;

use crate::{
    fleet::Fleet,
    jobs::{Ear, at_random, in_turn},
    s,
};

/// Before the run, alone on one worker: what a job takes.
const CALIBRATING_JOBS: usize = 40;
/// Names of jobs that are not of the run.
const CALIBRATING_FROM: usize = 1_000_000;
const PATIENCE: Duration = Duration::from_secs(480);
/// What a simulation draws differs with its seed: of so many the one in the middle is taken.
const SEEDS: u64 = 21;

/// A load for so long.
pub(crate) struct Trial {
    pub(crate) load: Load,
    pub(crate) span: Duration,
    pub(crate) seed: u64,
}

/// What was, and what had been foretold.
pub(crate) struct Compared {
    pub(crate) real: Run,
    pub(crate) foretold: Run,
}

/// A cluster in small: seconds for what are minutes there.
fn bounds() -> Bounds {
    let policy = |step, seconds| Policy { step, period: s(seconds) };
    Bounds {
        min: 1,
        max: 4,
        tolerance: 0.1,
        behavior: Behavior {
            up: Rules { policies: vec![policy(Step::Pods(2), 4)], window: Duration::ZERO },
            down: Rules { policies: vec![policy(Step::Pods(1), 4)], window: s(10) },
        },
    }
}

/// RabbitMQ says each second what it counted within the last one.
const CLOCKWORK: Clockwork = Clockwork { sync: s(2), polling: s(2), metric_every: s(1), metric_lag: s(1) };
const LOOKS_A_SYNC: usize = 2;
const MODE: Mode = Mode::Keda { target_per_pod: 6.0, activation: 0.0, cooldown: s(30) };

struct Calibration {
    times: ServiceTimes,
    start: Duration,
}

impl Trial {
    /// Measures, foretells, runs.
    pub(crate) async fn compare(&self) -> Compared {
        let arrivals = self.load.arrivals(self.span, self.seed).unwrap();
        // Every job in the standard lane, and one in hand.
        let settings = [
            ("PUNCHLINE_PARALLELISM", "1"),
            ("PUNCHLINE_EXPRESS_BYTES", "1"),
            ("PUNCHLINE_LOG_FORMAT", "json"),
            ("PUNCHLINE_RATE_BURST", "100000"),
        ];
        let cluster = Arc::new(Cluster::start_with(0, &settings).await.unwrap());
        let ear = Ear::listen(&cluster).await;
        let mut fleet = Fleet::new(&cluster);
        let calibration = calibrate(&cluster, &ear, &mut fleet).await;
        let foretold = self.foretell(&calibration, &arrivals);
        let real = self.play(&cluster, &ear, fleet, &arrivals).await;
        let load = self.load.name();
        Compared { real: Run::of(load, "real", &real), foretold: Run::of(load, "simulated", &foretold) }
    }

    fn foretell(&self, calibration: &Calibration, arrivals: &[Duration]) -> Outcome {
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

    async fn play(&self, cluster: &Arc<Cluster>, ear: &Ear, mut fleet: Fleet, arrivals: &[Duration]) -> Outcome {
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
        let (mut looks, mut series) = (interval(CLOCKWORK.metric_every), Vec::new());
        while began.elapsed() < self.span {
            looks.tick().await;
            let (now, backlog) = (began.elapsed(), cluster.messages(queue::JOBS).await.unwrap());
            // As many as there are workers are in hand.
            let waiting = usize::try_from(backlog.saturating_sub(fleet.replicas().into())).unwrap();
            series.push(Moment { at_s: now.as_secs_f64(), pods: fleet.alive(), ready: fleet.replicas(), waiting });
            if series.len() % LOOKS_A_SYNC == 0 {
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
        let heard = ear.done(cluster, arrivals.len(), PATIENCE).await;
        let spent = fleet.end(began).await;
        assert_eq!(cluster.results().await.unwrap(), arrivals.len() + CALIBRATING_JOBS, "every job has a result");

        let mut waits: Vec<_> =
            heard.iter().map(|job| Duration::from_millis(job.started_ms.saturating_sub(job.queued_ms))).collect();
        waits.sort_unstable();
        let finished_ms = heard.iter().map(|job| job.done_ms).max().unwrap();
        Outcome {
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

/// One worker, and some jobs on it alone.
async fn calibrate(cluster: &Cluster, ear: &Ear, fleet: &mut Fleet) -> Calibration {
    // The first start finds the machine's caches empty.
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
    ear.done(cluster, CALIBRATING_JOBS, PATIENCE).await;
    let lines = fleet.log();
    let lines = lines.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let took_ms = lines.filter(|line| line["message"] == "done").map(|line| line["took_ms"].as_str().unwrap().parse().unwrap());
    let times: Vec<_> = took_ms.map(Duration::from_millis).collect();
    assert!(times.len() >= CALIBRATING_JOBS / 2, "{} of {CALIBRATING_JOBS} jobs were logged", times.len());
    let times = ServiceTimes::new(times).unwrap();
    assert!(times.mean() > Duration::from_millis(100), "jobs did not dawdle: punchline was built without the feature `faults`");
    println!("a job takes {:?} in the mean, a worker's start {start:?}", times.mean());
    Calibration { times, start }
}

fn now_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

impl Compared {
    /// As a table of docs/SCALING.md, and both courses.
    pub(crate) fn print(&self, name: &str) {
        let Self { real, foretold } = self;
        println!("| {name}, {} jobs | simulated | real | simulated / real |\n| --- | ---: | ---: | ---: |", real.jobs);
        for (what, real, foretold) in [
            ("wait p50", real.wait_p50_s, foretold.wait_p50_s),
            ("wait p95", real.wait_p95_s, foretold.wait_p95_s),
            ("longest wait", real.wait_max_s, foretold.wait_max_s),
            ("last job done after", real.finished_at_s, foretold.finished_at_s),
            ("worker-seconds", real.pod_hours * 3600.0, foretold.pod_hours * 3600.0),
        ] {
            println!("| {what} | {foretold:.2} s | {real:.2} s | {:.2} |", foretold / real);
        }
        println!("| most workers | {} | {} | |", foretold.most_pods, real.most_pods);
        println!("{}", scaling::report::table(&[foretold.clone(), real.clone()]));
        if let Some(folder) = std::env::var_os("PUNCHLINE_PLOTS").map(std::path::PathBuf::from) {
            let path = folder.join(format!("real-{}.svg", real.load));
            std::fs::write(path, scaling::plot::svg(&[foretold.clone(), real.clone()])).unwrap();
        }
    }
}
