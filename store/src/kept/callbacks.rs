//! Calls back about jobs: which are owed, which attempts were begun, how each came to an end.
//!
//! Only api processes use it. The mark of an owed call is below a prefix of its own until the call has ended, so that listing
//! what is owed costs no more than what is owed. An attempt is begun by creating its mark, so that of several processes one
//! makes it.

use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use proto_shared::{CallbackEnd, JobId, keys};
use serde_json::json;

use crate::{
    Created, Store, StoreError,
    kept::listing,
    objects::{ObjectInfo, records},
};

/// A call back that is owed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwedCallback {
    /// Of which job.
    pub job: JobId,
    /// The last attempt that was begun; 0 before the first.
    pub attempts: u32,
    /// When it was begun, or else when the call was promised; by the backend's clock.
    pub at_ms: u64,
}

impl Store {
    /// Notes that a call back is owed for a job. To be called before the job's record is written, so that there is no record
    /// without it.
    ///
    /// # Errors
    /// The backend did not take it.
    pub async fn owe_callback(&self, id: &JobId) -> Result<(), StoreError> {
        records::put(&self.objects, &keys::callback_pending(id), &json!({ "job": id })).await
    }

    /// Begins an attempt. Of several callers, the one that is answered [`Created::New`] makes it.
    ///
    /// # Errors
    /// The backend did not take it.
    pub async fn begin_callback(&self, id: &JobId, attempt: u32) -> Result<Created, StoreError> {
        records::create(&self.objects, &keys::callback_attempt(id, attempt), &json!({ "attempt": attempt })).await
    }

    /// Writes how calling back ended, where nothing is written yet. [`Store::clear_callback`] clears the marks afterwards.
    ///
    /// # Errors
    /// The backend did not take it.
    pub async fn end_callback(&self, end: &CallbackEnd) -> Result<Created, StoreError> {
        records::create(&self.objects, &keys::callback_end(&end.id), end).await
    }

    /// How calling back ended, if it did.
    ///
    /// # Errors
    /// It does not parse, or the backend did not give it.
    pub async fn get_callback_end(&self, id: &JobId) -> Result<Option<CallbackEnd>, StoreError> {
        records::get(&self.objects, &keys::callback_end(id)).await
    }

    /// Removes the marks of a call back that is no longer owed, and of its first `attempts` attempts.
    ///
    /// # Errors
    /// The backend did not do it.
    pub async fn clear_callback(&self, id: &JobId, attempts: u32) -> Result<(), StoreError> {
        let marks = (1..=attempts).map(|attempt| keys::callback_attempt(id, attempt));
        self.objects.delete_all(marks.chain([keys::callback_pending(id)]).collect()).await.map(drop)
    }

    /// Every call back that is owed, in the order of the backend's listing.
    ///
    /// The stream yields an error and ends if the backend does not give the listing.
    #[must_use]
    pub fn owed_callbacks(&self) -> BoxStream<'static, Result<OwedCallback, StoreError>> {
        listing::by_job(&self.objects, keys::CALLBACKS_PREFIX).try_filter_map(async |listed| Ok(owed(listed))).boxed()
    }
}

/// A job whose marks have no pending mark beside them is owed no call: a process that was killed while it cleared them has left
/// them to retention.
fn owed((job, objects): (JobId, Vec<ObjectInfo>)) -> Option<OwedCallback> {
    let pending = keys::callback_pending(&job);
    let pending_ms = objects.iter().find(|found| found.key == pending)?.modified_ms;
    let last = objects.iter().filter_map(|found| Some((attempt(&found.key)?, found.modified_ms))).max();
    let (attempts, at_ms) = last.unwrap_or((0, pending_ms));
    Some(OwedCallback { job, attempts, at_ms })
}

fn attempt(key: &str) -> Option<u32> {
    key.rsplit('/').next()?.strip_prefix("attempt-")?.strip_suffix(".json")?.parse().ok()
}
