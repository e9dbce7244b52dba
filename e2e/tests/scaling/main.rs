//! What `scaling` foretells, held against real workers: the very autoscaler of the simulation starts and stops worker processes by
//! the depth of a real RabbitMQ's queue.
//!
//! A pod is here a worker process with one job in hand, and a job one that dawdles after each frame (`worker/src/faults.rs`), because four
//! that compute would share two CPUs. What is simulated knows nothing of the run but how long jobs and a worker's start took
//! before it. `benches/service/scaling.sh` runs the long ones, whose figures stand in docs/SCALING.md.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "functions that tests share fail by panicking, and say what was measured"
)]

mod broker_rates;
mod fleet;
mod jobs;
mod run;

use std::time::Duration;

use e2e::deadline::within;
use run::{Compared, Trial};
use scaling::Load;

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Times are not asserted here: a busy machine has others.
#[tokio::test(flavor = "multi_thread")]
async fn a_burst_brings_workers_and_its_end_takes_them_away() {
    within(s(900), async {
        let trial = Trial { load: Load::Burst { jobs: 60, at: s(1), over: s(1) }, span: s(60), seed: 1 };
        let Compared { real, foretold } = trial.compare().await;
        assert_eq!((real.jobs, real.refused, real.left), (60, 0, 0));
        assert_eq!((real.most_pods, foretold.most_pods), (4, 4));
        assert_eq!(real.series.last().unwrap().pods, 1, "the last one is left: {:?}", real.series);
        // Four were at it: one alone would have taken longer by far than the longest wait.
        assert!(real.wait_max_s < real.finished_at_s);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes, and its figures mean something on a quiet machine alone: benches/service/scaling.sh"]
async fn simulated_and_real() {
    for (name, load, span) in [
        // Below what four workers can do: at it, a tenth more or less in a job's time makes any wait.
        ("wave", Load::Wave { mean_per_s: 3.0, swing: 0.9, period: s(200) }, s(200)),
        ("burst of 200", Load::Burst { jobs: 200, at: s(5), over: s(5) }, s(110)),
    ] {
        let compared = Trial { load, span, seed: 1 }.compare().await;
        compared.print(name);
    }
}
