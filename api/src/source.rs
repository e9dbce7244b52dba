//! `GET /v1/jobs/{id}/source`: the picture as it was, to be seen beside its result.

use axum::{extract::State, response::Response};
use proto_shared::SourceInfo;
use store::Store;

use crate::{
    error::ApiError,
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
pub(crate) async fn download(State(store): State<Store>, asked: Asked) -> Result<Response, ApiError> {
    let SourceInfo { id, media, .. } = store.get_job(&asked.job).await?.ok_or(ApiError::JobNotFound)?.source;
    picture::answer(asked, &id, media, store.stream_source(&id)).await
}
