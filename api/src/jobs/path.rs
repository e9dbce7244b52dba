//! The job that a path names.

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use proto_shared::JobId;
use utoipa::IntoParams;

use crate::problem::refusals;

refusals! {
    /// Why a path names no job.
    pub(crate) enum NoSuchJob {
        /// No job has the id in the path.
        JobNotFound = NOT_FOUND JobNotFound, "no job has this id";
    }
}

/// Which job.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct JobPath {
    /// The job's id.
    pub(crate) id: JobId,
}

impl<S: Send + Sync> FromRequestParts<S> for JobPath {
    type Rejection = NoSuchJob;

    /// What is no job id, or not even UTF-8, names no job: a client need not know how ids look.
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, NoSuchJob> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let id = path.ok().and_then(|Path(id)| JobId::parse(&id).ok());
        Ok(Self { id: id.ok_or(NoSuchJob::JobNotFound)? })
    }
}
