//! Events of jobs as they come from the broker: for requests that wait for an end or tell what happens, for the count of each
//! client's unfinished jobs, and for callbacks.
//!
//! There is one subscription a process. An event may be lost: a subscriber that must know reads the store, and all do so when
//! some events may have been missed.

use std::time::Duration;

use broker::{Broker, Filter, Heard};
use proto_shared::{JobId, JobResult};
use service::{
    Eventual,
    eventual::until_it_works,
    in_use::{InUse, Lease},
};
use store::{Store, StoreError};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::{callbacks::handle::Callbacks, front::clients::Clients};

/// Events that a subscriber may be behind before it must read the store.
const MAX_BEHIND: usize = 64;

/// Who has subscribed to which job; clones share it.
#[derive(Clone, Debug, Default)]
pub struct EventSubscribers {
    subscribers: InUse<JobId, broadcast::Sender<Heard>>,
    over: CancellationToken,
}

/// One subscription to one job. It hears everything from the moment that it is made.
pub(crate) struct JobSubscription {
    job: JobId,
    heard: broadcast::Receiver<Heard>,
    over: CancellationToken,
    _lease: Lease<JobId, broadcast::Sender<Heard>>,
}

impl EventSubscribers {
    /// Hears until `shutdown`, from the moment that the broker is there.
    pub async fn hear(&self, broker: &Eventual<Broker>, clients: &Clients, callbacks: &Callbacks, shutdown: &CancellationToken) {
        // A long subscription must not keep the process from ending.
        let _over = self.over.clone().drop_guard();
        let Some(broker) = shutdown.run_until_cancelled(broker.wait()).await else { return };
        let Some(mut events) = until_it_works("hear of jobs", shutdown, || broker.subscribe(Filter::Every)).await else { return };
        while let Some(Some(heard)) = shutdown.run_until_cancelled(events.next()).await {
            match &heard {
                Heard::Event(event) => {
                    if event.news.is_final() {
                        clients.finished(&event.job);
                        if event.has_callback {
                            callbacks.heard(&event.job);
                        }
                    }
                    tell(self.subscribers.get(&event.job), &heard);
                }
                Heard::Gap => {
                    callbacks.missed();
                    clients.missed();
                    tell(self.subscribers.all().into_iter().map(|(_, subscriber)| subscriber), &heard);
                }
            }
        }
    }

    pub(crate) fn of(&self, job: &JobId) -> JobSubscription {
        let (sender, lease) = self.subscribers.lease(job, || broadcast::Sender::new(MAX_BEHIND));
        JobSubscription { job: job.clone(), heard: sender.subscribe(), over: self.over.clone(), _lease: lease }
    }
}

fn tell(subscribers: impl IntoIterator<Item = broadcast::Sender<Heard>>, heard: &Heard) {
    for subscriber in subscribers {
        // The last subscription may just have ended.
        let _ = subscriber.send(heard.clone());
    }
}

impl JobSubscription {
    /// The next thing heard; `None` when this process is about to end.
    pub(crate) async fn next(&mut self) -> Option<Heard> {
        match self.over.run_until_cancelled(self.heard.recv()).await? {
            Ok(heard) => Some(heard),
            Err(RecvError::Lagged(_)) => Some(Heard::Gap),
            Err(RecvError::Closed) => None,
        }
    }

    /// The job's result, if it comes within `limit`.
    pub(crate) async fn result(mut self, store: &Store, limit: Duration) -> Result<Option<JobResult>, StoreError> {
        let waiting = async {
            while let Some(heard) = self.next().await {
                if matches!(&heard, Heard::Event(event) if !event.news.is_final()) {
                    continue;
                }
                if let Some(result) = store.get_result(&self.job).await? {
                    return Ok(Some(result));
                }
            }
            Ok(None)
        };
        timeout(limit, waiting).await.unwrap_or(Ok(None))
    }
}
