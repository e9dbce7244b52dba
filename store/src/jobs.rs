//! What is written of a job: its record, its result, that it was queued again, and what its client called the request.
//!
//! Each is created once and never changed; the first writer's word is final.

use proto_shared::{IdempotencyId, IdempotencyRecord, JobId, JobRecord, JobResult, keys};

use crate::{Created, Store, StoreError, records};

impl Store {
    /// Writes a job record where none stands.
    ///
    /// # Errors
    /// The backend did not take it.
    pub async fn create_job(&self, job: &JobRecord) -> Result<Created, StoreError> {
        records::create(&self.objects, &keys::job_record(&job.id), job).await
    }

    /// Takes back a record that nobody was told of.
    ///
    /// # Errors
    /// The backend did not do it.
    pub async fn delete_job(&self, id: &JobId) -> Result<(), StoreError> {
        self.objects.delete(keys::job_record(id)).await
    }

    /// A job record, if there is one.
    ///
    /// # Errors
    /// It does not parse, or the backend did not give it.
    pub async fn get_job(&self, id: &JobId) -> Result<Option<JobRecord>, StoreError> {
        records::get(&self.objects, &keys::job_record(id)).await
    }

    /// Writes how a job ended, where nothing stands: the first writer's word is final.
    ///
    /// # Errors
    /// The backend did not take it.
    pub async fn create_result(&self, result: &JobResult) -> Result<Created, StoreError> {
        records::create(&self.objects, &keys::job_result(&result.id), result).await
    }

    /// How a job ended, if it did.
    ///
    /// # Errors
    /// It does not parse, or the backend did not give it.
    pub async fn get_result(&self, id: &JobId) -> Result<Option<JobResult>, StoreError> {
        records::get(&self.objects, &keys::job_result(id)).await
    }

    /// Takes a job's end back. Only for the replay of a dead letter, and before that letter is deleted: while it
    /// stands, retention leaves the job alone. Anywhere else it would break the word that was given to a client.
    ///
    /// # Errors
    /// The backend did not do it.
    pub async fn delete_result(&self, id: &JobId) -> Result<(), StoreError> {
        self.objects.delete(keys::job_result(id)).await
    }

    /// Says that a job is being queued again in a stretch of time. Of all who sweep at once, the one that is
    /// answered [`Created::New`] queues it.
    ///
    /// # Errors
    /// The backend did not take it.
    pub async fn mark_requeued(&self, id: &JobId, slot: u64) -> Result<Created, StoreError> {
        records::create(&self.objects, &keys::requeued(id, slot), &serde_json::json!({ "slot": slot })).await
    }

    /// Writes which job an `Idempotency-Key` made, where nothing stands.
    ///
    /// # Errors
    /// The backend did not take it.
    pub async fn create_idempotency(&self, id: &IdempotencyId, record: &IdempotencyRecord) -> Result<Created, StoreError> {
        records::create(&self.objects, &keys::idempotency(id), record).await
    }

    /// Which job an `Idempotency-Key` made, if any. Retention forgets it a little before the job.
    ///
    /// # Errors
    /// It does not parse, or the backend did not give it.
    pub async fn get_idempotency(&self, id: &IdempotencyId) -> Result<Option<IdempotencyRecord>, StoreError> {
        records::get(&self.objects, &keys::idempotency(id)).await
    }
}
