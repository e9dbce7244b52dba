//! Makes a job durable: source, record, message, in this order.
//!
//! Only after all three may a client be told 202. What a failure leaves behind at each step is harmless:
//! a source without a record is found by its hash when it comes again. A record without a message is a job
//! that nobody was promised: the client has a 503. `store.unfinished_jobs()` lists such records, from which
//! the all-in-one process queues them again at its start; running one that no client waits for is harmless.

use axum::extract::FromRef;
use broker::Broker;
use bytes::Bytes;
use proto_shared::{CaptionSpec, JobMessage, JobRecord, SourceInfo};
use service::Late;
use store::{Created, Store};

use crate::{error::ApiError, metrics::Metrics, mint::Mint, state::ApiState};

/// What accepting a job touches.
pub(crate) struct Acceptance {
    store: Store,
    broker: Late<Broker>,
    mint: Mint,
    metrics: Metrics,
}

impl FromRef<ApiState> for Acceptance {
    fn from_ref(state: &ApiState) -> Self {
        let ApiState { store, broker, mint, metrics, .. } = state.clone();
        Self { store, broker, mint, metrics }
    }
}

impl Acceptance {
    /// Accepts a job; `new_bytes` is the source where it may not be stored yet.
    pub(crate) async fn accept(
        &self,
        source: SourceInfo,
        new_bytes: Option<Bytes>,
        spec: CaptionSpec,
    ) -> Result<JobRecord, ApiError> {
        // Asked first: without a broker nothing should be written for a job that can't be accepted.
        let broker = self.broker.get().ok_or(ApiError::BrokerNotConnected)?;
        if let Some(bytes) = new_bytes {
            self.metrics.uploaded(source.bytes);
            self.store.put_source(bytes).await?;
        }
        let job = JobRecord::new(self.mint.job_id(), self.mint.now_ms(), source, spec);
        match self.store.create_job(&job).await? {
            Created::New => {}
            Created::AlreadyThere => return Err(ApiError::Internal(format!("job id {} was made twice", job.id))),
        }
        let message = JobMessage::first(job);
        broker.publish(&message).await.map_err(ApiError::Broker)?;
        self.metrics.accepted();
        Ok(message.job)
    }
}
