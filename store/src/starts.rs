//! Which worker process is at work on a job, written where the job was delivered before: what is left of a process that died.
//!
//! Workers write and read it; it stands among the job's objects and goes with them. It must never decide how a job ends:
//! lost or wrong, it costs a process of its own for a harmless job, or one more worker for a harmful one.

use proto_shared::{JobId, keys};
use serde::{Deserialize, Serialize};

use crate::{Store, StoreError, records};

/// A process has begun to work on a job, and has not come to an end of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// The process, by a name that no other has.
    pub process: String,
    /// How often the job had been delivered before.
    pub deliveries_before: u32,
}

impl Store {
    /// Writes who works on a job, over what stood there.
    ///
    /// # Errors
    /// The backend did not take it.
    pub async fn mark_start(&self, id: &JobId, start: &Start) -> Result<(), StoreError> {
        records::put(&self.objects, &keys::job_started(id), start).await
    }

    /// Who works on a job, as far as it was written.
    ///
    /// # Errors
    /// It does not parse, or the backend did not give it.
    pub async fn get_start(&self, id: &JobId) -> Result<Option<Start>, StoreError> {
        records::get(&self.objects, &keys::job_started(id)).await
    }

    /// Removes what was written of a start, once the work has come to an end, whichever.
    ///
    /// # Errors
    /// The backend did not do it.
    pub async fn clear_start(&self, id: &JobId) -> Result<(), StoreError> {
        self.objects.delete(keys::job_started(id)).await
    }
}
