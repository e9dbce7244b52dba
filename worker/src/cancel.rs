//! Which jobs are in hand, and stopping them when word comes that nobody wants them any more.
//!
//! `settle` holds each job here while it works on it; `listen` hears the word. That a job is cancelled is said by
//! its result, which whoever cancelled it has written before; this only saves the work.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use broker::{Broker, Filter, Heard};
use proto_shared::{JobId, News, Outcome};
use service::late::until_it_works;
use store::Store;
use tokio_util::sync::CancellationToken;

/// The jobs in hand; clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct InHand(Arc<Mutex<HashMap<JobId, CancellationToken>>>);

/// One of them, until it is dropped.
pub(crate) struct Held {
    in_hand: InHand,
    job: JobId,
    pub(crate) unwanted: CancellationToken,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.in_hand.with(|jobs| jobs.remove(&self.job));
    }
}

impl InHand {
    /// Takes a job in hand. One that is there already, delivered twice, shares its fate.
    pub(crate) fn hold(&self, job: &JobId) -> Held {
        let unwanted = self.with(|jobs| jobs.entry(job.clone()).or_default().clone());
        Held { in_hand: self.clone(), job: job.clone(), unwanted }
    }

    /// Stops what is cancelled, until the broker is closed or `shutdown`.
    pub(crate) async fn listen(&self, broker: &Broker, store: &Store, shutdown: &CancellationToken) {
        let subscribe = || broker.subscribe(Filter::Cancellations);
        let Some(mut events) = until_it_works("hear of cancellations", shutdown, subscribe).await else { return };
        while let Some(Some(heard)) = shutdown.run_until_cancelled(events.next()).await {
            match heard {
                Heard::Event(event) if event.news == News::Cancelled => self.stop(&event.job),
                Heard::Event(_) => {}
                Heard::Gap => self.look(store).await,
            }
        }
    }

    fn stop(&self, job: &JobId) {
        if let Some(unwanted) = self.with(|jobs| jobs.get(job).cloned()) {
            unwanted.cancel();
        }
    }

    /// Looks for what may have been missed.
    async fn look(&self, store: &Store) {
        let jobs: Vec<JobId> = self.with(|jobs| jobs.keys().cloned().collect());
        for job in jobs {
            match store.get_result(&job).await {
                Ok(Some(result)) if result.outcome == Outcome::Cancelled => self.stop(&job),
                Ok(_) => {}
                // It goes on, and finds the result when it wants to write its own.
                Err(error) => tracing::debug!(job_id = %job, %error, "failed to look whether a job is cancelled"),
            }
        }
    }

    fn with<T>(&self, change: impl FnOnce(&mut HashMap<JobId, CancellationToken>) -> T) -> T {
        // Nothing panics while it is held.
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_in_hand_until_it_is_dropped() {
        let in_hand = InHand::default();
        let (one, other) = (JobId::from_bytes([1; 16]), JobId::from_bytes([2; 16]));
        let held = in_hand.hold(&one);
        in_hand.stop(&other);
        assert!(!held.unwanted.is_cancelled());
        in_hand.stop(&one);
        assert!(held.unwanted.is_cancelled());
        drop(held);
        assert!(!in_hand.hold(&one).unwanted.is_cancelled(), "the word was about the delivery before");
    }
}
