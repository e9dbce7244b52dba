//! What an acceptance writes to the store of its job: source, record and what goes with it; and a result where one is known.
//!
//! `run` calls it. It must leave nothing behind that it has not told: a record that may stand is said to stand.

use proto_shared::{Event, JobResult, News, Outcome, OutputSummary, job};
use store::{Created, StoreError};

use super::run::{NotRecorded, Run};
use crate::{error::ApiError, spool::Spooled};

impl Run {
    /// Whatever is left of a refused job would be found as lost and run.
    pub(super) async fn take_back(&self) -> bool {
        let (store, job) = (&self.with.store, &self.job);
        let deleted = store.delete_job(&job.id).await;
        if deleted.is_ok() && job.callback_url.is_some() {
            // What stays is owed about no job: retention takes it.
            let _ = store.clear_callback(&job.id, 0).await;
        }
        if let Err(error) = &deleted {
            tracing::warn!(%error, "failed to take back the record of a refused job");
        }
        deleted.is_ok()
    }

    /// Writes the result of a job whose output stands already.
    pub(super) async fn done_before(&self, known: OutputSummary) -> Result<JobResult, StoreError> {
        let OutputSummary { output, stats, missing_glyphs, .. } = known;
        let outcome = Outcome::Done { output, stats, missing_glyphs };
        let at_ms = self.with.mint.now_ms();
        let result = JobResult { version: job::VERSION, id: self.job.id.clone(), finished_at_ms: at_ms, attempts: 0, outcome };
        let created = self.with.store.create_result(&result).await?;
        self.with.metrics.known();
        if created == Created::AlreadyThere {
            // Another request of the same name was faster, or the job was cancelled: the first word stands.
            return Ok(self.with.store.get_result(&self.job.id).await?.unwrap_or(result));
        }
        self.with.metrics.done();
        self.broker.emit(&Event::of(&self.job, at_ms, News::Done));
        Ok(result)
    }

    /// Stores a job's source and its record. One that has a name can be asked for again while this goes on, and then must
    /// have its source where it has its record; of any other nobody knows before the answer.
    pub(super) async fn store_job(&self, upload: Option<Spooled>) -> Result<Created, NotRecorded> {
        let stored = async { tokio::try_join!(self.with.keep(upload), self.show()) };
        if self.name.is_some() {
            stored.await.map_err(NotRecorded::Surely)?;
            return self.create_job().await.map_err(NotRecorded::Perhaps);
        }
        let (stored, created) = tokio::join!(stored, self.create_job());
        match (stored, created) {
            (Ok(_), Ok(created)) => Ok(created),
            // A create that failed may have been done all the same: its answer may be what failed.
            (Err(error), _) | (Ok(_), Err(error)) if self.take_back().await => Err(NotRecorded::Surely(error)),
            (Err(error), _) | (Ok(_), Err(error)) => Err(NotRecorded::Perhaps(error)),
        }
    }

    async fn show(&self) -> Result<(), ApiError> {
        if self.job.is_public {
            // A name may have brought it there before.
            let (Created::New | Created::AlreadyThere) = self.with.store.show_in_gallery(&self.job).await?;
        }
        Ok(())
    }

    /// The callback mark is written before the record: a record that stands is a promise to call back, also when the job is asked for again.
    async fn create_job(&self) -> Result<Created, ApiError> {
        if self.job.callback_url.is_some() {
            self.with.store.owe_callback(&self.job.id).await?;
        }
        Ok(self.with.store.create_job(&self.job).await?)
    }
}
