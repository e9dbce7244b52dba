//! `GET /v1/jobs/{id}/result`: the captioned picture.

use axum::{extract::State, response::Response};
use proto_shared::{ErrorCode, JobId, Outcome, OutputInfo};
use store::{Store, StoreError};

use super::serve::{PictureAnswers, PictureRequest, ServeRefusal};
use crate::{
    docs::{refusals::Refuses, requests::IfNoneMatchHeader},
    jobs::path::{JobPath, NoSuchJob},
    problem::refusals,
};

refusals! {
    /// Why there is no result.
    pub(crate) enum ResultRefusal: Job(NoSuchJob), Store(StoreError), Serve(ServeRefusal) {
        /// The job has not ended yet.
        NotReady = CONFLICT NotReady, "the job is not finished", with retry_after_s(1);
        /// The job failed, so it has no output and never will: a client that polls must be able to stop.
        JobFailed { code: ErrorCode, message: String } = GONE JobFailed, "the job failed: {message} ({code})",
            example { code: ErrorCode::TextDoesNotFit, message: "the text does not fit".to_owned() };
        /// The job was cancelled, so it has no output and never will.
        Cancelled = GONE Cancelled, "the job was cancelled";
    }
}

/// The captioned picture
///
/// There is one once the job is done: until then the answer is 409 with `Retry-After`, and 410 if there will never be one. It never changes.
#[utoipa::path(
    get,
    path = "/v1/jobs/{id}/result",
    operation_id = "downloadResult",
    tag = "Pictures",
    params(JobPath, IfNoneMatchHeader),
    responses(PictureAnswers, Refuses<ResultRefusal>)
)]
pub(crate) async fn download(State(store): State<Store>, request: PictureRequest) -> Result<Response, ResultRefusal> {
    let OutputInfo { id, media, .. } = output_of(&store, &request.job).await?;
    Ok(request.answer(&id, media, store.get_output(&id, media)).await?)
}

async fn output_of(store: &Store, id: &JobId) -> Result<OutputInfo, ResultRefusal> {
    match store.get_result(id).await? {
        Some(result) => match result.outcome {
            Outcome::Done { output, .. } => Ok(output),
            Outcome::Failed { code, message, .. } => Err(ResultRefusal::JobFailed { code, message }),
            Outcome::Cancelled => Err(ResultRefusal::Cancelled),
        },
        None if store.get_job(id).await?.is_some() => Err(ResultRefusal::NotReady),
        None => Err(NoSuchJob::JobNotFound.into()),
    }
}
