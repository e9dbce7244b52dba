//! `GET /v1/jobs/{id}/source`: the picture as it was, to be seen beside its result.

use axum::{
    Extension,
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};
use proto_shared::{SourceInfo, TraceContext};
use store::Store;

use crate::{
    caller::Caller,
    error::ApiError,
    jobs::job_id,
    openapi::{IfNoneMatchHeader, JobPath, PictureAnswers},
    picture::{self, Asked},
};

/// The picture as it came
///
/// To be seen beside the result. It never changes.
#[utoipa::path(
    get,
    path = "/v1/jobs/{id}/source",
    operation_id = "downloadSource",
    tag = "Pictures",
    params(JobPath, IfNoneMatchHeader),
    responses(PictureAnswers)
)]
pub(crate) async fn download(
    State(store): State<Store>,
    Path(id): Path<String>,
    Extension(caller): Extension<Caller>,
    Extension(trace): Extension<TraceContext>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let job = job_id(&id)?;
    let SourceInfo { id, media, .. } = store.get_job(&job).await?.ok_or(ApiError::JobNotFound)?.source;
    let asked = Asked { job, caller: &caller, trace, headers: &headers };
    picture::answer(asked, &id, media, store.stream_source(&id)).await
}
