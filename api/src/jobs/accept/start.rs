//! The beginning of an acceptance: of a new job, or of one that its request has made before.
//!
//! `create` and `batch` call it. Only after source, record and message may a client be told 202. Each acceptance runs to its end in
//! a task of its own: a request that is dropped, because its time is over or its client has hung up, does not stop it between the
//! record and the message.

use proto_shared::{CaptionSpec, IdempotencyId, JobRecord, OutputId, SourceId, TraceContext};
use tracing::Instrument as _;

use super::{
    acceptance::{Acceptance, Gathered, is_same_request},
    acceptor::{AcceptRefusal, Accepted, Acceptor},
    step::AcceptanceStep,
};
use crate::{
    front::{backends::QueueRefusal, caller::Caller},
    pictures::{budget::Reservation, inspect::Inspected, spool::Spooled},
    problem::Defect,
};

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

/// A job that a request asks for.
pub(crate) struct NewJob {
    pub(crate) picture: Inspected,
    /// Where the picture may not be stored yet.
    pub(crate) upload: Option<Spooled>,
    /// Images of one's own that may not be stored yet.
    pub(crate) images: Vec<Spooled>,
    /// For the upload.
    pub(crate) reservation: Option<Reservation>,
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

impl Acceptor {
    /// Accepts a job, or finds the one that this request has made before. What is begun goes on when this is dropped.
    pub(crate) async fn accept(&self, new: NewJob) -> Result<Accepted, AcceptRefusal> {
        let NewJob { picture, upload, images, reservation, spec, output, is_public, caller, trace, idempotency, callback_url } =
            new;
        // This comes first: without a broker nothing should be written for a job that can't be accepted.
        let broker = self.broker.get().ok_or(QueueRefusal::NotConnected)?.clone();
        let job = JobRecord {
            client: Some(caller.client.clone()),
            traceparent: Some(trace.to_string()),
            is_public,
            callback_url,
            ..JobRecord::new(self.ids.job_id(), self.ids.now_ms(), picture.source, spec)
        };
        let acceptance = Acceptance {
            with: self.clone(),
            broker,
            job,
            client: caller.client,
            trace,
            total_pixels: picture.total_pixels,
            upload,
            images,
            reservation,
            output: Some(output),
            idempotency,
            gathered: Gathered::default(),
        };
        self.run(acceptance, AcceptanceStep::Begun).await
    }

    /// Answers a request whose name made a job before, if it asks for the same. What is begun goes on when this is dropped.
    pub(crate) async fn repeat(&self, repeat: Repeat) -> Result<Accepted, AcceptRefusal> {
        let Repeat { first, source, spec, is_public, caller, trace, callback_url } = repeat;
        if !is_same_request(&first, &source, &spec.into(), is_public, callback_url.as_deref()) {
            return Err(AcceptRefusal::IdempotencyMismatch);
        }
        let acceptance = Acceptance {
            with: self.clone(),
            broker: self.broker.get().ok_or(QueueRefusal::NotConnected)?.clone(),
            job: first,
            client: caller.client,
            trace,
            total_pixels: 0,
            upload: None,
            images: Vec::new(),
            reservation: None,
            output: None,
            idempotency: None,
            gathered: Gathered::default(),
        };
        self.run(acceptance, AcceptanceStep::Repeated).await
    }

    async fn run(&self, acceptance: Acceptance, step: AcceptanceStep) -> Result<Accepted, AcceptRefusal> {
        let ended = self.acceptances.tasks.spawn(acceptance.run(step).in_current_span()).await;
        ended.unwrap_or_else(|defect| Err(Defect(format!("an acceptance broke off: {defect}")).into()))
    }
}
