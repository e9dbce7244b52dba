//! `GET /v1/jobs/{id}/source`: the picture as it was, to be seen beside its result.

use axum::{extract::State, response::Response};
use proto_shared::SourceInfo;
use store::Store;

use super::serve::{PictureAnswers, PictureRequest, ServeRefusal};
use crate::{
    docs::{refusals::Refuses, requests::IfNoneMatchHeader},
    front::backends::StoredRefusal,
    jobs::path::{JobPath, NoSuchJob},
    problem::refusals,
};

refusals! {
    /// Why a source is not shown.
    pub(crate) enum SourceRefusal: Job(NoSuchJob), Stored(StoredRefusal), Serve(ServeRefusal) {}
}

/// The picture as it came
///
/// To be seen beside the result. It never changes.
#[utoipa::path(
    get,
    path = "/v1/jobs/{id}/source",
    operation_id = "downloadSource",
    tag = "Pictures",
    params(JobPath, IfNoneMatchHeader),
    responses(PictureAnswers, Refuses<SourceRefusal>)
)]
pub(crate) async fn download(State(store): State<Store>, request: PictureRequest) -> Result<Response, SourceRefusal> {
    let job = store.get_job(&request.job).await.map_err(StoredRefusal::from)?;
    let SourceInfo { id, media, .. } = job.ok_or(NoSuchJob::JobNotFound)?.source;
    Ok(request.answer(&id, media, store.stream_source(&id)).await?)
}
