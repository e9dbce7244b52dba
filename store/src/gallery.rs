//! The gallery: which jobs are to be seen by everyone, newest first.
//!
//! api writes it for a job whose maker asks for it, before the job is queued; whether the job is done is its result's to
//! say. An entry is a name and nothing else.

use std::collections::BTreeSet;

use futures::TryStreamExt as _;
use proto_shared::{JobId, JobRecord, keys};

use crate::{Created, Store, StoreError, records};

impl Store {
    /// Puts a job among those that everyone may see.
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
        let is_in_order = self.objects.directory.is_none();
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
