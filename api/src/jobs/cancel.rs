//! `DELETE /v1/jobs/{id}`: the job is not wanted any more.
//!
//! A cancellation is a result, written here where there is none. The worker that has the job in hand hears of it and stops; a
//! worker that gets the job later finds it finished.

use axum::{Extension, Json, extract::State, response::IntoResponse};
use broker::Broker;
use proto_shared::{Event, JobResult, News, Outcome, job};
use service::Eventual;
use store::{Created, Store, StoreError};

use super::{
    path::{JobPath, NoSuchJob},
    view::JobView,
};
use crate::{
    docs::refusals::Refuses,
    front::{access::About, backends::QueueRefusal, ids::Ids},
    metrics::Metrics,
    problem::refusals,
};

refusals! {
    /// Why a job is not cancelled.
    pub(crate) enum CancelRefusal: Job(NoSuchJob), Queue(QueueRefusal), Store(StoreError) {
        /// It has ended, so there is nothing to cancel.
        AlreadyFinished = CONFLICT AlreadyFinished, "the job has ended already";
        /// Another result was first, and can't be read yet.
        NotReady = CONFLICT NotReady, "the job is not finished", with retry_after_s(1);
    }
}

/// What cancelling touches.
#[derive(Clone)]
pub(crate) struct Canceller {
    pub(crate) store: Store,
    pub(crate) broker: Eventual<Broker>,
    pub(crate) ids: Ids,
    pub(crate) metrics: Metrics,
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
    responses((status = 200, description = "The job, cancelled.", body = JobView), Refuses<CancelRefusal>),
)]
pub(crate) async fn cancel(State(with): State<Canceller>, JobPath { id }: JobPath) -> Result<impl IntoResponse, CancelRefusal> {
    // A process has one once its store has shown that it creates without overwriting, which the result below relies on.
    let broker = with.broker.get().ok_or(QueueRefusal::NotConnected)?;
    let job = with.store.get_job(&id).await?.ok_or(NoSuchJob::JobNotFound)?;
    let at_ms = with.ids.now_ms();
    let cancelled =
        JobResult { version: job::VERSION, id: id.clone(), finished_at_ms: at_ms, attempts: 0, outcome: Outcome::Cancelled };
    let result = match with.store.create_result(&cancelled).await? {
        Created::New => {
            with.metrics.cancelled();
            broker.emit(&Event::of(&job, at_ms, News::Cancelled));
            cancelled
        }
        Created::AlreadyThere => with.store.get_result(&id).await?.ok_or(CancelRefusal::NotReady)?,
    };
    if result.outcome != Outcome::Cancelled {
        return Err(CancelRefusal::AlreadyFinished);
    }
    Ok((Extension(About(id)), Json(JobView::new(job, Some(result)))))
}
