//! What a worker counts: deliveries, and apart from them the ends of jobs, each counted by the process that wrote its result.
//!
//! Over all processes `accepted = ended + unfinished`, where api counts what is accepted and what it ends itself.

use std::time::{Duration, Instant};

use broker::Delivery;
use prometheus_client::metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram};
use proto_shared::{ErrorCode, Outcome, RenderStats};
use service::metrics::{Registry, Unit, registered, registered_with_unit, seconds_buckets, wait_buckets};

use crate::stage::DeliveryStage;

/// A name and a value from a fixed set.
type Label = (&'static str, &'static str);

/// A worker's metrics; clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    deliveries: Counter,
    redelivered: Counter,
    in_flight: Gauge,
    unacked: Family<[Label; 1], Gauge>,
    stages: Family<[Label; 1], Counter>,
    deliveries_ended: Family<[Label; 1], Counter>,
    jobs_ended: Family<[Label; 2], Counter>,
    job_seconds: Histogram,
    queue_wait_seconds: Histogram,
    engine_seconds: Histogram,
    store_seconds: Family<[Label; 1], Histogram>,
    frames: Family<[Label; 1], Counter>,
    segments: Family<[Label; 1], Counter>,
    settle_failures: Counter,
    dead_letters_stored: Counter,
    requeued: Counter,
}

/// How a delivery ended.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The job is done.
    Done,
    /// The job has failed for good.
    Failed,
    /// The job was cancelled.
    Cancelled,
    /// A result was stored already.
    Duplicate,
    /// It is delivered again later, as the next attempt.
    Retried,
    /// Its message is kept as a dead letter.
    Dead,
}

impl Ending {
    /// The end of a job of this outcome.
    pub(crate) fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Done { .. } => Self::Done,
            Outcome::Cancelled => Self::Cancelled,
            Outcome::Failed { code, .. } if is_kept(*code) => Self::Dead,
            Outcome::Failed { .. } => Self::Failed,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Duplicate => "duplicate",
            Self::Retried => "retried",
            Self::Dead => "dead",
        }
    }
}

/// Whether a job failed by a defect of ours.
fn is_defect(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::EnginePanic | ErrorCode::EngineCrashed | ErrorCode::Timeout | ErrorCode::Internal)
}

/// Whether its message is kept, as a dead letter.
pub(crate) fn is_kept(code: ErrorCode) -> bool {
    is_defect(code) || code == ErrorCode::AttemptsExhausted
}

/// A request to the store that every job makes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum StoreStep {
    /// Fetching its source.
    Source,
    /// Keeping its output.
    Output,
    /// Keeping its result.
    Result,
}

/// Counts a delivery as in flight until it is dropped, also when its job is cut off.
pub(crate) struct InFlight {
    all: Gauge,
    of_lane: Gauge,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.all.dec();
        self.of_lane.dec();
    }
}

impl Metrics {
    pub(crate) fn register(r: &mut Registry) -> Self {
        let seconds = || Histogram::new(seconds_buckets());
        let ended = "Jobs whose result this worker wrote, by outcome, and by code where they failed";
        let waited = "From a job's record to its first delivery";
        let stored = "In the store, one step of one job: fetching the source, keeping the output, keeping the result";
        let by_step = Family::new_with_constructor((|| Histogram::new(seconds_buckets())) as fn() -> Histogram);
        // In this order they are exposed.
        Self {
            deliveries: registered(r, "worker_deliveries", "Messages handed to this worker", Counter::default()),
            redelivered: registered(r, "worker_redelivered", "Of these, delivered before and not settled", Counter::default()),
            in_flight: registered(r, "worker_jobs_in_flight", "Deliveries in hand", Gauge::default()),
            unacked: registered(
                r,
                "queue_unacked_messages",
                "Messages that this process has in hand, by lane",
                Family::default(),
            ),
            stages: registered(r, "worker_stages", "Deliveries that came so far, by stage", Family::default()),
            deliveries_ended: registered(r, "worker_jobs", "Deliveries ended, by outcome", Family::default()),
            jobs_ended: registered(r, "worker_jobs_ended", ended, Family::default()),
            job_seconds: registered_with_unit(r, "worker_job", "From delivery to settlement", Unit::Seconds, seconds()),
            queue_wait_seconds: registered_with_unit(
                r,
                "worker_queue_wait",
                waited,
                Unit::Seconds,
                Histogram::new(wait_buckets()),
            ),
            engine_seconds: registered_with_unit(r, "worker_engine", "Inside the engine, one job", Unit::Seconds, seconds()),
            store_seconds: registered_with_unit(r, "worker_store", stored, Unit::Seconds, by_step),
            frames: registered(r, "worker_frames", "Frames written, by how they came through", Family::default()),
            segments: registered(r, "worker_segments", "Segments written, by how they came through", Family::default()),
            dead_letters_stored: registered(r, "worker_dead_letters", "Dead letters moved to the store", Counter::default()),
            requeued: registered(r, "worker_jobs_requeued", "Lost jobs that this process queued again", Counter::default()),
            settle_failures: registered(r, "worker_settle_failures", "Deliveries that could not be settled", Counter::default()),
        }
    }

    pub(crate) fn delivered(&self, delivery: &Delivery, now_ms: u64) -> InFlight {
        self.deliveries.inc();
        if delivery.redelivered() {
            self.redelivered.inc();
        } else if delivery.attempt() == 1 {
            // Later ones waited on purpose.
            let waited_ms = now_ms.saturating_sub(delivery.message().job.created_at_ms);
            self.queue_wait_seconds.observe(Duration::from_millis(waited_ms).as_secs_f64());
        }
        let of_lane = self.unacked.get_or_create_owned(&[("lane", delivery.lane().as_str())]);
        let in_flight = InFlight { all: self.in_flight.clone(), of_lane };
        in_flight.all.inc();
        in_flight.of_lane.inc();
        in_flight
    }

    pub(crate) fn reached(&self, stage: DeliveryStage) {
        self.stages.get_or_create_owned(&[("stage", stage.as_str())]).inc();
        tracing::trace!(stage = stage.as_str(), "reached");
    }

    pub(crate) fn delivery_ended(&self, outcome: Ending, took: Duration) {
        self.deliveries_ended.get_or_create_owned(&[("outcome", outcome.as_str())]).inc();
        self.job_seconds.observe(took.as_secs_f64());
    }

    /// To be called for every result that this process was the first to write, and for no other.
    pub(crate) fn job_ended(&self, ending: Ending, outcome: &Outcome) {
        let code = if let Outcome::Failed { code, .. } = outcome { code.as_str() } else { "" };
        self.jobs_ended.get_or_create_owned(&[("outcome", ending.as_str()), ("code", code)]).inc();
    }

    /// Waits for the store, and notes how long that took if it is not given up.
    pub(crate) async fn stored<T>(&self, step: StoreStep, work: impl Future<Output = T>) -> T {
        let begun = Instant::now();
        let done = work.await;
        let step = match step {
            StoreStep::Source => "source",
            StoreStep::Output => "output",
            StoreStep::Result => "result",
        };
        self.store_seconds.get_or_create_owned(&[("step", step)]).observe(begun.elapsed().as_secs_f64());
        done
    }

    pub(crate) fn rendered(&self, stats: &RenderStats) {
        self.engine_seconds.observe(Duration::from_millis(stats.engine_wall_ms).as_secs_f64());
        let by_how = [
            ("copied", stats.frames_copied, stats.segments_copied),
            ("spliced", stats.frames_spliced, stats.segments_spliced),
            ("recoded", stats.frames_recoded, stats.segments_recoded),
        ];
        for (how, frames, segments) in by_how {
            self.frames.get_or_create_owned(&[("how", how)]).inc_by(u64::from(frames));
            self.segments.get_or_create_owned(&[("how", how)]).inc_by(u64::from(segments));
        }
    }

    pub(crate) fn dead_letter_stored(&self) {
        self.dead_letters_stored.inc();
    }

    pub(crate) fn requeued(&self, jobs: u64) {
        self.requeued.inc_by(jobs);
    }

    pub(crate) fn settle_failed(&self) {
        self.settle_failures.inc();
    }
}
