//! The span that everything is told in that concerns one job: its id and its trace stand in every line of the log.
//!
//! Opened where a job comes in: by `settle` for a delivery, by `bury` for a dead letter, by `requeue` for one that was lost.

use proto_shared::{JobId, TraceContext};
use tracing::Span;

/// A span of its own, whoever asks.
pub(crate) fn of_job(id: &JobId, trace: Option<TraceContext>) -> Span {
    // As an error: a filter that leaves out lesser spans would take the ids away from the errors within.
    tracing::error_span!(parent: None, "job", job_id = %id, trace_id = trace.map(|trace| tracing::field::display(trace.trace)))
}
