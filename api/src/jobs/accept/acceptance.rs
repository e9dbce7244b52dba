//! What accepting a job touches, what it may end with, and the acceptances that go on in this process.
//!
//! The parts of an acceptance (`record`, `run`, `start`) add to [`Acceptance`]; the router makes it, the binary waits for
//! [`Acceptances`] before it ends.

use std::sync::Arc;

use broker::{Broker, BrokerError};
use proto_shared::{JobId, JobRecord, JobResult};
use service::{Eventual, in_use::InUse};
use store::{Store, StoreError};
use tokio::{
    sync::OnceCell,
    time::{Instant, timeout_at},
};
use tokio_util::task::TaskTracker;

use crate::{
    front::{backends::QueueRefusal, clients::Clients, ids::Ids},
    jobs::{
        path::NoSuchJob,
        subscribers::{EventSubscribers, Listening},
    },
    metrics::Metrics,
    pictures::spool::{Content, Spooled},
    problem::{Defect, refusals},
};

refusals! {
    /// Why a job is not accepted.
    pub(crate) enum AcceptRefusal: Job(NoSuchJob), Queue(QueueRefusal), Store(StoreError), Defect(Defect) {
        /// The `Idempotency-Key` was used for another request.
        IdempotencyMismatch = UNPROCESSABLE_ENTITY IdempotencyMismatch,
            "this Idempotency-Key was used for a request with another picture, spec, gallery or callback_url";
    }
}

/// A publish that all acceptances of one job share while it goes on.
pub(super) type Publishing = Arc<OnceCell<Result<(), BrokerError>>>;

/// The acceptances that go on in this process. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Acceptances {
    pub(super) tasks: TaskTracker,
    pub(super) publishing: InUse<JobId, Publishing>,
}

impl Acceptances {
    /// Waits for those that go on to come to their end; true if they did by `deadline`. To be called when no request is in
    /// hand any more, and before the broker is closed.
    pub async fn end_by(&self, deadline: Instant) -> bool {
        self.tasks.close();
        timeout_at(deadline, self.tasks.wait()).await.is_ok()
    }
}

/// What accepting a job touches.
#[derive(Clone)]
pub(crate) struct Acceptance {
    pub(crate) store: Store,
    pub(crate) broker: Eventual<Broker>,
    pub(crate) ids: Ids,
    pub(crate) metrics: Metrics,
    pub(crate) clients: Clients,
    pub(crate) subscribers: EventSubscribers,
    pub(crate) acceptances: Acceptances,
}

/// A job that can't be lost any more.
pub(crate) struct Accepted {
    pub(crate) job: JobRecord,
    /// How it ended, if it has.
    pub(crate) result: Option<JobResult>,
    /// Done when it has ended.
    pub(crate) waiting: Listening,
}

impl Acceptance {
    /// Stores a picture that jobs are to name.
    pub(crate) async fn store_source(&self, upload: Option<Spooled>) -> Result<(), StoreError> {
        let Some(upload) = upload else { return Ok(()) };
        self.metrics.uploaded(upload.len_bytes);
        match upload.content {
            Content::Memory(bytes) => self.store.put_source(&upload.id, bytes).await,
            Content::File(file) => self.store.put_source_file(&upload.id, file, upload.len_bytes).await,
        }
    }
}
