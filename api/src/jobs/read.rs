//! `GET /v1/jobs/{id}`: how a job is.

use axum::{Extension, Json, extract::State, response::IntoResponse};
use store::{Store, StoreError};

use super::{
    path::{JobPath, NoSuchJob},
    view::JobView,
};
use crate::{docs::refusals::Refuses, front::access::About, problem::refusals};

refusals! {
    /// Why a job is not shown.
    pub(crate) enum ReadRefusal: Job(NoSuchJob), Store(StoreError) {}
}

/// How a job is
#[utoipa::path(
    get,
    path = "/v1/jobs/{id}",
    operation_id = "showJob",
    tag = "Jobs",
    params(JobPath),
    responses((status = 200, description = "The job as it is now.", body = JobView), Refuses<ReadRefusal>),
)]
pub(crate) async fn read(State(store): State<Store>, JobPath { id }: JobPath) -> Result<impl IntoResponse, ReadRefusal> {
    let (job, result) = tokio::try_join!(store.get_job(&id), store.get_result(&id))?;
    let job = job.ok_or(NoSuchJob::JobNotFound)?;
    Ok((Extension(About(id)), Json(JobView::new(job, result))))
}
