//! Makes a job durable: source and record, then the message.
//!
//! Only after all three may a client be told 202. Each acceptance runs to its end in a task of its own: a request that is
//! dropped, because its time is over or its client has hung up, does not stop it between the record and the message.
//! `step` names the states, `run` goes from one to the next, `record` writes to the store.

mod record;
mod run;
mod step;

use axum::extract::FromRef;
use broker::Broker;
use proto_shared::{CaptionSpec, IdempotencyId, JobId, JobRecord, JobResult, OutputId, SourceId, TraceContext};
use service::{Late, held::Held};
use store::Store;
use tokio::time::{Instant, timeout_at};
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use self::run::{Found, Publishing, Run, is_same_request};
use crate::{
    caller::Caller,
    clients::Clients,
    error::ApiError,
    inspect::Inspected,
    intake::Share,
    metrics::Metrics,
    mint::Mint,
    news::{Listeners, Listening},
    spool::{Content, Spooled},
    state::ApiState,
};

/// The acceptances that go on in this process. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Acceptances {
    tasks: TaskTracker,
    publishing: Held<JobId, Publishing>,
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
    store: Store,
    broker: Late<Broker>,
    mint: Mint,
    metrics: Metrics,
    clients: Clients,
    news: Listeners,
    acceptances: Acceptances,
}

/// A request whose name made a job before, read without being kept.
pub(crate) struct Repeat {
    /// What the name made.
    pub(crate) first: JobRecord,
    /// Of the picture that is asked for now.
    pub(crate) source: SourceId,
    pub(crate) spec: CaptionSpec,
    pub(crate) is_public: bool,
    pub(crate) caller: Caller,
    pub(crate) trace: TraceContext,
    pub(crate) callback_url: Option<String>,
}

/// A job that somebody asks for.
pub(crate) struct NewJob {
    pub(crate) picture: Inspected,
    /// Where the picture may not be stored yet.
    pub(crate) upload: Option<Spooled>,
    /// What it takes of the room for uploads.
    pub(crate) share: Option<Share>,
    pub(crate) spec: CaptionSpec,
    /// The name of what is to be made.
    pub(crate) output: OutputId,
    /// Whether everyone may see it.
    pub(crate) is_public: bool,
    pub(crate) caller: Caller,
    pub(crate) trace: TraceContext,
    /// What the client called the request.
    pub(crate) idempotency: Option<IdempotencyId>,
    /// Who is told of its end, if anybody.
    pub(crate) callback_url: Option<String>,
}

impl FromRef<ApiState> for Acceptance {
    fn from_ref(state: &ApiState) -> Self {
        let ApiState { store, broker, mint, metrics, clients, news, acceptances, .. } = state.clone();
        Self { store, broker, mint, metrics, clients, news, acceptances }
    }
}

/// A job that can't be lost any more.
pub(crate) struct Accepted {
    pub(crate) job: JobRecord,
    /// How it ended, if it has.
    pub(crate) result: Option<JobResult>,
    /// For whoever waits until it does.
    pub(crate) waiting: Listening,
}

impl Acceptance {
    /// Accepts a job, or finds the one that this request has made before. What is begun goes on when this is dropped.
    pub(crate) async fn accept(&self, new: NewJob) -> Result<Accepted, ApiError> {
        let NewJob { picture, upload, share, spec, output, is_public, caller, trace, idempotency, callback_url } = new;
        // Asked first: without a broker nothing should be written for a job that can't be accepted.
        let broker = self.broker.get().ok_or(ApiError::BrokerNotConnected)?.clone();
        let job = JobRecord {
            client: Some(caller.client.clone()),
            traceparent: Some(trace.to_string()),
            is_public,
            callback_url,
            ..JobRecord::new(self.mint.job_id(), self.mint.now_ms(), picture.source, spec)
        };
        let run = Run {
            with: self.clone(),
            broker,
            job,
            client: caller.client,
            trace,
            total_pixels: picture.total_pixels,
            upload,
            share,
            output: Some(output),
            name: idempotency,
            found: Found::default(),
        };
        self.run(run).await
    }

    /// Answers a request whose name made a job before, if it asks for the same. What is begun goes on when this is dropped.
    pub(crate) async fn repeat(&self, repeat: Repeat) -> Result<Accepted, ApiError> {
        let Repeat { first, source, spec, is_public, caller, trace, callback_url } = repeat;
        if !is_same_request(&first, &source, &spec.into(), is_public, callback_url.as_deref()) {
            return Err(ApiError::IdempotencyMismatch);
        }
        let run = Run {
            with: self.clone(),
            broker: self.broker.get().ok_or(ApiError::BrokerNotConnected)?.clone(),
            job: first.clone(),
            client: caller.client,
            trace,
            total_pixels: 0,
            upload: None,
            share: None,
            output: None,
            name: None,
            found: Found::first(first),
        };
        self.run(run).await
    }

    async fn run(&self, run: Run) -> Result<Accepted, ApiError> {
        let ended = self.acceptances.tasks.spawn(run.end().in_current_span()).await;
        ended.unwrap_or_else(|defect| Err(ApiError::Internal(format!("an acceptance broke off: {defect}"))))
    }

    /// Stores a picture that jobs are to name.
    pub(crate) async fn keep(&self, upload: Option<Spooled>) -> Result<(), ApiError> {
        let Some(upload) = upload else { return Ok(()) };
        self.metrics.uploaded(upload.len_bytes);
        match upload.content {
            Content::Memory(bytes) => self.store.put_source_as(&upload.id, bytes).await?,
            Content::File(file) => self.store.put_source_file(&upload.id, file, upload.len_bytes).await?,
        }
        Ok(())
    }
}
