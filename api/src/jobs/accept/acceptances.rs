//! The acceptances that go on in this process, and the publish that those of one job share.
//!
//! `start` runs each acceptance as one of the tasks, `acceptance` publishes through it. The binary waits for all of them before
//! it ends. A job's message must not be published twice because two requests of one name came at the same time.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use broker::{Broker, BrokerError};
use proto_shared::{Event, JobId, JobMessage, JobRecord, News};
use service::in_use::{InUse, Lease};
use tokio::{
    sync::OnceCell,
    time::{Instant, timeout_at},
};
use tokio_util::task::TaskTracker;

/// A publish that all acceptances of one job share while it goes on.
type SharedPublish = Arc<OnceCell<Result<(), BrokerError>>>;

/// Keeps a job's publish shared for as long as it is held.
pub(super) type PublishLease = Lease<JobId, SharedPublish>;

/// Whose publish the broker has confirmed.
pub(super) enum Confirm {
    Ours,
    /// That of another acceptance of the same job.
    Shared,
}

/// The acceptances that go on in this process. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Acceptances {
    pub(super) tasks: TaskTracker,
    publishing: InUse<JobId, SharedPublish>,
}

impl Acceptances {
    /// Waits for all of them to end; true if they did by `deadline`. To be called when no request is in hand any more, and before
    /// the broker is closed.
    pub async fn end_by(&self, deadline: Instant) -> bool {
        self.tasks.close();
        timeout_at(deadline, self.tasks.wait()).await.is_ok()
    }

    /// Publishes a job's message. Of several acceptances of one job at the same time, one publishes for all of them, and for all
    /// that come while the lease is held.
    pub(super) async fn publish(&self, job: &JobRecord, broker: &Broker) -> (PublishLease, Result<Confirm, BrokerError>) {
        let (publish, lease) = self.publishing.lease(&job.id, SharedPublish::default);
        let is_ours = AtomicBool::new(false);
        let published = publish.get_or_init(|| async {
            is_ours.store(true, Ordering::Relaxed);
            broker.publish(&JobMessage::first(job.clone())).await?;
            broker.emit(&Event::of(job, job.created_at_ms, News::Queued));
            Ok(())
        });
        let published = published.await.clone();
        (lease, published.map(|()| if is_ours.into_inner() { Confirm::Ours } else { Confirm::Shared }))
    }
}
