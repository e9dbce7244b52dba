//! `POST /v1/jobs` and `GET /v1/jobs/{id}`.

use axum::{
    Extension, Json,
    extract::{Path, Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use fonts::{engine_spec, output_id};
use proto_shared::{JobId, TraceContext};
use store::Store;

use crate::{
    accept::{Acceptance, Accepted, NewJob, Repeat},
    access::About,
    caller::Caller,
    error::ApiError,
    form::Asked,
    openapi::{IdempotencyHeader, JobForm, JobPath, PreferHeader},
    reading::{Looked, Read, Reading, Wanted},
    view::JobView,
};

/// Caption a picture
///
/// Takes a picture, or the name of one, and what to write on it: as a `spec`, or as fields of a single form. The answer comes
/// once the job can't be lost any more; with `Prefer: wait` once it has ended, if that is in time.
#[utoipa::path(
    post,
    path = "/v1/jobs",
    operation_id = "submitJob",
    tag = "Jobs",
    params(IdempotencyHeader, PreferHeader),
    request_body(content = JobForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "The job has ended in the time that was to be waited.", body = JobView,
            headers(("Location" = String, description = "Where the job is to be seen."))),
        (status = 202, description = "The job is accepted and can't be lost.", body = JobView,
            headers(("Location" = String, description = "Where the job is to be seen."))),
    ),
)]
pub(crate) async fn submit(
    State(acceptance): State<Acceptance>,
    State(store): State<Store>,
    State(reading): State<Reading>,
    Extension(caller): Extension<Caller>,
    Extension(trace): Extension<TraceContext>,
    request: Request,
) -> Result<Response, ApiError> {
    let Read { form, idempotency, first, wait, share } = reading.read(request, &caller, Wanted::Job).await?;
    let Asked { picture, spec, is_public, callback_url } = form.into_job()?;
    let callback_url = callback_url.map(|url| reading.callbacks.check(&url)).transpose()?;
    // Only whether there are such fonts.
    engine_spec(&spec, &reading.fonts)?;
    let accepted = if let Some(first) = first {
        let source = reading.source_of(picture, &caller).await?;
        acceptance.repeat(Repeat { first, source, spec, is_public, caller, trace, callback_url }).await
    } else {
        let Looked { picture, upload, share } = reading.look(picture, share, &caller).await?;
        let output = output_id(&picture.source.id, &spec, &reading.fonts)?;
        let new = NewJob { picture, upload, share, spec, output, is_public, caller, trace, idempotency, callback_url };
        acceptance.accept(new).await
    };
    let Accepted { job, mut result, waiting } = accepted?;
    let location = HeaderValue::from_str(&format!("/v1/jobs/{}", job.id));
    let location = location.map_err(|e| ApiError::Internal(e.to_string()))?;
    let mut status = StatusCode::ACCEPTED;
    if let Some(limit) = wait {
        if result.is_none() {
            // The job is accepted whatever happens now: a store that fails only ends the wait.
            result = waiting.result(&store, limit).await.unwrap_or_default();
        }
        if result.is_some() {
            status = StatusCode::OK;
        }
    }
    let about = Extension(About(job.id.clone()));
    Ok((status, [(header::LOCATION, location)], about, Json(JobView::new(job, result))).into_response())
}

/// How a job is
#[utoipa::path(
    get,
    path = "/v1/jobs/{id}",
    operation_id = "showJob",
    tag = "Jobs",
    params(JobPath),
    responses((status = 200, description = "The job as it is now.", body = JobView)),
)]
pub(crate) async fn show(State(store): State<Store>, Path(id): Path<String>) -> Result<impl IntoResponse, ApiError> {
    let id = job_id(&id)?;
    let (job, result) = tokio::try_join!(store.get_job(&id), store.get_result(&id))?;
    let job = job.ok_or(ApiError::JobNotFound)?;
    let about = Extension(About(id));
    Ok((about, Json(JobView::new(job, result))))
}

/// What is no job id names no job: a client need not know how ids look.
pub(crate) fn job_id(text: &str) -> Result<JobId, ApiError> {
    JobId::parse(text).map_err(|_| ApiError::JobNotFound)
}
