//! What a worker counts: deliveries, and apart from them the ends of jobs, each counted by whoever wrote its result.
//!
//! Over all processes `accepted = ended + unfinished`, where api counts what is accepted and what it ends itself.

use std::{
    fmt,
    time::{Duration, Instant},
};

use broker::Delivery;
use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
};
use proto_shared::{ErrorCode, Outcome, RenderStats};
use service::metrics::{Registry, Unit, seconds_buckets, wait_buckets};

use crate::stage::Stage;

/// A worker's metrics; clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    deliveries: Counter,
    redelivered: Counter,
    in_flight: Gauge,
    unacked: Family<LaneLabels, Gauge>,
    stages: Family<StageLabels, Counter>,
    deliveries_ended: Family<DeliveryLabels, Counter>,
    jobs_ended: Family<JobLabels, Counter>,
    job_seconds: Histogram,
    queue_wait_seconds: Histogram,
    engine_seconds: Histogram,
    store_seconds: Family<StepLabels, Histogram>,
    frames: Family<HowLabels, Counter>,
    segments: Family<HowLabels, Counter>,
    settle_failures: Counter,
    buried: Counter,
    requeued: Counter,
}

/// How a delivery ended.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The job is done.
    Done,
    /// The job has failed for good.
    Failed,
    /// Nobody wanted it any more.
    Cancelled,
    /// A result stood already.
    Duplicate,
    /// It comes again later.
    Retried,
    /// No attempt was left.
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
}

impl EncodeLabelValue for Ending {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
        let text = match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Duplicate => "duplicate",
            Self::Retried => "retried",
            Self::Dead => "dead",
        };
        text.encode(encoder)
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

/// What the store is asked for on a job's way.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Its source.
    Source,
    /// To keep its output.
    Output,
    /// To keep its result.
    Result,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct DeliveryLabels {
    outcome: Ending,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct JobLabels {
    outcome: Ending,
    code: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct LaneLabels {
    lane: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct StageLabels {
    stage: Stage,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct StepLabels {
    step: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct HowLabels {
    how: &'static str,
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
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let seconds = || Histogram::new(seconds_buckets());
        let metrics = Self {
            deliveries: Counter::default(),
            redelivered: Counter::default(),
            in_flight: Gauge::default(),
            unacked: Family::default(),
            stages: Family::default(),
            deliveries_ended: Family::default(),
            jobs_ended: Family::default(),
            job_seconds: seconds(),
            queue_wait_seconds: Histogram::new(wait_buckets()),
            engine_seconds: seconds(),
            store_seconds: Family::new_with_constructor(|| Histogram::new(seconds_buckets())),
            frames: Family::default(),
            segments: Family::default(),
            settle_failures: Counter::default(),
            buried: Counter::default(),
            requeued: Counter::default(),
        };
        let m = &metrics;
        registry.register("worker_deliveries", "Messages handed to this worker", m.deliveries.clone());
        registry.register("worker_redelivered", "Of these, delivered before and not settled", m.redelivered.clone());
        registry.register("worker_jobs_in_flight", "Deliveries in hand", m.in_flight.clone());
        registry.register("queue_unacked_messages", "Messages that this process has in hand, by lane", m.unacked.clone());
        registry.register("worker_stages", "Deliveries that came so far, by stage", m.stages.clone());
        registry.register("worker_jobs", "Deliveries ended, by outcome", m.deliveries_ended.clone());
        let ended = "Jobs whose result this worker wrote, by outcome, and by code where they failed";
        registry.register("worker_jobs_ended", ended, m.jobs_ended.clone());
        registry.register_with_unit("worker_job", "From delivery to settlement", Unit::Seconds, m.job_seconds.clone());
        let waited = "From a job's record to its first delivery";
        registry.register_with_unit("worker_queue_wait", waited, Unit::Seconds, m.queue_wait_seconds.clone());
        registry.register_with_unit("worker_engine", "Inside the engine, one job", Unit::Seconds, m.engine_seconds.clone());
        let stored = "In the store, one step of one job: fetching the source, keeping the output, keeping the result";
        registry.register_with_unit("worker_store", stored, Unit::Seconds, m.store_seconds.clone());
        registry.register("worker_frames", "Frames written, by how they came through", m.frames.clone());
        registry.register("worker_segments", "Segments written, by how they came through", m.segments.clone());
        registry.register("worker_dead_letters", "Dead letters moved to the store", m.buried.clone());
        registry.register("worker_jobs_requeued", "Lost jobs that this process queued again", m.requeued.clone());
        registry.register("worker_settle_failures", "Deliveries that could not be settled", m.settle_failures.clone());
        metrics
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
        let of_lane = self.unacked.get_or_create_owned(&LaneLabels { lane: delivery.lane().as_str() });
        let in_flight = InFlight { all: self.in_flight.clone(), of_lane };
        in_flight.all.inc();
        in_flight.of_lane.inc();
        in_flight
    }

    pub(crate) fn reached(&self, stage: Stage) {
        self.stages.get_or_create_owned(&StageLabels { stage }).inc();
        tracing::trace!(stage = stage.as_str(), "reached");
    }

    pub(crate) fn delivery_ended(&self, outcome: Ending, took: Duration) {
        self.deliveries_ended.get_or_create_owned(&DeliveryLabels { outcome }).inc();
        self.job_seconds.observe(took.as_secs_f64());
    }

    /// To be told of every result that this process was the first to write, and of no other.
    pub(crate) fn job_ended(&self, ending: Ending, outcome: &Outcome) {
        let code = if let Outcome::Failed { code, .. } = outcome { code.as_str() } else { "" };
        self.jobs_ended.get_or_create_owned(&JobLabels { outcome: ending, code }).inc();
    }

    /// Waits for the store, and notes how long that took if it is not given up.
    pub(crate) async fn stored<T>(&self, step: Step, work: impl Future<Output = T>) -> T {
        let begun = Instant::now();
        let done = work.await;
        let step = match step {
            Step::Source => "source",
            Step::Output => "output",
            Step::Result => "result",
        };
        self.store_seconds.get_or_create_owned(&StepLabels { step }).observe(begun.elapsed().as_secs_f64());
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
            self.frames.get_or_create_owned(&HowLabels { how }).inc_by(u64::from(frames));
            self.segments.get_or_create_owned(&HowLabels { how }).inc_by(u64::from(segments));
        }
    }

    pub(crate) fn buried(&self) {
        self.buried.inc();
    }

    pub(crate) fn requeued(&self, jobs: u64) {
        self.requeued.inc_by(jobs);
    }

    pub(crate) fn settle_failed(&self) {
        self.settle_failures.inc();
    }
}
