//! The gallery: which jobs everyone may see, newest first.
//!
//! api writes an entry for a job whose client asks for it, before the job is queued. An entry is a name and nothing else: only
//! the job's result says whether the job is done.

use std::collections::BTreeSet;

use futures::TryStreamExt as _;
use proto_shared::{JobId, JobRecord, keys};

use crate::{Created, Store, StoreError, objects::records};

impl Store {
    /// Adds a job to those that everyone may see.
    ///
    /// # Errors
    /// The backend did not take it.
    pub async fn show_in_gallery(&self, job: &JobRecord) -> Result<Created, StoreError> {
        let entry = serde_json::json!({ "job": job.id });
        records::create(&self.objects, &keys::gallery(job.created_at_ms, &job.id), &entry).await
    }

    /// The newest jobs that everyone may see, at most so many. They may be unfinished, failed or gone.
    ///
    /// # Errors
    /// The backend did not list them.
    pub async fn gallery(&self, limit: usize) -> Result<Vec<JobId>, StoreError> {
        // A directory is walked in no order; elsewhere the first are the newest.
        let is_in_order = self.objects.lists_in_key_order();
        let mut newest = BTreeSet::new();
        let mut listing = self.objects.list(keys::GALLERY_PREFIX);
        while let Some(found) = listing.try_next().await? {
            newest.insert(found.key);
            if newest.len() > limit {
                newest.pop_last();
                if is_in_order {
                    break;
                }
            }
        }
        Ok(newest.iter().filter_map(|key| JobId::parse(key.rsplit_once('-')?.1).ok()).collect())
    }
}
