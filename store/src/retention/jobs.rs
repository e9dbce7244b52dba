//! Retention of dead letters, jobs and marks of calls back. The module above explains why in this order, and a job's objects in
//! theirs.

use std::collections::HashSet;

use futures::TryStreamExt;
use proto_shared::{JobId, SourceId, keys};
use serde::Deserialize;
use serde_json::Value;

use super::{BATCH_KEYS, Expired, Retention};
use crate::{
    StoreError,
    kept::{
        dead_letters,
        listing::{self, ListedJob},
    },
    objects::records,
};

/// Sources that are in use by jobs that remain, as far as the source may be old enough to be deleted.
#[derive(Default)]
pub(super) struct Named {
    pub(super) sources: HashSet<SourceId>,
    /// Whether a record could not be read: then any source may be named.
    pub(super) is_unsure: bool,
}

/// The only parts of a record that retention reads, so that a record of a later release, or with a damaged spec, can be read.
#[derive(Deserialize)]
struct SourcesOfRecord {
    source: NamedSource,
    #[serde(default)]
    spec: Value,
}

#[derive(Deserialize)]
struct NamedSource {
    id: SourceId,
}

/// The objects of jobs that are deleted together.
#[derive(Default)]
struct Batch {
    records: Vec<String>,
    marks: Vec<String>,
    results: Vec<String>,
}

impl Retention<'_> {
    /// Deletes old dead letters. Returns the jobs of all that there were.
    pub(super) async fn dead_letters(&self, expired: &mut Expired) -> Result<HashSet<JobId>, StoreError> {
        let (mut dead, mut old) = (HashSet::new(), Vec::new());
        let mut listing = self.objects.list(keys::DEAD_PREFIX);
        while let Some(found) = listing.try_next().await? {
            dead.extend(dead_letters::job_of(&found.key));
            if found.modified_ms < self.before_ms {
                old.push(found.key);
            }
        }
        expired.dead_letters = self.objects.delete_all(old).await?;
        Ok(dead)
    }

    /// Deletes jobs that ended long ago and have no dead letter. Returns what the others name.
    pub(super) async fn jobs(&self, dead: &HashSet<JobId>, expired: &mut Expired) -> Result<Named, StoreError> {
        let (mut batch, mut named) = (Batch::default(), Named::default());
        let mut jobs = listing::jobs(self.objects);
        while let Some(job) = jobs.try_next().await? {
            if !dead.contains(&job.id) && self.is_over(&job) {
                batch.add(job);
                if batch.results.len() >= BATCH_KEYS || batch.marks.len() >= BATCH_KEYS {
                    expired.jobs += std::mem::take(&mut batch).delete(self).await?;
                }
            } else if job.record_ms.is_some_and(|record_ms| record_ms < self.before_ms) {
                self.name_sources_of(&job.id, &mut named).await?;
            }
        }
        expired.jobs += batch.delete(self).await?;
        Ok(named)
    }

    /// Deletes old marks of calls back whose job is gone. What api has not cleared is of jobs that were never accepted, of processes
    /// that were killed while they cleared, and of processes that no longer call back. An unfinished job keeps its marks.
    pub(super) async fn callbacks(&self, expired: &mut Expired) -> Result<(), StoreError> {
        let mut old = self.old(keys::CALLBACKS_PREFIX, self.before_ms, BATCH_KEYS, |_| true);
        while let Some(keys) = old.try_next().await? {
            let mut orphans = Vec::new();
            for key in keys {
                let Some(job) = listing::job_of(&key) else { continue };
                if self.objects.head(&keys::job_record(&job)).await?.is_none() {
                    orphans.push(key);
                }
            }
            expired.callbacks += self.objects.delete_all(orphans).await?;
        }
        Ok(())
    }

    fn is_over(&self, job: &ListedJob) -> bool {
        match (job.record_ms, job.result_ms) {
            (_, Some(result_ms)) => result_ms < self.before_ms,
            (Some(_), None) => false,
            (None, None) => job.marked_ms < self.before_ms,
        }
    }

    async fn name_sources_of(&self, id: &JobId, named: &mut Named) -> Result<(), StoreError> {
        match records::get::<SourcesOfRecord>(self.objects, &keys::job_record(id)).await {
            Ok(Some(SourcesOfRecord { source, spec })) => {
                named.sources.insert(source.id);
                if let Some(images) = images_of(&spec) {
                    named.sources.extend(images);
                } else {
                    tracing::warn!(job_id = %id, "no source is deleted while the images of this record are not known");
                    named.is_unsure = true;
                }
            }
            // Another sweep has deleted it meanwhile, so it was finished.
            Ok(None) => {}
            Err(error @ (StoreError::BadRecord { .. } | StoreError::RecordTooLarge { .. })) => {
                tracing::warn!(job_id = %id, %error, "no source is deleted while this record cannot be read");
                named.is_unsure = true;
            }
            Err(e) => return Err(e),
        }
        Ok(())
    }
}

/// The sources that a spec names as images. `None` where it names them in a way that this release does not know.
fn images_of(spec: &Value) -> Option<Vec<SourceId>> {
    let Some(images) = spec.get("images") else { return Some(Vec::new()) };
    images.as_object()?.values().map(|id| SourceId::parse(id.as_str()?).ok()).collect()
}

impl Batch {
    fn add(&mut self, job: ListedJob) {
        if job.record_ms.is_some() {
            self.records.push(keys::job_record(&job.id));
        }
        self.marks.extend(job.marks);
        self.results.push(keys::job_result(&job.id));
    }

    /// Returns how many records were deleted.
    async fn delete(self, retention: &Retention<'_>) -> Result<u64, StoreError> {
        // Each deletion ends before the next begins: the module above says what a kill in between must not leave.
        let jobs = retention.objects.delete_all(self.records).await?;
        retention.objects.delete_all(self.marks).await?;
        retention.objects.delete_all(self.results).await?;
        Ok(jobs)
    }
}
