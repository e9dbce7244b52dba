//! Searches for lost jobs, those that were accepted, have no result and are in no queue, and queues them again.
//!
//! Run by workers (`schedule`) and by `punchline sweep`, by any number at once. Running a job twice is harmless,
//! so this queues in case of doubt. Once the broker has confirmed a message, a mark in the store keeps the job from being queued
//! again in the same time slot. The mark is never written before the confirm: it would stand for a message that is in no queue.
//! A search lists every job that the store keeps, so callers must not run it often.

use std::time::Duration;

use broker::{Broker, BrokerError};
use futures::TryStreamExt as _;
use proto_shared::{JobMessage, JobRecord};
use service::Clock;
use store::{Slot, Store, StoreError};
use tracing::Instrument as _;

use crate::trace;

/// When a job counts as lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LostAfter {
    /// While messages wait in the queues: the job's may be one of them.
    pub busy: Duration,
    /// While none waits: a worker that has the job ends it sooner.
    pub quiet: Duration,
}

impl Default for LostAfter {
    fn default() -> Self {
        Self { busy: Duration::from_secs(3600), quiet: Duration::from_secs(600) }
    }
}

impl LostAfter {
    /// Whether a search with these finds all that a worker's would.
    fn is_as_thorough_as_default(&self) -> bool {
        let default = Self::default();
        self.busy <= default.busy && self.quiet <= default.quiet
    }
}

/// Why a search for lost jobs failed.
#[derive(Debug, thiserror::Error)]
pub enum RequeueError {
    /// The store did not answer.
    #[error("failed to look for lost jobs: {0}")]
    Store(#[from] StoreError),
    /// The broker did not take a job.
    #[error("failed to queue a lost job again: {0}")]
    Broker(#[from] BrokerError),
}

/// Queues lost jobs again; answers how many. The end of a search is noted in the store, which spares workers one of their own.
///
/// # Errors
/// Store or broker failed; what was queued until then is.
pub async fn requeue_lost(store: &Store, broker: &Broker, clock: &Clock, after: LostAfter) -> Result<u64, RequeueError> {
    let depths = broker.depths().await?;
    let is_quiet = depths.waiting() + depths.retrying == 0;
    let age = if is_quiet { after.quiet } else { after.busy };
    let age_ms = u64::try_from(age.as_millis()).unwrap_or(u64::MAX).max(1);
    let now_ms = clock.now_ms();
    let slot = Slot::at(now_ms, age);
    let mut unfinished = store.unfinished_jobs(Some(now_ms.saturating_sub(age_ms)));
    let mut queued = 0;
    while let Some(job) = unfinished.try_next().await? {
        let span = trace::of_job(&job.id, job.trace());
        queued += u64::from(requeue(store, broker, job, slot).instrument(span).await?);
    }
    if after.is_as_thorough_as_default()
        && let Err(error) = store.end_search(now_ms).await
    {
        tracing::warn!(%error, "a search for lost jobs has ended, and the store did not note it: workers will search too");
    }
    Ok(queued)
}

/// Queues a job, unless that was done in this time slot; answers whether this call did it.
async fn requeue(store: &Store, broker: &Broker, job: JobRecord, slot: Slot) -> Result<bool, RequeueError> {
    if store.was_queued(&job.id, slot).await? {
        return Ok(false);
    }
    let message = JobMessage::first(job);
    // A worker may have died of an earlier message.
    broker.publish_again(&message).await?;
    tracing::warn!("a lost job is queued again");
    if let Err(error) = store.mark_queued(&message.job.id, slot).await {
        tracing::warn!(%error, "a lost job was queued again, and the store did not note it: the next search queues it once more");
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use broker::InProcessConfig;
    use proto_shared::{Caption, CaptionSpec, JobId, MediaType, Position, SourceInfo, Style, keys};
    use store::{Created, Fault, Faults, Operation, StoreConfig, source_id};

    use super::*;

    /// However many messages wait.
    const AFTER: LostAfter = LostAfter { busy: Duration::from_secs(600), quiet: Duration::from_secs(600) };

    struct Lost {
        store: Store,
        faults: Faults,
        broker: Broker,
        clock: Clock,
        job: JobRecord,
    }

    impl Lost {
        /// A job that was accepted long ago and that nobody has, beside a queue for one job.
        async fn new() -> Self {
            let (store, faults) = Store::open_with_faults(&StoreConfig::new("memory:")).unwrap();
            let broker = Broker::in_process_with(InProcessConfig { max_waiting_jobs: 1, ..InProcessConfig::default() });
            let source =
                SourceInfo { id: source_id(b"a"), media: MediaType::Gif, bytes: 1, width_px: 1, height_px: 1, frames: 1 };
            let spec = CaptionSpec::of(vec![Caption::new("a", Position::Top, Style::Bar)]);
            let job = JobRecord::new(JobId::from_bytes([7; 16]), 1, source, spec);
            assert_eq!(store.create_job(&job).await.unwrap(), Created::New);
            Self { store, faults, broker, clock: Clock::from_fn(|| 1_700_000_000_000), job }
        }

        async fn search(&self) -> Result<u64, RequeueError> {
            requeue_lost(&self.store, &self.broker, &self.clock, AFTER).await
        }

        async fn waiting(&self) -> u64 {
            self.broker.depths().await.unwrap().waiting()
        }

        async fn take_one(&self) -> JobMessage {
            let mut deliveries = self.broker.consume(broker::Prefetch::each(std::num::NonZeroU16::MIN)).await.unwrap();
            let delivery = deliveries.next().await.unwrap();
            let message = delivery.message().clone();
            delivery.ack().await.unwrap();
            message
        }
    }

    #[tokio::test]
    async fn a_job_that_the_broker_refused_is_queued_by_the_next_search() {
        let lost = Lost::new().await;
        let filler = JobRecord { id: JobId::from_bytes([8; 16]), ..lost.job.clone() };
        lost.broker.publish(&JobMessage::first(filler)).await.unwrap();
        assert!(matches!(lost.search().await, Err(RequeueError::Broker(BrokerError::Full { .. }))));
        lost.take_one().await;
        assert_eq!((lost.search().await.unwrap(), lost.waiting().await), (1, 1), "in the same time slot");
        assert_eq!(lost.take_one().await.job.id, lost.job.id);
        assert_eq!((lost.search().await.unwrap(), lost.waiting().await), (0, 0), "once in a slot");
    }

    #[tokio::test]
    async fn where_the_store_takes_no_mark_the_next_search_queues_once_more() {
        let lost = Lost::new().await;
        lost.faults.next(1, Operation::Put, keys::JOBS_PREFIX, Fault::Fail);
        for _ in 0..2 {
            assert_eq!((lost.search().await.unwrap(), lost.waiting().await), (1, 1));
            lost.take_one().await;
        }
        assert_eq!(lost.search().await.unwrap(), 0);
    }
}
