//! Retention of what is owed in calls back: it goes with its job.
//!
//! An api process clears it when the call has come to an end. What is left is of jobs that were never accepted, of kills
//! in the middle of clearing, and of processes that no longer call back.

use futures::TryStreamExt;
use proto_shared::keys;

use super::{Batch, Expired, Sweep};
use crate::{StoreError, callbacks::job_of};

impl Sweep<'_> {
    /// Deletes old marks whose job is gone. A job that is not finished keeps its own, however old.
    pub(super) async fn callbacks(&self, expired: &mut Expired) -> Result<(), StoreError> {
        let mut batch = Batch::new(self.objects);
        let mut listing = self.objects.list(keys::CALLBACKS_PREFIX);
        while let Some(found) = listing.try_next().await? {
            if found.modified_ms >= self.before_ms {
                continue;
            }
            let is_orphan = match job_of(&found.key) {
                Some(job) => self.objects.head(&keys::job_record(&job)).await?.is_none(),
                None => false,
            };
            if is_orphan {
                batch.add(found.key).await?;
            }
        }
        expired.callbacks = batch.finish().await?;
        Ok(())
    }
}
