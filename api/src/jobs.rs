//! `POST /v1/jobs` and `GET /v1/jobs/{id}`.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Json,
    body::Body,
    extract::{FromRef, FromRequest as _, Multipart, Path, Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use fonts::{Fonts, engine_spec};
use proto_shared::{JobId, TraceContext};
use store::Store;

use crate::{
    accept::{Acceptance, Accepted, NewJob},
    access::About,
    callbacks::Callbacks,
    caller::Caller,
    clients::Clients,
    error::ApiError,
    fetch::{Fetch, Fetched},
    form::{Asked, Form, Picture},
    idempotency,
    inspect::Inspector,
    intake::Intake,
    linger::Lingering,
    pace::Paced,
    prefer,
    sips::in_sips,
    spool::Spool,
    state::ApiState,
    view::JobView,
};

/// How long a body may come too slowly.
#[derive(Clone, Copy)]
pub(crate) struct Pace(pub(crate) Duration);

/// How long a client may wait for its job, within the time of a request.
#[derive(Clone, Copy)]
pub(crate) struct LongestWait(pub(crate) Duration);

/// What reading an upload touches.
pub(crate) struct Reading {
    clients: Clients,
    fonts: Fonts,
    inspector: Inspector,
    spool: Spool,
    pace: Pace,
    longest_wait: LongestWait,
    fetch: Fetch,
    callbacks: Callbacks,
}

impl FromRef<ApiState> for Reading {
    fn from_ref(state: &ApiState) -> Self {
        let ApiState { clients, fonts, inspector, spool, pace, longest_wait, callbacks, .. } = state.clone();
        Self { clients, fonts, inspector, spool, pace, longest_wait, fetch: Fetch::from_ref(state), callbacks }
    }
}

/// Takes a picture and a spec, answers 202 once the job can't be lost any more.
pub(crate) async fn submit(
    State(intake): State<Arc<Intake>>,
    State(acceptance): State<Acceptance>,
    State(store): State<Store>,
    State(reading): State<Reading>,
    Extension(caller): Extension<Caller>,
    Extension(trace): Extension<TraceContext>,
    request: Request,
) -> Result<Response, ApiError> {
    let longest = intake.max_body_bytes();
    let request = request.map(|body| Body::new(Lingering::new(body, longest, reading.pace.0)));
    // What costs nothing to refuse comes first, what reads the body last.
    let idempotency = idempotency::id_of(request.headers(), &caller.client)?;
    reading.clients.admit(&caller.client)?;
    let wait = prefer::wait(request.headers(), reading.longest_wait.0);
    // Held to the end: it stands for the bytes that this request may spool.
    let share = intake.admit(request.headers())?;
    let request = request.map(|body| in_sips(Body::new(Paced::new(body, reading.pace.0))));
    let parts = Multipart::from_request(request, &()).await?;
    let mut form = Form::read(parts, &reading.spool, intake.limits.max_bytes, share.expected_bytes).await?;
    let callback_url = form.callback_url().map(|url| reading.callbacks.check(&url)).transpose()?;
    let Asked { picture, spec, is_public } = form.into_request()?;
    // Only whether there are such fonts.
    engine_spec(&spec, &reading.fonts)?;
    // A share that a fetch took is held to the end, as the request's own is.
    let (picture, upload, _fetched) = match picture {
        Picture::File(upload) => (reading.inspector.upload(&upload).await?, Some(upload), None),
        Picture::Stored(id) => {
            let _room = intake.room(intake.limits.max_bytes).await?;
            // Walked again: the limits may have changed since it was stored.
            let bytes = store.reuse_source(&id).await?;
            (reading.inspector.stored(id, bytes).await?, None, None)
        }
        Picture::Url(url) => {
            let Fetched { upload, share } = reading.fetch.get(&url).await?;
            (reading.inspector.upload(&upload).await?, Some(upload), Some(share))
        }
    };
    let Accepted { job, mut result, waiting } =
        acceptance.accept(NewJob { picture, upload, spec, is_public, caller, trace, idempotency, callback_url }).await?;
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

/// Says how a job is.
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
