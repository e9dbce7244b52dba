//! The trace that a request belongs to.
//!
//! `access` takes it from the request or begins one, names it in the log and in `traceresponse`; `accept` writes it into
//! the job's record, so that one trace leads from a client's request to its picture.

use axum::http::HeaderMap;
use proto_shared::{
    JobId, TraceContext,
    trace::{TRACEPARENT, TraceId},
};

use tracing::Span;

use super::ids::Ids;

pub(crate) const TRACERESPONSE: &str = "traceresponse";

/// The step after the one that the request names, or the first of a new trace, which is to be kept.
pub(crate) fn of(headers: &HeaderMap, ids: &Ids) -> TraceContext {
    let mut given = headers.get_all(TRACEPARENT).iter();
    let parent = match (given.next(), given.next()) {
        (Some(one), None) => one.to_str().ok().and_then(TraceContext::parse),
        _ => None,
    };
    match parent {
        Some(parent) => TraceContext { span_id: ids.span_id(), ..parent },
        None => TraceContext { trace: TraceId(ids.trace_id()), span_id: ids.span_id(), sampled: true },
    }
}

/// The span that everything is told in that a request does with one job.
pub(crate) fn of_job(id: &JobId, trace: &TraceContext) -> Span {
    // As an error: a filter that leaves out lesser spans would take the ids away from the errors within.
    tracing::error_span!("job", job_id = %id, trace_id = %trace.trace)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn of(given: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for text in given {
            headers.append(TRACEPARENT, text.parse().unwrap());
        }
        super::of(&headers, &Ids::counting(0)).to_string()
    }

    #[test]
    fn a_trace_goes_on_and_its_step_is_new() {
        assert_eq!(of(&[GIVEN]), "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000001-01");
        assert!(of(&[&GIVEN.replace("-01", "-00")]).ends_with("-00"), "not sampled stays so");
    }

    #[test]
    fn without_a_good_one_a_trace_begins() {
        let begun = format!("00-{:032x}-{:016x}-01", 1, 2);
        assert_eq!(of(&[]), begun);
        assert_eq!(of(&["nonsense"]), begun);
        assert_eq!(of(&[GIVEN, GIVEN]), begun, "which of the two?");
    }
}
