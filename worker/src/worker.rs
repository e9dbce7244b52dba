//! A worker as a whole: its parts put together, and what runs beside its jobs.
//!
//! Beside the jobs run three tasks: one hears of cancellations, one moves dead letters to the store, one searches for lost jobs.
//! All of them end with the last job.

use std::{
    num::{NonZeroU16, NonZeroUsize},
    sync::Arc,
    time::Duration,
};

use broker::Broker;
use fonts::Fonts;
use service::{Clock, Eventual, metrics::Registry};
use store::Store;
use tokio_util::sync::CancellationToken;

use crate::{
    Engine, Isolation, ProcessId,
    lost_jobs::schedule::{SPREAD, SearchSchedule},
    metrics::Metrics,
    rendering::{isolated::Isolated, job::Runner},
    settling::{dead_letters::DeadLetterMover, settle::Settler},
    taking::{cancel::RunningJobs, consume, lane_priority::LanePriority, start_marks::StartMarks, store_gate::StoreGate},
};

/// What an operator may choose about a worker.
#[derive(Clone, Debug)]
pub struct WorkerConfig {
    /// What is refused before any decoding; api has checked it, but a message may come from elsewhere.
    pub limits: caption::Limits,
    /// Jobs in flight.
    pub parallelism: NonZeroU16,
    /// What jobs in hand may take after a shutdown began.
    pub shutdown_grace: Duration,
    /// Whether it searches for lost jobs. Some worker, or a scheduled `punchline sweep`, must.
    pub searches_for_lost: bool,
}

/// What a worker works with.
#[derive(Clone, Debug)]
pub struct WorkerParts {
    /// Gives jobs, once it is connected.
    pub broker: Eventual<Broker>,
    /// Gives sources, keeps outputs and results.
    pub store: Store,
    /// Makes the pictures.
    pub engine: Engine,
    /// How to render what may be dangerous.
    pub isolation: Isolation,
    /// The fonts that specs may name.
    pub fonts: Fonts,
    /// Stamps results.
    pub clock: Clock,
    /// The name of this process, where its work is marked.
    pub process: ProcessId,
}

/// A worker that is ready to run.
#[derive(Debug)]
pub struct Worker {
    config: WorkerConfig,
    broker: Eventual<Broker>,
    settler: Arc<Settler>,
    dead_letters: DeadLetterMover,
}

impl Worker {
    /// A worker whose metrics are added to `registry`.
    #[must_use]
    pub fn new(config: WorkerConfig, parts: WorkerParts, registry: &mut Registry) -> Self {
        let metrics = Metrics::register(registry);
        let WorkerParts { broker, store, engine, isolation, fonts, clock, process } = parts;
        let isolated = Isolated::new(isolation);
        // Half of the machine is left to express jobs and to what serves them.
        let standard_beside_express = NonZeroUsize::new(engine.threads() / 2).unwrap_or(NonZeroUsize::MIN);
        let runner = Runner { store: store.clone(), engine, isolated, fonts, limits: config.limits, metrics: metrics.clone() };
        let dead_letters = DeadLetterMover { store: store.clone(), clock: clock.clone(), metrics: metrics.clone() };
        let lane_priority = LanePriority::new(standard_beside_express);
        let start_marks = StartMarks::new(store.clone(), process);
        let store_gate = StoreGate::new(store.clone());
        let running = RunningJobs::default();
        let settler = Settler { runner, store, clock, metrics, running, lane_priority, start_marks, store_gate };
        Self { config, broker, settler: Arc::new(settler), dead_letters }
    }

    /// Works until `shutdown`, or until a thread of the engine is lost, then finishes the jobs in hand for up to the
    /// grace. True when all were finished; unfinished ones are given back to the broker.
    pub async fn run(self, shutdown: &CancellationToken) -> bool {
        let Some(broker) = shutdown.run_until_cancelled(self.broker.wait()).await else { return true };
        let Self { config, settler, dead_letters, .. } = &self;
        let Settler { store, clock, running, metrics, .. } = &**settler;
        // What goes on beside the jobs ends with the last of them.
        let done = CancellationToken::new();
        let working = async {
            let all_finished = consume::run(broker, settler, config.parallelism, config.shutdown_grace, shutdown).await;
            done.cancel();
            all_finished
        };
        let schedule = SearchSchedule { store, broker, clock, spread: SPREAD.mul_f64(fastrand::f64()) };
        let searching = async {
            // While the last jobs are finished a search may still come to its end.
            if config.searches_for_lost {
                done.run_until_cancelled(schedule.run(|jobs| metrics.requeued(jobs))).await;
            }
        };
        let cancelling = running.stop_cancelled(broker, store, &done);
        let moving = dead_letters.run(broker, &done);
        // On the heap: the future holds all four, and every future that awaits it would hold them too.
        Box::pin(async { tokio::join!(working, cancelling, moving, searching) }).await.0
    }
}
