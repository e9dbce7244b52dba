//! Walks over all objects of all jobs below a prefix, a job at a time and never more in memory.
//!
//! For the search for unfinished jobs, for retention, and for calls back. It rests on every backend listing the objects of one
//! job next to each other: S3 and memory list by key, a directory is walked folder by folder.

use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use proto_shared::{JobId, keys};

use crate::{
    StoreError,
    objects::{ObjectInfo, Objects},
};

/// What a listing shows of one job.
#[derive(Clone, Debug)]
pub(crate) struct ListedJob {
    pub(crate) id: JobId,
    /// When its record was written.
    pub(crate) record_ms: Option<u64>,
    /// When its result was written.
    pub(crate) result_ms: Option<u64>,
    /// The keys of its other objects, such as the marks of having been queued or begun, and when the youngest was written.
    pub(crate) marks: Vec<String>,
    pub(crate) marked_ms: u64,
}

impl ListedJob {
    /// Whether it was accepted and has not ended.
    pub(crate) fn is_unfinished(&self) -> bool {
        self.record_ms.is_some() && self.result_ms.is_none()
    }

    fn of((id, objects): (JobId, Vec<ObjectInfo>)) -> Self {
        let (record, result) = (keys::job_record(&id), keys::job_result(&id));
        let mut job = Self { id, record_ms: None, result_ms: None, marks: Vec::new(), marked_ms: 0 };
        for found in objects {
            if found.key == record {
                job.record_ms = Some(found.modified_ms);
            } else if found.key == result {
                job.result_ms = Some(found.modified_ms);
            } else {
                job.marked_ms = job.marked_ms.max(found.modified_ms);
                job.marks.push(found.key);
            }
        }
        job
    }
}

/// Every job of which there is an object, in the order of the backend's listing.
pub(crate) fn jobs(objects: &Objects) -> BoxStream<'static, Result<ListedJob, StoreError>> {
    by_job(objects, keys::JOBS_PREFIX).map_ok(ListedJob::of).boxed()
}

/// The objects of each job below a prefix. Objects there that belong to no job are left out.
pub(crate) fn by_job(objects: &Objects, prefix: &str) -> BoxStream<'static, Result<(JobId, Vec<ObjectInfo>), StoreError>> {
    let state = (objects.list(prefix), None::<(JobId, Vec<ObjectInfo>)>);
    futures::stream::try_unfold(state, |(mut listing, mut current)| async move {
        while let Some(found) = listing.try_next().await? {
            let Some(id) = job_of(&found.key) else { continue };
            match &mut current {
                Some((job, objects)) if *job == id => objects.push(found),
                _ => {
                    if let Some(whole) = current.replace((id, vec![found])) {
                        return Ok(Some((whole, (listing, current))));
                    }
                }
            }
        }
        Ok(current.take().map(|last| (last, (listing, None))))
    })
    .boxed()
}

/// The job in a key of the form `prefix/<job>/...`.
pub(crate) fn job_of(key: &str) -> Option<JobId> {
    JobId::parse(key.split('/').nth(1)?).ok()
}
