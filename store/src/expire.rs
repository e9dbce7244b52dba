//! Retention: deletes what has been finished for longer than asked, and nothing that a job still needs.
//!
//! Run by a sweep, as often and by as many at once as one likes, and killed at any point. The order of deletions is what
//! makes that safe; each step may only leave behind what the next run takes away:
//!
//! 1. *Dead letters*. One that stood at the beginning, even if it is deleted, keeps its job until the next run, so that a
//!    replay that has just taken the job's result away does not lose the record.
//! 2. *Idempotency records* and names in the gallery, a little before their jobs, so that none names a job that is gone.
//!    With them what says who began to look for lost work: it counts for minutes.
//! 3. *Jobs* whose result is old: records, then marks, then results. The other way round a kill between would leave a
//!    finished job that looks unfinished, and it would run again. A result without a record is an end of this kind.
//! 4. *Calls back that are owed*, of jobs that are gone: what is written of one that came to an end is among its job's marks.
//! 5. *Outputs*: summaries, then pictures, so that no summary promises a picture that is gone.
//! 6. *Sources* that no remaining job names.
//!
//! Contents are not counted but dated. Whoever makes a job has written, or seen written lately, what it names (`age`), so
//! contents older than the oldest result that remains, by a margin, are named by no finished job. Only records of jobs
//! older than the contents in question are read: those that are unfinished, or were until not long ago. A picture is
//! looked at once more right before it is deleted, for it may have been put again since it was listed. What is left is a
//! put of long unused contents between that look and the deletion, two requests apart.

mod callbacks;
mod contents;
mod jobs;
mod strays;

use std::mem;

use proto_shared::keys;

use crate::{Store, StoreError, age, objects::Objects};

/// How many objects retention deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expired {
    /// Dead letters.
    pub dead_letters: u64,
    /// What clients called their requests.
    pub idempotency_records: u64,
    /// Names in the gallery.
    pub gallery_entries: u64,
    /// Marks of looks for lost work.
    pub looks: u64,
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
        let sweep = Sweep {
            objects: &self.objects,
            before_ms,
            contents_before_ms: before_ms.saturating_sub(age::KEPT_LONGER_MS),
            names_before_ms: before_ms.saturating_add(age::KEPT_LONGER_MS.min(older_than_ms / 2)),
        };
        let mut expired = Expired::default();
        let dead = sweep.dead_letters(&mut expired).await?;
        expired.idempotency_records = sweep.names(keys::IDEMPOTENCY_PREFIX).await?;
        expired.gallery_entries = sweep.names(keys::GALLERY_PREFIX).await?;
        expired.looks = sweep.names(keys::SEARCHES_BEGUN_PREFIX).await?;
        let named = sweep.jobs(&dead, &mut expired).await?;
        sweep.callbacks(&mut expired).await?;
        sweep.outputs(&mut expired).await?;
        sweep.sources(&named, &mut expired).await?;
        sweep.strays(&mut expired).await?;
        Ok(expired)
    }
}

/// Deletions are sent this many at a time, which is what S3 takes in one request.
const BATCH_KEYS: usize = 1000;

/// One run, with what is old in it.
struct Sweep<'a> {
    objects: &'a Objects,
    /// Of jobs and dead letters.
    before_ms: u64,
    /// Of sources and outputs: earlier.
    contents_before_ms: u64,
    /// Of what names a job, and of marks that count for minutes: later.
    names_before_ms: u64,
}

/// Keys on their way to deletion.
struct Batch<'a> {
    objects: &'a Objects,
    keys: Vec<String>,
    deleted: u64,
}

impl<'a> Batch<'a> {
    fn new(objects: &'a Objects) -> Self {
        Self { objects, keys: Vec::new(), deleted: 0 }
    }

    async fn add(&mut self, key: String) -> Result<(), StoreError> {
        self.keys.push(key);
        if self.keys.len() >= BATCH_KEYS { self.send().await } else { Ok(()) }
    }

    async fn send(&mut self) -> Result<(), StoreError> {
        self.deleted += self.objects.delete_all(mem::take(&mut self.keys)).await?;
        Ok(())
    }

    async fn finish(mut self) -> Result<u64, StoreError> {
        self.send().await?;
        Ok(self.deleted)
    }
}
