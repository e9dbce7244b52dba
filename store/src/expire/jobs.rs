//! Retention of dead letters, idempotency records and jobs. Why in this order, and a job's objects in theirs, stands at the
//! module above.

use std::collections::HashSet;

use futures::TryStreamExt;
use proto_shared::{JobId, SourceId, keys};
use serde::Deserialize;

use super::{BATCH_KEYS, Batch, Expired, Sweep};
use crate::{StoreError, dead, listing, listing::Listed, records};

/// The sources that remaining jobs name, as far as they may be old.
#[derive(Default)]
pub(super) struct Named {
    pub(super) sources: HashSet<SourceId>,
    /// Whether a record could not be read: then any source may be named.
    pub(super) is_unsure: bool,
}

/// All that retention wants to know of a record, so that one of a later release, or a damaged spec, still tells it.
#[derive(Deserialize)]
struct Naming {
    source: NamedSource,
}

#[derive(Deserialize)]
struct NamedSource {
    id: SourceId,
}

/// Jobs to be deleted together.
#[derive(Default)]
struct Doomed {
    records: Vec<String>,
    marks: Vec<String>,
    results: Vec<String>,
}

impl Sweep<'_> {
    /// Deletes old dead letters. Returns the jobs of all that stood there.
    pub(super) async fn dead_letters(&self, expired: &mut Expired) -> Result<HashSet<JobId>, StoreError> {
        let mut dead = HashSet::new();
        let mut batch = Batch::new(self.objects);
        let mut listing = self.objects.list(keys::DEAD_PREFIX);
        while let Some(found) = listing.try_next().await? {
            dead.extend(dead::dead_id(&found.key));
            if found.modified_ms < self.before_ms {
                batch.add(found.key).await?;
            }
        }
        expired.dead_letters = batch.finish().await?;
        Ok(dead)
    }

    /// Deletes what names jobs, or the time it was written, below this prefix.
    pub(super) async fn names(&self, prefix: &'static str) -> Result<u64, StoreError> {
        let mut batch = Batch::new(self.objects);
        let mut listing = self.objects.list(prefix);
        while let Some(found) = listing.try_next().await? {
            if found.modified_ms < self.names_before_ms {
                batch.add(found.key).await?;
            }
        }
        batch.finish().await
    }

    /// Deletes jobs that ended long ago and have no dead letter. Returns what the others name.
    pub(super) async fn jobs(&self, dead: &HashSet<JobId>, expired: &mut Expired) -> Result<Named, StoreError> {
        let (mut doomed, mut named) = (Doomed::default(), Named::default());
        let mut jobs = listing::jobs(self.objects);
        while let Some(job) = jobs.try_next().await? {
            if !dead.contains(&job.id) && self.is_over(&job) {
                doomed.add(job);
                if doomed.results.len() >= BATCH_KEYS || doomed.marks.len() >= BATCH_KEYS {
                    expired.jobs += std::mem::take(&mut doomed).delete(self).await?;
                }
            } else if job.record_ms.is_some_and(|record_ms| record_ms < self.before_ms) {
                self.name_source_of(&job.id, &mut named).await?;
            }
        }
        expired.jobs += doomed.delete(self).await?;
        Ok(named)
    }

    fn is_over(&self, job: &Listed) -> bool {
        match (job.record_ms, job.result_ms) {
            (_, Some(result_ms)) => result_ms < self.before_ms,
            (Some(_), None) => false,
            (None, None) => job.marked_ms < self.before_ms,
        }
    }

    async fn name_source_of(&self, id: &JobId, named: &mut Named) -> Result<(), StoreError> {
        match records::get::<Naming>(self.objects, &keys::job_record(id)).await {
            Ok(Some(Naming { source })) => drop(named.sources.insert(source.id)),
            // Another who sweeps has deleted it meanwhile, so it was finished.
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

impl Doomed {
    fn add(&mut self, job: Listed) {
        if job.record_ms.is_some() {
            self.records.push(keys::job_record(&job.id));
        }
        self.marks.extend(job.marks);
        self.results.push(keys::job_result(&job.id));
    }

    /// Returns how many records were deleted.
    async fn delete(self, sweep: &Sweep<'_>) -> Result<u64, StoreError> {
        // Each is finished before the next begins: see above what a kill in between must not leave.
        let jobs = sweep.objects.delete_all(self.records).await?;
        sweep.objects.delete_all(self.marks).await?;
        sweep.objects.delete_all(self.results).await?;
        Ok(jobs)
    }
}
