//! The predictions of `scaling`, compared with real workers: the simulation's own autoscaler starts and stops worker processes by the
//! depth of a real RabbitMQ's queue.
//!
//! Here a pod is a worker process with one job in hand. A job sleeps after each frame (a fault of the worker's test build), because four
//! jobs that compute would share two CPUs. The simulation is told only how long jobs and a worker's start took before the run.
//! `benches/service/scaling.sh` makes the long runs, whose figures are in docs/SCALING.md.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "functions that tests share fail by panicking, and say what was measured"
)]

mod broker_rates;
mod fleet;
mod jobs;
mod run;

use e2e::deadline::within;
use run::{Compared, Trial, s};
use scaling::Load;

/// Times are not asserted here: they differ on a busy machine.
#[tokio::test(flavor = "multi_thread")]
async fn a_burst_brings_workers_and_its_end_takes_them_away() {
    within(s(900), async {
        let trial = Trial { load: Load::Burst { jobs: 60, at: s(1), over: s(1) }, span: s(60), seed: 1 };
        let Compared { real, predicted } = trial.compare().await;
        assert_eq!((real.jobs, real.refused, real.left), (60, 0, 0));
        assert_eq!((real.most_pods, predicted.most_pods), (4, 4));
        assert_eq!(real.series.last().unwrap().pods, 1, "one worker is left: {:?}", real.series);
        // Four workers did the jobs. With one, the last job would not have begun so long before the end.
        assert!(real.wait_max_s < real.finished_at_s);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes, and its figures mean something on a quiet machine alone: benches/service/scaling.sh"]
async fn simulated_and_real() {
    for (name, load, span) in [
        // Below the capacity of four workers. At capacity, a tenth more or less in a job's time changes the wait without bound.
        ("wave", Load::Wave { mean_per_s: 3.0, swing: 0.9, period: s(200) }, s(200)),
        ("burst of 200", Load::Burst { jobs: 200, at: s(5), over: s(5) }, s(110)),
    ] {
        let compared = Trial { load, span, seed: 1 }.compare().await;
        compared.print(name);
    }
}
