//! The records of a job: what was accepted, how it ended, the marks that it was queued, and its `Idempotency-Key`.
//!
//! Records and results are created once and never changed: the first writer's stands.

use std::time::Duration;

use proto_shared::{IdempotencyId, IdempotencyRecord, JobId, JobRecord, JobResult, keys};

use crate::{Created, Store, StoreError, objects::records};

/// One of the time slots of equal length. A job that was queued in a slot is not queued again in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    length_ms: u64,
    number: u64,
}

impl Slot {
    /// The slot of this length that `now_ms` is in. A length below a millisecond counts as one.
    #[must_use]
    pub fn at(now_ms: u64, length: Duration) -> Self {
        let length_ms = u64::try_from(length.as_millis()).unwrap_or(u64::MAX).max(1);
        Self { length_ms, number: now_ms / length_ms }
    }
}

impl Store {
    /// Writes a job record where there is none.
    ///
    /// # Errors
    /// The backend did not take it.
    pub async fn create_job(&self, job: &JobRecord) -> Result<Created, StoreError> {
        records::create(&self.objects, &keys::job_record(&job.id), job).await
    }

    /// Deletes a record that no client was told of.
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

    /// Writes how a job ended, where nothing is written yet: the first writer's result stands.
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

    /// Whether a job has ended.
    ///
    /// # Errors
    /// The backend did not answer.
    pub async fn has_result(&self, id: &JobId) -> Result<bool, StoreError> {
        Ok(self.objects.head(&keys::job_result(id)).await?.is_some())
    }

    /// Deletes a job's result. Only for the replay of a dead letter, and before that letter is deleted: while there is a
    /// letter, retention keeps the job. Anywhere else it would take back what a client was told.
    ///
    /// # Errors
    /// The backend did not do it.
    pub async fn delete_result(&self, id: &JobId) -> Result<(), StoreError> {
        self.objects.delete(keys::job_result(id)).await
    }

    /// Marks that the broker has confirmed a message of this job in a slot. Only to be called after that confirm: a process that
    /// finds the mark answers that the job is queued, and does not queue it.
    ///
    /// # Errors
    /// The backend did not take it.
    pub async fn mark_queued(&self, id: &JobId, slot: Slot) -> Result<(), StoreError> {
        // Another process with a confirm may write it too: the marks are equal.
        records::put(&self.objects, &queued(id, slot), &serde_json::json!({ "slot": slot.number })).await
    }

    /// Whether the broker has confirmed a message of this job in a slot, as far as it was marked.
    ///
    /// # Errors
    /// The backend did not answer.
    pub async fn was_queued(&self, id: &JobId, slot: Slot) -> Result<bool, StoreError> {
        Ok(self.objects.head(&queued(id, slot)).await?.is_some())
    }

    /// Writes which job an `Idempotency-Key` made, where nothing is written yet.
    ///
    /// # Errors
    /// The backend did not take it.
    pub async fn create_idempotency(&self, id: &IdempotencyId, record: &IdempotencyRecord) -> Result<Created, StoreError> {
        records::create(&self.objects, &keys::idempotency(id), record).await
    }

    /// Which job an `Idempotency-Key` made, if any. Retention deletes it a little before the job.
    ///
    /// # Errors
    /// It does not parse, or the backend did not give it.
    pub async fn get_idempotency(&self, id: &IdempotencyId) -> Result<Option<IdempotencyRecord>, StoreError> {
        records::get(&self.objects, &keys::idempotency(id)).await
    }
}

fn queued(id: &JobId, slot: Slot) -> String {
    keys::queued(id, slot.length_ms, slot.number)
}
