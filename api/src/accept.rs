//! Makes a job durable: source, record, message, in this order.
//!
//! Only after all three may a client be told 202. What a failure leaves behind at each step is harmless:
//! a source without a record is found by its hash when it comes again. A record without a message is a job
//! that nobody was promised: the client has a 503. `store.unfinished_jobs()` lists such records, from which
//! the all-in-one process queues them again at its start; running one that no client waits for is harmless.

use std::sync::Arc;

use axum::extract::FromRef;
use broker::Broker;
use proto_shared::{CaptionSpec, IdempotencyId, JobMessage, JobRecord};
use service::Late;
use store::{Created, Store};

use crate::{
    caller::Caller,
    clients::Clients,
    error::ApiError,
    inspect::Inspected,
    intake::Intake,
    metrics::Metrics,
    mint::Mint,
    spool::{Spool, Spooled},
    state::ApiState,
    trace::Trace,
};

/// What accepting a job touches.
pub(crate) struct Acceptance {
    store: Store,
    broker: Late<Broker>,
    mint: Mint,
    metrics: Metrics,
    clients: Clients,
    intake: Arc<Intake>,
    spool: Spool,
}

/// A job that somebody asks for.
pub(crate) struct NewJob {
    pub(crate) picture: Inspected,
    /// Where the picture may not be stored yet.
    pub(crate) upload: Option<Spooled>,
    pub(crate) spec: CaptionSpec,
    pub(crate) caller: Caller,
    pub(crate) trace: Trace,
    /// What the client called the request.
    pub(crate) idempotency: Option<IdempotencyId>,
}

impl FromRef<ApiState> for Acceptance {
    fn from_ref(state: &ApiState) -> Self {
        let ApiState { store, broker, mint, metrics, clients, intake, spool, .. } = state.clone();
        Self { store, broker, mint, metrics, clients, intake, spool }
    }
}

impl Acceptance {
    /// Accepts a job.
    pub(crate) async fn accept(&self, new: NewJob) -> Result<JobRecord, ApiError> {
        let NewJob { picture, upload, spec, caller, trace, idempotency } = new;
        // Asked first: without a broker nothing should be written for a job that can't be accepted.
        let broker = self.broker.get().ok_or(ApiError::BrokerNotConnected)?;
        let lane = self.clients.lane(&caller.client, picture.source.bytes, picture.total_pixels);
        if let Some(upload) = upload {
            self.metrics.uploaded(upload.len_bytes);
            self.store_source(upload).await?;
        }
        let job = JobRecord {
            lane,
            client: Some(caller.client.clone()),
            traceparent: Some(trace.to_string()),
            ..JobRecord::new(self.mint.job_id(), self.mint.now_ms(), picture.source, spec)
        };
        if let Some(idempotency) = idempotency {
            tracing::debug!(job_id = %job.id, %idempotency, "the client has a name for this request");
        }
        match self.store.create_job(&job).await? {
            Created::New => {}
            Created::AlreadyThere => return Err(ApiError::Internal(format!("job id {} was made twice", job.id))),
        }
        let message = JobMessage::first(job);
        // Counted before it can end: news of the end may overtake the confirm.
        self.clients.accepted(&message.job.id, &caller.client);
        if let Err(error) = broker.publish(&message).await {
            self.clients.finished(&message.job.id);
            return Err(ApiError::Broker(error));
        }
        self.metrics.accepted();
        Ok(message.job)
    }

    /// The store takes whole pictures, so a spooled one is in memory for as long as the store needs to take it:
    /// not at all when it has it.
    async fn store_source(&self, upload: Spooled) -> Result<(), ApiError> {
        if upload.is_in_a_file() && self.store.has_source(&upload.id).await? {
            return Ok(());
        }
        let _room = self.intake.room(upload.len_bytes).await?;
        let bytes = upload.into_bytes(&self.spool).await.map_err(ApiError::Spool)?;
        self.store.put_source(bytes).await?;
        Ok(())
    }
}
