//! What accepting a job works with, what it is answered with, and why a job is not accepted.
//!
//! The router makes the one [`Acceptor`]. `start` and `record` add their methods to it. It must hold nothing of a single job.

use broker::Broker;
use futures::future::try_join_all;
use proto_shared::{JobRecord, JobResult};
use service::Eventual;
use store::{Store, StoreError};

use super::acceptances::Acceptances;
use crate::{
    front::{backends::QueueRefusal, clients::Clients, ids::Ids},
    jobs::subscribers::{EventSubscribers, JobSubscription},
    metrics::Metrics,
    pictures::spool::{Content, Spooled},
    problem::{Defect, refusals},
};

refusals! {
    /// Why a job is not accepted.
    pub(crate) enum AcceptRefusal: Queue(QueueRefusal), Store(StoreError), Defect(Defect) {
        /// The `Idempotency-Key` was used before, and the job that it made is deleted.
        JobGone = NOT_FOUND JobNotFound, "no job has this id";
        /// The `Idempotency-Key` was used for another request.
        IdempotencyMismatch = UNPROCESSABLE_ENTITY IdempotencyMismatch,
            "this Idempotency-Key was used for a request with another picture, spec, gallery or callback_url";
    }
}

/// Accepts jobs. Clones share what it works with.
#[derive(Clone)]
pub(crate) struct Acceptor {
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
    pub(crate) waiting: JobSubscription,
}

impl Acceptor {
    /// Stores images of one's own that jobs are to name.
    pub(crate) async fn store_images(&self, images: Vec<Spooled>) -> Result<(), StoreError> {
        try_join_all(images.into_iter().map(|image| self.store_source(Some(image)))).await.map(drop)
    }

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
