//! Takes jobs from the broker, runs the engine on its own threads, stores what comes out, settles.
//!
//! The binary runs it for `punchline worker` and `punchline serve`. It must never ack before the output and
//! the result are stored, never run the engine on a runtime thread, and never let one job's panic reach another.
//! Running a job twice is harmless by construction: outputs are named by what they are made from, and the
//! first result that is written stands.

mod bury;
mod cancel;
mod consume;
mod engine;
#[cfg(feature = "faults")]
mod faults;
mod isolated;
mod job;
mod look;
mod metrics;
mod progress;
mod render;
mod replay;
mod requeue;
mod settle;
mod stage;
mod starts;
mod store_gate;
mod threads;
mod trace;
mod turns;

use std::{
    num::{NonZeroU16, NonZeroUsize},
    sync::Arc,
    time::Duration,
};

use broker::Broker;
use fonts::Fonts;
use service::{Clock, Late, metrics::Registry};
use store::Store;
use tokio_util::sync::CancellationToken;

pub use engine::Engine;
pub use isolated::{Isolation, answer};
pub use progress::Progress;
pub use render::{EngineError, Product, Task};
pub use replay::{ReplayError, ReplayStep, Replayed, replay_dead};
pub use requeue::{LostAfter, RequeueError, requeue_lost};
pub use starts::ProcessId;

use crate::{
    bury::Undertaker,
    cancel::InHand,
    isolated::Isolated,
    job::Runner,
    look::{Lookout, SPREAD},
    metrics::Metrics,
    settle::Settler,
    starts::Starts,
    store_gate::StoreGate,
    turns::Turns,
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
    /// Whether it looks for lost work, which is to be done by somebody.
    pub looks_for_lost: bool,
}

/// What a worker works with.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Gives jobs, once it is there.
    pub broker: Late<Broker>,
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
    broker: Late<Broker>,
    settler: Arc<Settler>,
    undertaker: Undertaker,
}

impl Worker {
    /// A worker whose metrics are added to `registry`.
    #[must_use]
    pub fn new(config: WorkerConfig, parts: Parts, registry: &mut Registry) -> Self {
        let metrics = Metrics::register(registry);
        let Parts { broker, store, engine, isolation, fonts, clock, process } = parts;
        let isolated = Isolated::new(isolation);
        // Half of the machine is left to express jobs and to what serves them.
        let few = NonZeroUsize::new(engine.threads() / 2).unwrap_or(NonZeroUsize::MIN);
        let runner = Runner { store: store.clone(), engine, isolated, fonts, limits: config.limits, metrics: metrics.clone() };
        let undertaker = Undertaker { store: store.clone(), clock: clock.clone(), metrics: metrics.clone() };
        let (turns, starts) = (Turns::new(few), Starts::new(store.clone(), process));
        let store_gate = StoreGate::new(store.clone());
        let settler = Settler { runner, store, clock, metrics, in_hand: InHand::default(), turns, starts, store_gate };
        Self { config, broker, settler: Arc::new(settler), undertaker }
    }

    /// Works until `shutdown`, or until a thread of the engine is lost, then finishes the jobs in hand for up to the
    /// grace. True when all were finished; those that were not are given back to the broker.
    pub async fn run(self, shutdown: &CancellationToken) -> bool {
        let Some(broker) = shutdown.run_until_cancelled(self.broker.wait()).await else { return true };
        let Self { config, settler, undertaker, .. } = &self;
        let Settler { store, clock, in_hand, metrics, .. } = &**settler;
        // What goes on beside the jobs ends with the last of them.
        let done = CancellationToken::new();
        let working = async {
            let all_finished = consume::run(broker, settler, config, shutdown).await;
            done.cancel();
            all_finished
        };
        let lookout = Lookout { store, broker, clock, spread: SPREAD.mul_f64(fastrand::f64()) };
        let finding = async {
            // While jobs are finished a look may still come to its end.
            if config.looks_for_lost {
                done.run_until_cancelled(lookout.run(|jobs| metrics.requeued(jobs))).await;
            }
        };
        let hearing = in_hand.listen(broker, store, &done);
        let burying = undertaker.run(broker, &done);
        // What these wait for is large, and nothing else is.
        Box::pin(async { tokio::join!(working, hearing, burying, finding) }).await.0
    }
}
