//! The jobs that were accepted and have not ended: for a start after a crash, and for finding lost work.
//!
//! Oldest first, as job ids sort by the time they were made, and with bounded memory however many jobs there are.

use std::collections::BinaryHeap;

use futures::{StreamExt, TryStreamExt, future, stream::BoxStream};
use proto_shared::{JobId, JobRecord, keys};

use crate::{
    Store, StoreError,
    kept::listing::{self, ListedJob},
    objects::{Objects, records},
};

/// Ids held at a time where a listing has no order, 10 MB of them. Every further so many unfinished jobs cost another
/// walk over all jobs.
const PAGE_JOBS: usize = 100_000;

/// How much later than its id a job's record may say it was made.
const ID_EARLIER_BY_MS: u64 = 60_000;

impl Store {
    /// The job records without a result, oldest first; with `created_before_ms`, only those accepted before it. A record
    /// that does not parse is skipped with a warning, and so is one of a newer release: the caller is about to run or
    /// queue the jobs, and would do a part of what was asked for. A job may have ended by the time it comes out: look at its
    /// result before doing anything that must not be done twice.
    ///
    /// S3 lists by key, so jobs come as they are listed and those too young are never reached. A directory has
    /// no order: the ids of the oldest 100,000 unfinished jobs are collected in one walk, the next in another.
    ///
    /// The stream yields an error and ends if the backend does not give the listing or a record.
    #[must_use]
    pub fn unfinished_jobs(&self, created_before_ms: Option<u64>) -> BoxStream<'static, Result<JobRecord, StoreError>> {
        let before_ms = created_before_ms.unwrap_or(u64::MAX);
        let objects = self.objects.clone();
        oldest_first(&self.objects, before_ms, PAGE_JOBS)
            .map_ok(move |id| {
                let objects = objects.clone();
                async move { records::readable(records::get::<JobRecord>(&objects, &keys::job_record(&id)).await) }
            })
            .try_buffered(records::READS_AT_ONCE)
            .try_filter_map(move |job| future::ready(Ok(job.filter(|job| job.created_at_ms < before_ms && is_ours(job)))))
            .boxed()
    }
}

fn is_ours(job: &JobRecord) -> bool {
    let known = job.known_spec();
    if let Err(newer) = &known {
        tracing::warn!(job_id = %job.id, %newer, "left an unfinished job to a newer release");
    }
    known.is_ok()
}

fn oldest_first(objects: &Objects, before_ms: u64, page_jobs: usize) -> BoxStream<'static, Result<JobId, StoreError>> {
    let may_be_meant = move |job: &ListedJob| made_ms(&job.id).is_none_or(|made_ms| made_ms < before_ms);
    if objects.lists_in_key_order() {
        return listing::jobs(objects)
            .try_take_while(move |job| future::ready(Ok(may_be_meant(job))))
            .try_filter_map(|job| future::ready(Ok(job.is_unfinished().then_some(job.id))))
            .boxed();
    }
    let objects = objects.clone();
    futures::stream::try_unfold(Some(None), move |from: Option<Option<JobId>>| {
        let objects = objects.clone();
        async move {
            let Some(after) = from else { return Ok(None) };
            let mut page = BinaryHeap::new(); // the youngest on top, to be left to the next page
            let mut is_last = true;
            let mut jobs = listing::jobs(&objects);
            while let Some(job) = jobs.try_next().await? {
                let is_next = after.as_ref().is_none_or(|after| job.id > *after);
                if is_next && job.is_unfinished() && may_be_meant(&job) {
                    page.push(job.id);
                    if page.len() > page_jobs {
                        is_last = false;
                        page.pop();
                    }
                }
            }
            let page = page.into_sorted_vec();
            let next = if is_last { None } else { Some(page.last().cloned()) };
            Ok(Some((futures::stream::iter(page.into_iter().map(Ok)), next)))
        }
    })
    .try_flatten()
    .boxed()
}

/// The least that a job's record may say of when it was made, from its id: a version 7 UUID begins with the
/// milliseconds. Of another version nothing is known.
fn made_ms(id: &JobId) -> Option<u64> {
    let (time, rest) = id.as_str().split_at_checked(12)?;
    let is_version_7 = rest.starts_with('7');
    is_version_7.then(|| u64::from_str_radix(time, 16).ok()).flatten().map(|ms| ms.saturating_sub(ID_EARLIER_BY_MS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StoreConfig;

    fn id(number: u128) -> JobId {
        JobId::from_bytes(number.to_be_bytes())
    }

    #[tokio::test]
    async fn pages_of_any_size_give_every_job_once_and_oldest_first() {
        let dir = tempfile::tempdir().unwrap();
        let objects = Objects::open(&StoreConfig::new(format!("file://{}", dir.path().display()))).unwrap();
        // Not in order, and too few to fill every page.
        let numbers: [u128; 7] = [5, 3, 9, 1, 7, 2, 8];
        for number in numbers {
            let folder = dir.path().join("jobs").join(id(number).as_str());
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("job.json"), "{}").unwrap();
        }
        std::fs::write(dir.path().join("jobs").join(id(3).as_str()).join("result.json"), "{}").unwrap();
        let expected: Vec<JobId> = [1, 2, 5, 7, 8, 9].map(id).into();
        for page_jobs in 1..=7 {
            let listed: Vec<JobId> = oldest_first(&objects, u64::MAX, page_jobs).try_collect().await.unwrap();
            assert_eq!(listed, expected, "{page_jobs} a page");
        }
    }

    #[test]
    fn only_ids_of_version_7_tell_a_time() {
        assert_eq!(made_ms(&JobId::parse("0192f0c1a2b37c4d8e9f001122334455").unwrap()), Some(0x0192_f0c1_a2b3 - 60_000));
        assert_eq!(made_ms(&JobId::parse("0192f0c1a2b34c4d8e9f001122334455").unwrap()), None);
    }
}
