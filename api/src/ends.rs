//! Hearing that jobs have ended: for requests that wait for one, and for the count of what each client has unfinished.
//!
//! One subscription a process. What it says is news: whoever is woken looks at the store, and so does everybody when
//! some of it may have been missed.

use std::time::Duration;

use broker::{Broker, Filter, Heard};
use proto_shared::{JobId, JobResult};
use service::{
    Late,
    held::{Held, Hold},
    late::until_it_works,
};
use store::{Store, StoreError};
use tokio::{sync::watch, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{Callbacks, Clients};

/// Requests that wait; clones share them. The senders keep what was told before somebody listens.
#[derive(Clone, Debug, Default)]
pub struct Ends(Held<JobId, watch::Sender<()>>);

/// A request's wait for one job. It begins before the job can end.
pub(crate) struct Waiting {
    job: JobId,
    news: watch::Receiver<()>,
    _hold: Hold<JobId, watch::Sender<()>>,
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
    pub async fn listen(&self, broker: &Late<Broker>, clients: &Clients, callbacks: &Callbacks, shutdown: &CancellationToken) {
        let Some(broker) = shutdown.run_until_cancelled(broker.wait()).await else { return };
        let Some(mut events) = until_it_works("hear of jobs", shutdown, || broker.subscribe(Filter::Every)).await else { return };
        while let Some(Some(heard)) = shutdown.run_until_cancelled(events.next()).await {
            match heard {
                Heard::Event(event) if event.news.is_final() => {
                    clients.finished(&event.job);
                    if event.has_callback {
                        callbacks.heard(&event.job);
                    }
                    self.0.get(&event.job).iter().for_each(|news| news.send_replace(()));
                }
                Heard::Event(_) => {}
                Heard::Gap => {
                    callbacks.missed();
                    self.0.all().iter().for_each(|(_, news)| news.send_replace(()));
                }
            }
        }
    }

    pub(crate) fn wait_for(&self, job: &JobId) -> Waiting {
        let (sender, hold) = self.0.hold(job, watch::Sender::default);
        Waiting { job: job.clone(), news: sender.subscribe(), _hold: hold }
    }
}
