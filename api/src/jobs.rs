//! `POST /v1/jobs` and `GET /v1/jobs/{id}`.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{FromRequest as _, Multipart, Path, Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use proto_shared::{CaptionSpec, JobId};
use store::Store;

use crate::{
    accept::Acceptance,
    access::About,
    error::ApiError,
    form::{Form, Picture},
    inspect::inspect,
    intake::Intake,
    view::JobView,
};

/// Takes a picture and a spec, answers 202 once the job can't be lost any more.
pub(crate) async fn submit(
    State(intake): State<Arc<Intake>>,
    State(acceptance): State<Acceptance>,
    State(store): State<Store>,
    request: Request,
) -> Result<Response, ApiError> {
    // Held to the end: it stands for the memory that this request may use.
    let share = intake.admit(request.headers())?;
    let parts = Multipart::from_request(request, &()).await?;
    let form = Form::read(parts, intake.limits.max_bytes, share.expected_bytes).await?;
    let (picture, spec) = form.into_request()?;
    check_fonts(&intake, &spec)?;
    let job = match picture {
        Picture::File(bytes) => {
            let source = inspect(bytes.clone(), intake.limits).await?;
            acceptance.accept(source, Some(bytes), spec).await?
        }
        Picture::Stored(id) => {
            let _share = intake.share_for_stored()?;
            // Walked again: the limits may have changed since it was stored.
            let source = inspect(store.get_source(&id).await?, intake.limits).await?;
            acceptance.accept(source, None, spec).await?
        }
    };
    let location = HeaderValue::from_str(&format!("/v1/jobs/{}", job.id));
    let location = location.map_err(|e| ApiError::Internal(e.to_string()))?;
    let about = Extension(About(job.id.clone()));
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], about, Json(JobView::new(job, None))).into_response())
}

/// Says how a job is.
pub(crate) async fn show(State(store): State<Store>, Path(id): Path<String>) -> Result<impl IntoResponse, ApiError> {
    let id = job_id(&id)?;
    let (job, result) = tokio::try_join!(store.get_job(&id), store.get_result(&id))?;
    let job = job.ok_or(ApiError::JobNotFound)?;
    let about = Extension(About(id));
    Ok(([(header::CACHE_CONTROL, "no-store")], about, Json(JobView::new(job, result))))
}

/// What is no job id names no job: a client need not know how ids look.
pub(crate) fn job_id(text: &str) -> Result<JobId, ApiError> {
    JobId::parse(text).map_err(|_| ApiError::JobNotFound)
}

fn check_fonts(intake: &Intake, spec: &CaptionSpec) -> Result<(), ApiError> {
    match spec.captions.iter().position(|caption| !intake.knows_font(&caption.font)) {
        None => Ok(()),
        Some(i) => Err(ApiError::UnknownFont {
            field: format!("captions[{i}].font"),
            name: spec.captions[i].font.clone(),
            known: intake.known_fonts(),
        }),
    }
}
