//! One walk over all that is written of jobs, a job at a time and never more in memory.
//!
//! For those who look for unfinished jobs and for retention. It rests on every backend listing the objects of one job
//! next to each other: S3 and memory list by key, a directory is walked folder by folder.

use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use proto_shared::{JobId, keys};

use crate::{
    StoreError,
    objects::{Found, Objects},
};

/// What a listing shows of one job.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) id: JobId,
    /// When its record was written.
    pub(crate) record_ms: Option<u64>,
    /// When its result was written.
    pub(crate) result_ms: Option<u64>,
    /// The keys of its other objects, the marks of having been queued or begun, and when the youngest was written.
    pub(crate) marks: Vec<String>,
    pub(crate) marked_ms: u64,
}

impl Listed {
    /// Whether it was accepted and has not ended.
    pub(crate) fn is_unfinished(&self) -> bool {
        self.record_ms.is_some() && self.result_ms.is_none()
    }

    fn new(id: JobId) -> Self {
        Self { id, record_ms: None, result_ms: None, marks: Vec::new(), marked_ms: 0 }
    }

    fn add(&mut self, found: Found) {
        if found.key == keys::job_record(&self.id) {
            self.record_ms = Some(found.modified_ms);
        } else if found.key == keys::job_result(&self.id) {
            self.result_ms = Some(found.modified_ms);
        } else {
            self.marked_ms = self.marked_ms.max(found.modified_ms);
            self.marks.push(found.key);
        }
    }
}

/// Every job of which anything is written, in the order of the backend's listing. What stands below the same prefix and
/// belongs to no job is passed over.
pub(crate) fn jobs(objects: &Objects) -> BoxStream<'static, Result<Listed, StoreError>> {
    let state = (objects.list(keys::JOBS_PREFIX), None::<Listed>);
    futures::stream::try_unfold(state, |(mut listing, mut current)| async move {
        while let Some(found) = listing.try_next().await? {
            let Some(id) = found.key.split('/').nth(1).and_then(|id| JobId::parse(id).ok()) else { continue };
            let whole = match &mut current {
                Some(job) if job.id == id => None,
                other => other.replace(Listed::new(id)),
            };
            if let Some(job) = &mut current {
                job.add(found);
            }
            if let Some(job) = whole {
                return Ok(Some((job, (listing, current))));
            }
        }
        Ok(current.take().map(|job| (job, (listing, None))))
    })
    .boxed()
}
