//! The span in which all work on one job is logged: its id and its trace are in every line of the log.
//!
//! Opened where a job comes in: by `settle` for a delivery, by `dead_letters` for a dead letter, by `lost_jobs` for a lost one.

use proto_shared::{JobId, TraceContext};
use tracing::Span;

/// A span of its own, whatever the caller's is.
pub(crate) fn of_job(id: &JobId, trace: Option<TraceContext>) -> Span {
    // As an error: a filter that leaves out lesser spans would take the ids away from the errors within.
    tracing::error_span!(parent: None, "job", job_id = %id, trace_id = trace.map(|trace| tracing::field::display(trace.trace)))
}
