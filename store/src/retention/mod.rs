//! Retention: deletes what has been finished for longer than asked, and nothing that a job still needs.
//!
//! Run by a sweep, as often and by as many at once as one likes, and killed at any point. The order of deletions makes that
//! safe; each step may only leave behind what the next run deletes:
//!
//! 1. *Dead letters*. A job that had one at the beginning is kept until the next run, even if the letter is deleted, so that a
//!    replay that has just deleted the job's result does not lose the record.
//! 2. *Idempotency records* and names in the gallery, a little before their jobs, so that none names a job that is gone.
//!    With them the marks of searches for lost jobs, which count for minutes.
//! 3. *Jobs* whose result is old: records, then marks, then results. The other way round a kill in between would leave a
//!    finished job that looks unfinished, and it would run again. A result without a record is left of such a kill.
//! 4. *Marks of calls back* whose job is gone. (How a call back ended is among its job's marks.)
//! 5. *Outputs*: summaries, then pictures, so that no summary names a picture that is gone.
//! 6. *Sources* that no remaining job names.
//!
//! # Why no job loses its source or output
//!
//! Sources and outputs are not counted but dated. A process that makes a job writes its source, or relies on one that was
//! written less than half an hour ago (`age`); the job's record must follow within half an hour. So a record is at most one hour
//! younger than the last write of the source that it names, and contents are kept one hour longer than jobs. An example, with a
//! retention of one day that runs on Wednesday at 13:00, so that jobs older than Tuesday 13:00 and contents older than Tuesday
//! 12:00 are old:
//!
//! | Tuesday | | on Wednesday at 13:00 |
//! |---|---|---|
//! | 11:50 | a source is written | older than 12:00: to be deleted, unless a job names it |
//! | 12:15 | api finds it, 25 minutes old, and does not write it again | |
//! | 12:45 | api writes the record of job A, which names it | older than 13:00: if A is unfinished, or ended after 13:00, its record is read and the source is kept |
//! | 13:05 | api writes the record of job B | younger than 13:00: its record is not read |
//!
//! B can't name this source: api looked for B's source at 12:35 or later, and would have written it again if it was written
//! before 12:05. So whatever B names was written after 12:00 and is kept. The same holds for a job that ended after 13:00 and its
//! output. Only the records of old jobs that are not over are read.
//!
//! An object is checked once more right before it is deleted, because it may have been written again since it was listed. What
//! remains is a write of old, unused contents between that check and the deletion, two requests apart.

pub(crate) mod age;
mod contents;
mod jobs;
mod strays;

use futures::{StreamExt, TryStreamExt, future, stream::BoxStream};
use proto_shared::keys;

use crate::{
    Store, StoreError,
    objects::{ObjectInfo, Objects},
};

/// How many objects retention deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expired {
    /// Dead letters.
    pub dead_letters: u64,
    /// Idempotency records.
    pub idempotency_records: u64,
    /// Names in the gallery.
    pub gallery_entries: u64,
    /// Marks of searches for lost jobs.
    pub searches: u64,
    /// Jobs: records, with their results and marks.
    pub jobs: u64,
    /// Marks of calls back whose job is gone.
    pub callbacks: u64,
    /// Summaries of outputs.
    pub summaries: u64,
    /// Outputs.
    pub outputs: u64,
    /// Sources.
    pub sources: u64,
    /// Files that killed writers left half written in a directory. Never part of any object.
    pub strays: u64,
}

impl Store {
    /// Deletes finished jobs whose result is older than `older_than_ms`, dead letters and idempotency records as old, and
    /// outputs, summaries and sources that are an hour older than that and that no remaining job names. Ages are
    /// what the backend says of its objects, against `now_ms`. Never touches an unfinished job or its source.
    ///
    /// Memory: one id for each dead letter, and for each source of a job older than that which is not finished.
    ///
    /// # Errors
    /// The backend did not answer. What was deleted until then stays deleted; the next run goes on.
    pub async fn expire(&self, older_than_ms: u64, now_ms: u64) -> Result<Expired, StoreError> {
        let before_ms = now_ms.saturating_sub(older_than_ms);
        let retention = Retention {
            objects: &self.objects,
            before_ms,
            contents_before_ms: before_ms.saturating_sub(age::KEPT_LONGER_MS),
            names_before_ms: before_ms.saturating_add(age::KEPT_LONGER_MS.min(older_than_ms / 2)),
        };
        let mut expired = Expired::default();
        let dead = retention.dead_letters(&mut expired).await?;
        expired.idempotency_records = retention.delete_old(keys::IDEMPOTENCY_PREFIX, retention.names_before_ms).await?;
        expired.gallery_entries = retention.delete_old(keys::GALLERY_PREFIX, retention.names_before_ms).await?;
        expired.searches = retention.delete_old(keys::SEARCHES_BEGUN_PREFIX, retention.names_before_ms).await?;
        let named = retention.jobs(&dead, &mut expired).await?;
        retention.callbacks(&mut expired).await?;
        retention.outputs(&mut expired).await?;
        retention.sources(&named, &mut expired).await?;
        retention.strays(&mut expired).await?;
        Ok(expired)
    }
}

/// Deletions are sent this many at a time, which is what S3 accepts in one request.
const BATCH_KEYS: usize = 1000;

/// One run, and which times are old in it.
struct Retention<'a> {
    objects: &'a Objects,
    /// For jobs and dead letters.
    before_ms: u64,
    /// For sources and outputs: earlier.
    contents_before_ms: u64,
    /// For objects that only name a job (under an `Idempotency-Key`, in the gallery) and for marks that count for minutes: a later
    /// time, so these go sooner.
    names_before_ms: u64,
}

impl Retention<'_> {
    /// Deletes what was written below a prefix before that time.
    async fn delete_old(&self, prefix: &str, before_ms: u64) -> Result<u64, StoreError> {
        let mut old = self.old(prefix, before_ms, BATCH_KEYS, |_| true);
        let mut deleted = 0;
        while let Some(keys) = old.try_next().await? {
            deleted += self.objects.delete_all(keys).await?;
        }
        Ok(deleted)
    }

    /// The keys below a prefix that were last written before that time, at most `at_once` at a time.
    fn old(
        &self,
        prefix: &str,
        before_ms: u64,
        at_once: usize,
        is_meant: impl Fn(&str) -> bool + Send + 'static,
    ) -> BoxStream<'static, Result<Vec<String>, StoreError>> {
        self.objects
            .list(prefix)
            .try_filter_map(move |ObjectInfo { key, modified_ms, .. }| {
                let is_old = modified_ms < before_ms && is_meant(&key);
                future::ready(Ok(is_old.then_some(key)))
            })
            .try_chunks(at_once)
            .map_err(|broken| broken.1)
            .boxed()
    }
}
