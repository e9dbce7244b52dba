//! `GET /v1/jobs/{id}/result`: the captioned picture.

use axum::{extract::State, response::Response};
use proto_shared::{JobId, Outcome, OutputInfo};
use store::Store;

use crate::{
    error::ApiError,
    openapi::{IfNoneMatchHeader, JobPath, PictureAnswers},
    picture::{self, Asked},
};

/// The captioned picture
///
/// There is one once the job is done: until then the answer is 409 with `Retry-After`, and 410 if there will never be one. It never changes.
#[utoipa::path(
    get,
    path = "/v1/jobs/{id}/result",
    operation_id = "downloadResult",
    tag = "Pictures",
    params(JobPath, IfNoneMatchHeader),
    responses(PictureAnswers)
)]
pub(crate) async fn download(State(store): State<Store>, asked: Asked) -> Result<Response, ApiError> {
    let OutputInfo { id, media, .. } = output_of(&store, &asked.job).await?;
    picture::answer(asked, &id, media, store.get_output(&id, media)).await
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
