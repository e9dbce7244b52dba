//! Hearing that jobs have ended: for requests that wait for one, and for the count of what each client has unfinished.
//!
//! One subscription a process. What it says is news: whoever is woken looks at the store, and so does everybody when
//! some of it may have been missed.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use broker::{Broker, Filter, Heard};
use proto_shared::{JobId, JobResult};
use service::{Late, late::until_it_works};
use store::{Store, StoreError};
use tokio::{sync::watch, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::Clients;

/// Requests that wait; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Ends(Arc<Mutex<HashMap<JobId, Waited>>>);

#[derive(Debug, Default)]
struct Waited {
    /// Keeps what was told before somebody listens.
    news: watch::Sender<()>,
    by: usize,
}

/// A request's wait for one job. It begins before the job can end.
pub(crate) struct Waiting {
    ends: Ends,
    job: JobId,
    news: watch::Receiver<()>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.ends.with(|waited| {
            if let Some(of_job) = waited.get_mut(&self.job) {
                of_job.by -= 1;
                if of_job.by == 0 {
                    waited.remove(&self.job);
                }
            }
        });
    }
}

impl Waiting {
    /// The job's result, if it comes within `limit`.
    pub(crate) async fn result(mut self, store: &Store, limit: Duration) -> Result<Option<JobResult>, StoreError> {
        let waiting = async {
            loop {
                if self.news.changed().await.is_err() {
                    return std::future::pending().await;
                }
                if let Some(result) = store.get_result(&self.job).await? {
                    return Ok(result);
                }
            }
        };
        timeout(limit, waiting).await.ok().transpose()
    }
}

impl Ends {
    /// Hears until `shutdown`, from the moment that the broker is there.
    pub async fn listen(&self, broker: &Late<Broker>, clients: &Clients, shutdown: &CancellationToken) {
        let Some(broker) = shutdown.run_until_cancelled(broker.wait()).await else { return };
        let Some(mut events) = until_it_works("hear of jobs", shutdown, || broker.subscribe(Filter::Every)).await else { return };
        while let Some(Some(heard)) = shutdown.run_until_cancelled(events.next()).await {
            match heard {
                Heard::Event(event) if event.news.is_final() => {
                    clients.finished(&event.job);
                    self.with(|waited| waited.get(&event.job).map(|of_job| of_job.news.send_replace(())));
                }
                Heard::Event(_) => {}
                Heard::Gap => self.with(|waited| waited.values().for_each(|of_job| of_job.news.send_replace(()))),
            }
        }
    }

    pub(crate) fn wait_for(&self, job: &JobId) -> Waiting {
        let news = self.with(|waited| {
            let of_job = waited.entry(job.clone()).or_default();
            of_job.by += 1;
            of_job.news.subscribe()
        });
        Waiting { ends: self.clone(), job: job.clone(), news }
    }

    fn with<T>(&self, change: impl FnOnce(&mut HashMap<JobId, Waited>) -> T) -> T {
        // Nothing panics while it is held.
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_of_those_who_waited() {
        let ends = Ends::default();
        let job = JobId::from_bytes([1; 16]);
        let (one, other) = (ends.wait_for(&job), ends.wait_for(&job));
        drop(one);
        assert_eq!(ends.with(|waited| waited.len()), 1);
        drop(other);
        assert_eq!(ends.with(|waited| waited.len()), 0);
    }
}
