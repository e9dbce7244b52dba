//! Calls back about jobs: which are owed, which attempts were begun, how each came to an end.
//!
//! Only api processes use it. What is owed stands below a prefix of its own until it has come to an end, so that a look
//! at it costs no more than what is owed. An attempt is begun by creating its mark: of all who want to, one makes it.

use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use proto_shared::{CallbackEnd, JobId, keys};
use serde_json::json;

use crate::{
    Created, Store, StoreError,
    objects::{Found, Objects},
    records,
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
    /// Notes that somebody is to be called back about a job. Before the job's record is written, so that no record can
    /// stand without it.
    ///
    /// # Errors
    /// The backend did not take it.
    pub async fn owe_callback(&self, id: &JobId) -> Result<(), StoreError> {
        records::put(&self.objects, &keys::callback_pending(id), &json!({ "job": id })).await
    }

    /// Begins an attempt. Of all who want to, the one that is answered [`Created::New`] makes it.
    ///
    /// # Errors
    /// The backend did not take it.
    pub async fn begin_callback(&self, id: &JobId, attempt: u32) -> Result<Created, StoreError> {
        records::create(&self.objects, &keys::callback_attempt(id, attempt), &json!({ "attempt": attempt })).await
    }

    /// Writes how calling back came to an end, where nothing stands. What is owed is cleared by
    /// [`Store::clear_callback`] afterwards.
    ///
    /// # Errors
    /// The backend did not take it.
    pub async fn end_callback(&self, end: &CallbackEnd) -> Result<Created, StoreError> {
        records::create(&self.objects, &keys::callback_end(&end.id), end).await
    }

    /// How calling back came to an end, if it did.
    ///
    /// # Errors
    /// It does not parse, or the backend did not give it.
    pub async fn get_callback_end(&self, id: &JobId) -> Result<Option<CallbackEnd>, StoreError> {
        records::get(&self.objects, &keys::callback_end(id)).await
    }

    /// Removes what stands of a call back that is owed no more, with so many attempts.
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
        folders(&self.objects).try_filter_map(async |folder: Folder| Ok(folder.owed())).boxed()
    }
}

/// What a listing shows of one job: all backends list its objects next to each other.
struct Folder {
    job: JobId,
    pending_ms: Option<u64>,
    last: Option<(u32, u64)>,
}

impl Folder {
    fn add(&mut self, found: &Found) {
        if found.key == keys::callback_pending(&self.job) {
            self.pending_ms = Some(found.modified_ms);
        } else if let Some(attempt) = attempt(&found.key) {
            self.last = self.last.max(Some((attempt, found.modified_ms)));
        }
    }

    /// Marks without what they are of are what a kill in the middle of clearing leaves, until retention.
    fn owed(self) -> Option<OwedCallback> {
        let pending_ms = self.pending_ms?;
        let (attempts, at_ms) = self.last.unwrap_or((0, pending_ms));
        Some(OwedCallback { job: self.job, attempts, at_ms })
    }
}

fn folders(objects: &Objects) -> BoxStream<'static, Result<Folder, StoreError>> {
    let state = (objects.list(keys::CALLBACKS_PREFIX), None::<Folder>);
    futures::stream::try_unfold(state, |(mut listing, mut current)| async move {
        while let Some(found) = listing.try_next().await? {
            let Some(job) = job_of(&found.key) else { continue };
            let whole = match &mut current {
                Some(folder) if folder.job == job => None,
                other => other.replace(Folder { job, pending_ms: None, last: None }),
            };
            if let Some(folder) = &mut current {
                folder.add(&found);
            }
            if let Some(folder) = whole {
                return Ok(Some((folder, (listing, current))));
            }
        }
        Ok(current.take().map(|folder| (folder, (listing, None))))
    })
    .boxed()
}

/// The job in the key of anything below [`keys::CALLBACKS_PREFIX`].
pub(crate) fn job_of(key: &str) -> Option<JobId> {
    JobId::parse(key.split('/').nth(1)?).ok()
}

fn attempt(key: &str) -> Option<u32> {
    key.rsplit('/').next()?.strip_prefix("attempt-")?.strip_suffix(".json")?.parse().ok()
}
