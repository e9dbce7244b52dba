//! `GET /v1/jobs/{id}/result`: the captioned picture, streamed.
//!
//! An output never changes under its id, so clients and caches may keep it for ever. It must never be
//! read into memory whole.

use std::str::FromStr;

use axum::{
    Extension,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::TryStreamExt as _;
use headers::{ETag, HeaderMapExt as _, IfNoneMatch};
use proto_shared::{JobId, Outcome, OutputInfo, TraceContext};
use store::Store;

use crate::{access::About, caller::Caller, error::ApiError, jobs::job_id, trace};

pub(crate) async fn download(
    State(store): State<Store>,
    Path(id): Path<String>,
    Extension(caller): Extension<Caller>,
    Extension(trace): Extension<TraceContext>,
    request_headers: HeaderMap,
) -> Result<Response, ApiError> {
    let id = job_id(&id)?;
    let output = output_of(&store, &id).await?;
    let etag = ETag::from_str(&format!("\"{}\"", output.id)).map_err(|e| ApiError::Internal(e.to_string()))?;
    let about = Extension(About(id.clone()));
    let unchanged = request_headers.typed_get::<IfNoneMatch>().is_some_and(|known| !known.precondition_passes(&etag));
    let mut response = if unchanged {
        (StatusCode::NOT_MODIFIED, about).into_response()
    } else {
        let stored = store.get_output(&output.id, output.media).await?;
        // The head is gone by now: all that is left is to end the connection, so that the client sees it is short.
        // By then the request is over, and its span with it.
        let span = trace::of_job(&id, &trace);
        let stream =
            stored.stream.inspect_err(move |error| span.in_scope(|| tracing::error!(%error, "failed to stream an output")));
        let described = [
            (header::CONTENT_TYPE, HeaderValue::from_static(output.media.mime())),
            (header::CONTENT_LENGTH, HeaderValue::from(stored.len_bytes)),
            (header::CONTENT_DISPOSITION, file_name(&id, &output)?),
        ];
        (described, about, Body::from_stream(stream)).into_response()
    };
    response.headers_mut().typed_insert(etag);
    // What a key opened must not be in a cache that others can ask.
    let for_ever = match caller.key {
        Some(_) => "private, max-age=31536000, immutable",
        None => "public, max-age=31536000, immutable",
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(for_ever));
    Ok(response)
}

async fn output_of(store: &Store, id: &JobId) -> Result<OutputInfo, ApiError> {
    match store.get_result(id).await? {
        Some(result) => match result.outcome {
            Outcome::Done { output, .. } => Ok(output),
            Outcome::Failed { code, message } => Err(ApiError::JobFailed { code, message }),
            Outcome::Cancelled => Err(ApiError::JobCancelled),
        },
        None if store.get_job(id).await?.is_some() => Err(ApiError::NotReady),
        None => Err(ApiError::JobNotFound),
    }
}

fn file_name(id: &JobId, output: &OutputInfo) -> Result<HeaderValue, ApiError> {
    let text = format!("inline; filename=\"{id}.{}\"", output.media.extension());
    HeaderValue::from_str(&text).map_err(|e| ApiError::Internal(e.to_string()))
}
