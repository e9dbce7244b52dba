//! Dead letters: messages that no worker could settle, kept for someone to look at, replay or drop.
//!
//! Written by whoever gives a message up, read by the `dead` commands. Unlike other records one may be written again:
//! a job that was replayed and died once more has one letter, its last.

use std::collections::BinaryHeap;

use futures::{StreamExt, TryStreamExt};
use proto_shared::{DeadRecord, JobId, keys};

use crate::{Store, StoreError, records};

/// Letters among which the oldest are looked for by what they say of themselves; beyond that the backend's own times
/// choose, so that a flood of letters is not read whole to show ten.
const READ_AT_LEAST: usize = 1000;

impl Store {
    /// Writes a dead letter, over an earlier one of the same job.
    ///
    /// # Errors
    /// The backend did not take it.
    pub async fn put_dead(&self, dead: &DeadRecord) -> Result<(), StoreError> {
        records::put(&self.objects, &keys::dead(&dead.id), dead).await
    }

    /// A dead letter, if there is one.
    ///
    /// # Errors
    /// It does not parse, or the backend did not give it.
    pub async fn get_dead(&self, id: &JobId) -> Result<Option<DeadRecord>, StoreError> {
        records::get(&self.objects, &keys::dead(id)).await
    }

    /// The oldest dead letters, at most that many, oldest first. One that does not parse is skipped with a warning.
    ///
    /// # Errors
    /// The backend did not give the listing or a letter.
    pub async fn list_dead(&self, at_most: usize) -> Result<Vec<DeadRecord>, StoreError> {
        let kept = at_most.max(READ_AT_LEAST);
        let mut oldest = BinaryHeap::new(); // the youngest on top, to be thrown out first
        let mut listing = self.objects.list(keys::DEAD_PREFIX);
        while let Some(found) = listing.try_next().await? {
            if let Some(id) = dead_id(&found.key) {
                oldest.push((found.modified_ms, id));
                if oldest.len() > kept {
                    oldest.pop();
                }
            }
        }
        let mut letters: Vec<DeadRecord> = futures::stream::iter(oldest)
            .map(|(_, id)| async move { records::readable(self.get_dead(&id).await) })
            .buffer_unordered(records::READS_AT_ONCE)
            .try_filter_map(async |letter| Ok(letter))
            .try_collect()
            .await?;
        letters.sort_by(|a, b| (a.dead_at_ms, &a.id).cmp(&(b.dead_at_ms, &b.id)));
        letters.truncate(at_most);
        Ok(letters)
    }

    /// Removes a dead letter; that there is none is no fault.
    ///
    /// # Errors
    /// The backend did not do it.
    pub async fn delete_dead(&self, id: &JobId) -> Result<(), StoreError> {
        self.objects.delete(keys::dead(id)).await
    }
}

/// The id in the key of a dead letter.
pub(crate) fn dead_id(key: &str) -> Option<JobId> {
    let id = JobId::parse(key.rsplit('/').next()?.strip_suffix(".json")?).ok()?;
    (keys::dead(&id) == key).then_some(id)
}
