//! What an acceptance writes to the store of its job: source, record and what goes with it; and a result where one is known.
//!
//! `run` calls it. It must report everything that it may have left in the store: a record whose creation is in
//! doubt is reported as created.

use broker::Broker;
use proto_shared::{Event, JobRecord, JobResult, News, Outcome, OutputSummary, job};
use store::{Created, StoreError};

use super::acceptor::Acceptor;
use crate::pictures::spool::Spooled;

/// Why a job was not recorded, as far as is known.
pub(super) enum NotRecorded {
    /// There is no record.
    Surely(StoreError),
    /// There may be one: the store was asked to write it, and did not say what became of it.
    Perhaps(StoreError),
}

impl Acceptor {
    /// Deletes the record of a refused job: whatever is left of it would be found as lost and run.
    pub(super) async fn take_back(&self, job: &JobRecord) -> bool {
        let deleted = self.store.delete_job(&job.id).await;
        if deleted.is_ok() && job.callback_url.is_some() {
            // What stays is owed about no job: retention takes it.
            let _ = self.store.clear_callback(&job.id, 0).await;
        }
        if let Err(error) = &deleted {
            tracing::warn!(%error, "failed to take back the record of a refused job");
        }
        deleted.is_ok()
    }

    /// Writes the result of a job whose output is stored already.
    pub(super) async fn end_as_known(
        &self,
        job: &JobRecord,
        known: OutputSummary,
        broker: &Broker,
    ) -> Result<JobResult, StoreError> {
        let OutputSummary { output, stats, missing_glyphs, fidelity, .. } = known;
        let outcome = Outcome::Done { output, stats, missing_glyphs, fidelity };
        let at_ms = self.ids.now_ms();
        let result = JobResult { version: job::VERSION, id: job.id.clone(), finished_at_ms: at_ms, attempts: 0, outcome };
        let created = self.store.create_result(&result).await?;
        self.metrics.known();
        if created == Created::AlreadyThere {
            // Another request of the same name was faster, or the job was cancelled: the first result is kept.
            return Ok(self.store.get_result(&job.id).await?.unwrap_or(result));
        }
        self.metrics.done();
        broker.emit(&Event::of(job, at_ms, News::Done));
        Ok(result)
    }

    /// Stores a job's source with its images, and its record. A job with a name can be requested again meanwhile. Its record must then have its
    /// source, so the source comes first. No client knows of a job without a name before the answer, so both are written at once.
    pub(super) async fn store_job(
        &self,
        job: &JobRecord,
        (upload, images): (Option<Spooled>, Vec<Spooled>),
        is_named: bool,
    ) -> Result<Created, NotRecorded> {
        let stored = async { tokio::try_join!(self.store_source(upload), self.store_images(images), self.show_in_gallery(job)) };
        if is_named {
            stored.await.map_err(NotRecorded::Surely)?;
            return self.create_record(job).await.map_err(NotRecorded::Perhaps);
        }
        let (stored, created) = tokio::join!(stored, self.create_record(job));
        match (stored, created) {
            (Ok(_), Ok(created)) => Ok(created),
            // A create that failed may have been done all the same: its answer may be what failed.
            (Err(error), _) | (Ok(_), Err(error)) if self.take_back(job).await => Err(NotRecorded::Surely(error)),
            (Err(error), _) | (Ok(_), Err(error)) => Err(NotRecorded::Perhaps(error)),
        }
    }

    async fn show_in_gallery(&self, job: &JobRecord) -> Result<(), StoreError> {
        if job.is_public {
            // A name may have brought it there before.
            let (Created::New | Created::AlreadyThere) = self.store.show_in_gallery(job).await?;
        }
        Ok(())
    }

    /// The callback mark is written before the record: a stored record promises the callback, also when the job is asked for again.
    async fn create_record(&self, job: &JobRecord) -> Result<Created, StoreError> {
        if job.callback_url.is_some() {
            self.store.owe_callback(&job.id).await?;
        }
        self.store.create_job(job).await
    }
}
