//! The jobs that this worker runs, and stopping those that were cancelled.
//!
//! `settle` registers each job while it works on it; `stop_cancelled` receives the cancellations. A job is cancelled by its
//! result, which is written before the cancellation is sent; stopping it here only saves the work.

use std::sync::Arc;

use broker::{Broker, Filter, Heard};
use proto_shared::{JobId, News, Outcome};
use service::{
    eventual::until_it_works,
    in_use::{InUse, Lease},
};
use store::Store;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, Span};

/// The jobs that run; clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunningJobs(InUse<JobId, SharedByDeliveries>);

/// What all deliveries of one job share.
#[derive(Clone, Debug)]
struct SharedByDeliveries {
    cancelled: CancellationToken,
    span: Span,
    lock: Arc<Mutex<()>>,
}

/// One delivery of a job that runs, until it is dropped.
pub(crate) struct RunningJob {
    pub(crate) cancelled: CancellationToken,
    lock: Arc<Mutex<()>>,
    _lease: Lease<JobId, SharedByDeliveries>,
}

impl RunningJob {
    /// Keeps two deliveries of one job from running at the same time. A redelivered one waits for the others: this process may
    /// still work on the delivery before, whose channel has ended, and the result of that is found then. A first delivery waits
    /// for none.
    pub(crate) async fn alone(&self, redelivered: bool) -> Option<OwnedMutexGuard<()>> {
        let lock = Arc::clone(&self.lock);
        if redelivered { Some(lock.lock_owned().await) } else { lock.try_lock_owned().ok() }
    }
}

impl RunningJobs {
    /// Registers a delivery of a job. Of a job that was delivered twice both are cancelled together.
    pub(crate) fn register(&self, job: &JobId) -> RunningJob {
        let make = || SharedByDeliveries { cancelled: CancellationToken::new(), span: Span::current(), lock: Arc::default() };
        let (SharedByDeliveries { cancelled, lock, .. }, lease) = self.0.lease(job, make);
        RunningJob { cancelled, lock, _lease: lease }
    }

    /// Stops jobs that are cancelled, until the broker is closed or `shutdown`.
    pub(crate) async fn stop_cancelled(&self, broker: &Broker, store: &Store, shutdown: &CancellationToken) {
        let subscribe = || broker.subscribe(Filter::Cancellations);
        let Some(mut events) = until_it_works("hear of cancellations", shutdown, subscribe).await else { return };
        while let Some(Some(heard)) = shutdown.run_until_cancelled(events.next()).await {
            match heard {
                Heard::Event(event) if event.news == News::Cancelled => self.stop(&event.job),
                Heard::Event(_) => {}
                Heard::Gap => self.stop_missed(store).await,
            }
        }
    }

    fn stop(&self, job: &JobId) {
        if let Some(SharedByDeliveries { cancelled, .. }) = self.0.get(job) {
            cancelled.cancel();
        }
    }

    /// Asks the store for cancellations that may have been missed.
    async fn stop_missed(&self, store: &Store) {
        for (id, job) in self.0.all() {
            let found = store.get_result(&id).instrument(job.span.clone()).await;
            match found {
                Ok(Some(result)) if result.outcome == Outcome::Cancelled => job.cancelled.cancel(),
                Ok(_) => {}
                // The job goes on, and finds the result when it writes its own.
                Err(error) => job.span.in_scope(|| tracing::debug!(%error, "failed to look whether the job is cancelled")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_registered_until_it_is_dropped() {
        let jobs = RunningJobs::default();
        let (one, other) = (JobId::from_bytes([1; 16]), JobId::from_bytes([2; 16]));
        let running = jobs.register(&one);
        jobs.stop(&other);
        assert!(!running.cancelled.is_cancelled());
        jobs.stop(&one);
        assert!(running.cancelled.is_cancelled());
        drop(running);
        assert!(!jobs.register(&one).cancelled.is_cancelled(), "the cancellation was of the delivery before");
    }

    #[test]
    fn of_two_deliveries_of_one_job_the_second_can_be_stopped_after_the_first_has_ended() {
        let jobs = RunningJobs::default();
        let job = JobId::from_bytes([1; 16]);
        let (first, second) = (jobs.register(&job), jobs.register(&job));
        drop(first);
        jobs.stop(&job);
        assert!(second.cancelled.is_cancelled());
    }
}
