//! Marks of which worker process works on a job that was delivered before. A process that dies leaves its mark.
//!
//! Workers write and read them; a mark is one of the job's objects and is deleted with them. It must never decide how a job ends:
//! a lost or wrong mark costs a process of its own for a harmless job, or one more worker for a harmful one.

use proto_shared::{JobId, keys};
use serde::{Deserialize, Serialize};

use crate::{Store, StoreError, objects::records};

/// A process has begun to work on a job, and its attempt has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// The process, by a name that no other has.
    pub process: String,
    /// How often the job had been delivered before.
    pub deliveries_before: u32,
}

impl Store {
    /// Writes which process works on a job, replacing what was there.
    ///
    /// # Errors
    /// The backend did not take it.
    pub async fn mark_start(&self, id: &JobId, start: &Start) -> Result<(), StoreError> {
        records::put(&self.objects, &keys::job_started(id), start).await
    }

    /// Which process works on a job, as far as it was written.
    ///
    /// # Errors
    /// It does not parse, or the backend did not give it.
    pub async fn get_start(&self, id: &JobId) -> Result<Option<Start>, StoreError> {
        records::get(&self.objects, &keys::job_started(id)).await
    }

    /// Removes the mark of a start, once the attempt has ended, however it did.
    ///
    /// # Errors
    /// The backend did not do it.
    pub async fn clear_start(&self, id: &JobId) -> Result<(), StoreError> {
        self.objects.delete(keys::job_started(id)).await
    }
}
