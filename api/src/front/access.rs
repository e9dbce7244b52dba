//! Around every request: an id, a trace, a time limit, one log line, one count; and what is refused whatever the route is.
//!
//! The router puts it around all routes. It is the only place of this crate that logs how a request ended, so a failure is
//! logged once.

use std::{
    any::Any,
    time::{Duration, Instant},
};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use proto_shared::{ErrorCode, JobId};
use tokio::time::timeout;
use tracing::Instrument as _;
use uuid::Uuid;

use super::{
    caller::Caller,
    ids::Ids,
    trace::{self, TRACERESPONSE},
};
use crate::{
    metrics::Metrics,
    problem::{Defect, Problem, refusals},
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// A caller's id longer than this is replaced: it is in every log line.
const MAX_REQUEST_ID_BYTES: usize = 64;

refusals! {
    /// Why any request may be refused.
    pub(crate) enum AccessRefusal: Defect(Defect) {
        /// The whole request took too long. The client was slow: broker and store have shorter limits of their own.
        Timeout { limit_s: u64 } = REQUEST_TIMEOUT Timeout, "the request took longer than {limit_s} s", example { limit_s: 60 };
    }
}

/// What is said of a path or a method that no route takes.
pub(crate) fn no_route(status: StatusCode) -> Problem {
    let detail = match status {
        StatusCode::METHOD_NOT_ALLOWED => "this path does not take this method",
        _ => "there is nothing at this path",
    };
    Problem::new(status, ErrorCode::NotFound, detail)
}

/// The answer when a handler panicked; the hook has logged where.
pub(crate) fn after_panic(_: Box<dyn Any + Send + 'static>) -> Response {
    Defect("a handler panicked".to_owned()).into_response()
}

#[derive(Clone)]
pub(crate) struct Access {
    pub(crate) metrics: Metrics,
    pub(crate) request_timeout: Duration,
    pub(crate) ids: Ids,
}

/// Put on a response by a handler, so that the log line names the job.
#[derive(Clone)]
pub(crate) struct About(pub(crate) JobId);

pub(crate) async fn log(State(access): State<Access>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    // Never the path itself: it may hold anything.
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    let request_id = request_id(request.headers());
    let trace = trace::of(request.headers(), &access.ids);
    request.extensions_mut().insert(trace);
    // As an error: a filter that leaves out lesser spans would take the ids away from the errors within.
    let span = tracing::error_span!(
        "request",
        request_id = request_id.to_str().unwrap_or_default(),
        trace_id = %trace.trace,
        %method,
        route
    );

    let limit = access.request_timeout;
    let answered = timeout(limit, next.run(request)).instrument(span.clone()).await;
    let mut response = answered.unwrap_or_else(|_| AccessRefusal::Timeout { limit_s: limit.as_secs() }.into_response());
    response.headers_mut().insert(REQUEST_ID, request_id);
    if let Ok(value) = HeaderValue::from_str(&trace.to_string()) {
        response.headers_mut().insert(TRACERESPONSE, value);
    }

    let took = begun.elapsed();
    access.metrics.answered(&route, response.status().as_u16(), took);
    let refusal = response.extensions_mut().remove::<Problem>();
    if let Some(refusal) = &refusal {
        access.metrics.refused(refusal.code);
    }
    span.in_scope(|| write_line(&response, refusal.as_ref(), took));
    response
}

fn write_line(response: &Response, refusal: Option<&Problem>, took: Duration) {
    let status = response.status();
    let job_id = response.extensions().get::<About>().map(|about| tracing::field::display(&about.0));
    let key = response.extensions().get::<Caller>().and_then(|caller| Some(caller.key.as_ref()?.as_str()));
    let code = refusal.map(|r| r.code.as_str());
    let cause = refusal.and_then(|r| r.cause.as_deref());
    let (status, took_ms) = (status.as_u16(), took.as_millis());
    match response.status() {
        StatusCode::SERVICE_UNAVAILABLE => tracing::warn!(status, took_ms, job_id, key, code, cause, "request refused"),
        s if s.is_server_error() => tracing::error!(status, took_ms, job_id, key, code, cause, "request failed"),
        _ => tracing::info!(status, took_ms, job_id, key, code, cause, "request"),
    }
}

/// The caller's own id if it may be logged, else a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let given = headers.get(REQUEST_ID).filter(|id| {
        let bytes = id.as_bytes();
        !bytes.is_empty() && bytes.len() <= MAX_REQUEST_ID_BYTES && bytes.iter().copied().all(plain)
    });
    let made = || HeaderValue::from_str(&Uuid::now_v7().simple().to_string());
    // Hexadecimal digits are always a header value; an empty id would only be a poorer log line.
    given.cloned().or_else(|| made().ok()).unwrap_or_else(|| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_for(given: &str) -> HeaderValue {
        let mut headers = HeaderMap::new();
        headers.insert(REQUEST_ID, HeaderValue::from_str(given).unwrap());
        request_id(&headers)
    }

    #[test]
    fn a_callers_id_is_kept_only_if_it_is_harmless() {
        assert_eq!(id_for("abc-123_X.y"), "abc-123_X.y");
        for bad in ["", "a b", "x\u{1b}[31m".replace('\u{1b}', "\"").as_str(), &"a".repeat(MAX_REQUEST_ID_BYTES + 1)] {
            assert_eq!(id_for(bad).len(), 32, "{bad:?}");
        }
        assert_eq!(request_id(&HeaderMap::new()).len(), 32);
    }
}
