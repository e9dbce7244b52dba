//! `DELETE /v1/jobs/{id}`: nobody wants the job any more.
//!
//! That it is cancelled is its result, written here where none stands; the worker that has it in hand hears of it and
//! stops, and one that gets it later finds it finished.

use axum::{
    Extension, Json,
    extract::{FromRef, Path, State},
    response::IntoResponse,
};
use broker::Broker;
use proto_shared::{Event, JobResult, News, Outcome, job};
use service::Late;
use store::{Created, Store};

use crate::{
    access::About, error::ApiError, jobs::job_id, metrics::Metrics, mint::Mint, openapi::JobPath, state::ApiState, view::JobView,
};

/// What cancelling touches.
pub(crate) struct Cancelling {
    store: Store,
    broker: Late<Broker>,
    mint: Mint,
    metrics: Metrics,
}

impl FromRef<ApiState> for Cancelling {
    fn from_ref(state: &ApiState) -> Self {
        let ApiState { store, broker, mint, metrics, .. } = state.clone();
        Self { store, broker, mint, metrics }
    }
}

/// Cancel a job
///
/// Work in progress stops within a frame. The job stays to be seen, as cancelled; to cancel it again changes nothing.
#[utoipa::path(
    delete,
    path = "/v1/jobs/{id}",
    operation_id = "cancelJob",
    tag = "Jobs",
    params(JobPath),
    responses((status = 200, description = "The job, cancelled.", body = JobView)),
)]
pub(crate) async fn cancel(State(with): State<Cancelling>, Path(id): Path<String>) -> Result<impl IntoResponse, ApiError> {
    let id = job_id(&id)?;
    // A process has one once its store has shown that it creates without overwriting, which the result below relies on.
    let broker = with.broker.get().ok_or(ApiError::BrokerNotConnected)?;
    let job = with.store.get_job(&id).await?.ok_or(ApiError::JobNotFound)?;
    let at_ms = with.mint.now_ms();
    let cancelled =
        JobResult { version: job::VERSION, id: id.clone(), finished_at_ms: at_ms, attempts: 0, outcome: Outcome::Cancelled };
    let result = match with.store.create_result(&cancelled).await? {
        Created::New => {
            with.metrics.cancelled();
            broker.emit(&Event::of(&job, at_ms, News::Cancelled));
            cancelled
        }
        Created::AlreadyThere => with.store.get_result(&id).await?.ok_or(ApiError::NotReady)?,
    };
    if result.outcome != Outcome::Cancelled {
        return Err(ApiError::AlreadyFinished);
    }
    Ok((Extension(About(id)), Json(JobView::new(job, Some(result)))))
}
