//! What a worker counts.

use std::{fmt, time::Duration};

use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
};
use proto_shared::RenderStats;
use service::metrics::{Registry, Unit, seconds_buckets};

/// A worker's metrics; clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    deliveries: Counter,
    in_flight: Gauge,
    jobs: Family<JobLabels, Counter>,
    job_seconds: Histogram,
    engine_seconds: Histogram,
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

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct JobLabels {
    outcome: Ending,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct HowLabels {
    how: &'static str,
}

/// Counts a delivery as in flight until it is dropped, also when its job is cut off.
pub(crate) struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            deliveries: Counter::default(),
            in_flight: Gauge::default(),
            jobs: Family::default(),
            job_seconds: Histogram::new(seconds_buckets()),
            engine_seconds: Histogram::new(seconds_buckets()),
            frames: Family::default(),
            segments: Family::default(),
            settle_failures: Counter::default(),
            buried: Counter::default(),
            requeued: Counter::default(),
        };
        registry.register("worker_deliveries", "Messages handed to this worker", metrics.deliveries.clone());
        registry.register("worker_jobs_in_flight", "Jobs in hand", metrics.in_flight.clone());
        registry.register("worker_jobs", "Deliveries ended, by outcome", metrics.jobs.clone());
        registry.register_with_unit("worker_job", "From delivery to settlement", Unit::Seconds, metrics.job_seconds.clone());
        registry.register_with_unit("worker_engine", "Inside the engine, one job", Unit::Seconds, metrics.engine_seconds.clone());
        registry.register("worker_frames", "Frames written, by how they came through", metrics.frames.clone());
        registry.register("worker_segments", "Segments written, by how they came through", metrics.segments.clone());
        registry.register("worker_dead_letters", "Dead letters moved to the store", metrics.buried.clone());
        registry.register("worker_jobs_requeued", "Lost jobs queued again at a start", metrics.requeued.clone());
        registry.register("worker_settle_failures", "Deliveries that could not be settled", metrics.settle_failures.clone());
        metrics
    }

    pub(crate) fn delivered(&self) -> InFlight {
        self.deliveries.inc();
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    pub(crate) fn ended(&self, outcome: Ending, took: Duration) {
        self.jobs.get_or_create_owned(&JobLabels { outcome }).inc();
        self.job_seconds.observe(took.as_secs_f64());
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
