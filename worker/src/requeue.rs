//! Finding lost work: jobs that were accepted and that neither a queue nor a result knows are queued again.
//!
//! Run for workers that start (`look`) and by `punchline sweep`, by any number at once. Running a job twice is harmless,
//! so this errs on the side of queueing; a mark in the store sees to it that nobody does so twice in one stretch of time.
//! A look lists every job that the store keeps: whoever calls this has to mind how often.

use std::time::Duration;

use broker::{Broker, BrokerError};
use futures::TryStreamExt as _;
use proto_shared::{JobMessage, JobRecord};
use service::Clock;
use store::{Created, Store, StoreError};
use tracing::Instrument as _;

use crate::trace;

/// When a job counts as lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LostAfter {
    /// Where messages wait: a job may be one of them for as long as it takes.
    pub busy: Duration,
    /// Where none waits: whatever is in hand somewhere ends sooner.
    pub quiet: Duration,
}

impl Default for LostAfter {
    fn default() -> Self {
        Self { busy: Duration::from_secs(3600), quiet: Duration::from_secs(600) }
    }
}

impl LostAfter {
    /// Whether whoever looks so finds all that a worker would.
    fn finds_as_much_as_usual(&self) -> bool {
        let usual = Self::default();
        self.busy <= usual.busy && self.quiet <= usual.quiet
    }
}

/// Why lost work could not be looked for.
#[derive(Debug, thiserror::Error)]
pub enum RequeueError {
    /// The store did not answer.
    #[error("failed to look for lost jobs: {0}")]
    Store(#[from] StoreError),
    /// The broker did not take a job.
    #[error("failed to queue a lost job again: {0}")]
    Broker(#[from] BrokerError),
}

/// Queues lost jobs again; answers how many. Its end is noted in the store, which spares workers a look of their own.
///
/// # Errors
/// Store or broker failed; what was queued until then is.
pub async fn requeue_lost(store: &Store, broker: &Broker, clock: &Clock, after: LostAfter) -> Result<u64, RequeueError> {
    let depths = broker.depths().await?;
    let is_quiet = depths.waiting() + depths.retrying == 0;
    let age = if is_quiet { after.quiet } else { after.busy };
    let age_ms = u64::try_from(age.as_millis()).unwrap_or(u64::MAX).max(1);
    let now_ms = clock.now_ms();
    let mut unfinished = store.unfinished_jobs(Some(now_ms.saturating_sub(age_ms)));
    let mut queued = 0;
    while let Some(job) = unfinished.try_next().await? {
        let span = trace::of_job(&job.id, job.trace());
        queued += u64::from(requeue(store, broker, job, now_ms / age_ms).instrument(span).await?);
    }
    if after.finds_as_much_as_usual()
        && let Err(error) = store.end_look(now_ms).await
    {
        tracing::warn!(%error, "lost jobs were looked for, and workers were not told: they will look too");
    }
    Ok(queued)
}

/// Whether it was this call that queued the job in this stretch of time.
async fn requeue(store: &Store, broker: &Broker, job: JobRecord, slot: u64) -> Result<bool, RequeueError> {
    if store.mark_requeued(&job.id, slot).await? == Created::AlreadyThere {
        return Ok(false);
    }
    broker.publish(&JobMessage::first(job)).await?;
    tracing::warn!("a lost job is queued again");
    Ok(true)
}
