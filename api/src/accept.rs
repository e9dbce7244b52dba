//! Makes a job durable: source and record, then the message.
//!
//! Only after all three may a client be told 202. What a failure leaves behind at each step is harmless:
//! a source without a record is found by its hash when it comes again. A record without a source or a message is a
//! job that nobody was promised: the client has a 503. It is taken back where no message can be on its way; else it is
//! found as lost and run, which is harmless.

use axum::extract::FromRef;
use broker::{Broker, BrokerError};
use proto_shared::{
    CaptionSpec, Event, IdempotencyId, IdempotencyRecord, JobId, JobMessage, JobRecord, JobResult, News, Outcome, OutputId,
    OutputSummary, TraceContext, job,
};
use service::Late;
use store::{Created, Store, StoreError};
use tracing::Instrument as _;

use crate::{
    caller::Caller,
    clients::{Clients, Place},
    error::ApiError,
    inspect::Inspected,
    metrics::Metrics,
    mint::Mint,
    news::{Listeners, Listening},
    spool::{Content, Spooled},
    state::ApiState,
    trace,
};

/// A job that is asked for again is sent again once in so long.
const REPEATED_WITHIN_MS: u64 = 60_000;

/// What accepting a job touches.
pub(crate) struct Acceptance {
    store: Store,
    broker: Late<Broker>,
    mint: Mint,
    metrics: Metrics,
    clients: Clients,
    news: Listeners,
}

/// A job that somebody asks for.
pub(crate) struct NewJob {
    pub(crate) picture: Inspected,
    /// Where the picture may not be stored yet.
    pub(crate) upload: Option<Spooled>,
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
        let ApiState { store, broker, mint, metrics, clients, news, .. } = state.clone();
        Self { store, broker, mint, metrics, clients, news }
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

/// A job that has its id and is not yet written.
struct Begun {
    job: JobRecord,
    place: Place,
    output: OutputId,
    upload: Option<Spooled>,
    is_named: bool,
}

impl Acceptance {
    /// Accepts a job, or finds the one that this request has made before.
    pub(crate) async fn accept(&self, new: NewJob) -> Result<Accepted, ApiError> {
        let NewJob { picture, upload, spec, output, is_public, caller, trace, idempotency, callback_url } = new;
        // Asked first: without a broker nothing should be written for a job that can't be accepted.
        let broker = self.broker.get().ok_or(ApiError::BrokerNotConnected)?;
        let mut job = JobRecord {
            client: Some(caller.client.clone()),
            traceparent: Some(trace.to_string()),
            is_public,
            callback_url,
            ..JobRecord::new(self.mint.job_id(), self.mint.now_ms(), picture.source, spec)
        };
        let is_named = idempotency.is_some();
        if let Some(name) = idempotency {
            job.id = self.named(&name, &job).await?;
            if let Some(first) = self.store.get_job(&job.id).await? {
                let span = trace::of_job(&job.id, &trace);
                return self.again(broker, first, &job).instrument(span).await;
            }
        }
        let span = trace::of_job(&job.id, &trace);
        let place = self.clients.place(&job.id, &caller.client, job.source.bytes, picture.total_pixels);
        job.lane = place.lane;
        self.begin(broker, Begun { job, place, output, upload, is_named }).instrument(span).await
    }

    /// Accepts a job that has its id.
    async fn begin(&self, broker: &Broker, begun: Begun) -> Result<Accepted, ApiError> {
        let Begun { job, place, output, upload, is_named } = begun;
        if let Err(refusal) = broker.can_publish(job.lane)
            // What is known needs no queue.
            && !matches!(self.store.get_summary(&output).await, Ok(Some(_)))
        {
            return Err(ApiError::Broker(refusal));
        }
        let waiting = self.news.of(&job.id);
        let (known, created) = tokio::join!(self.store.get_summary(&output), self.store_job(&job, upload, is_named));
        // An answer about what is known is not worth a refusal.
        let known = known.unwrap_or_default();
        if created? == Created::AlreadyThere {
            let first = self.store.get_job(&job.id).await?;
            let accepted = self.again(broker, first.ok_or(ApiError::JobNotFound)?, &job).await?;
            if accepted.result.is_none() {
                place.keep();
            }
            return Ok(accepted);
        }
        if let Some(known) = known {
            self.metrics.accepted();
            let result = self.done_before(broker, &job, known).await?;
            return Ok(Accepted { job, result: Some(result), waiting });
        }
        let published = publish(broker, &job).await;
        let nothing_was_queued = matches!(&published, Err(error) if error.nothing_was_queued());
        // A name may have brought others to this record by now.
        let is_undone = nothing_was_queued && !is_named && self.take_back(&job).await;
        if !is_undone {
            // Whatever its client is told: a record that stands is found as lost, and ends.
            self.metrics.accepted();
        }
        published.map_err(ApiError::Broker)?;
        place.keep();
        tracing::debug!(lane = job.lane.as_str(), "queued");
        Ok(Accepted { job, result: None, waiting })
    }

    /// Whatever is left of a refused job would be found as lost and run.
    async fn take_back(&self, job: &JobRecord) -> bool {
        let deleted = self.store.delete_job(&job.id).await;
        if deleted.is_ok() && job.callback_url.is_some() {
            // What stays is owed about no job: retention takes it.
            let _ = self.store.clear_callback(&job.id, 0).await;
        }
        if let Err(error) = &deleted {
            tracing::warn!(%error, "failed to take back the record of a refused job");
        }
        deleted.is_ok()
    }

    /// The id that this name stands for: that of the job at hand, or of the one that a request of the same name has begun.
    async fn named(&self, name: &IdempotencyId, job: &JobRecord) -> Result<JobId, ApiError> {
        let record = IdempotencyRecord { version: job::VERSION, job: job.id.clone(), created_at_ms: job.created_at_ms };
        let first = match self.store.create_idempotency(name, &record).await? {
            Created::New => None,
            // None if retention took it just now.
            Created::AlreadyThere => self.store.get_idempotency(name).await?,
        };
        Ok(first.unwrap_or(record).job)
    }

    /// Answers for a job that was made before. Its first request may have died, or been refused, before its message was
    /// confirmed, so it is sent again, but not by every request.
    async fn again(&self, broker: &Broker, job: JobRecord, asked: &JobRecord) -> Result<Accepted, ApiError> {
        if !is_same_request(&job, asked) {
            return Err(ApiError::IdempotencyMismatch);
        }
        let waiting = self.news.of(&job.id);
        let result = self.store.get_result(&job.id).await?;
        let slot = self.mint.now_ms() / REPEATED_WITHIN_MS;
        if result.is_none() && self.store.mark_requeued(&job.id, slot).await? == Created::New {
            // Counted before it can end: news of the end may overtake the confirm.
            if let Some(client) = &job.client {
                self.clients.accepted(&job.id, client);
            }
            publish(broker, &job).await.map_err(|error| {
                self.clients.finished(&job.id);
                ApiError::Broker(error)
            })?;
        }
        Ok(Accepted { job, result, waiting })
    }

    /// Writes the result of a job whose output stands already.
    async fn done_before(&self, broker: &Broker, job: &JobRecord, known: OutputSummary) -> Result<JobResult, ApiError> {
        let OutputSummary { output, stats, missing_glyphs, .. } = known;
        let outcome = Outcome::Done { output, stats, missing_glyphs };
        let at_ms = self.mint.now_ms();
        let result = JobResult { version: job::VERSION, id: job.id.clone(), finished_at_ms: at_ms, attempts: 0, outcome };
        // One that stands already can only be a cancellation.
        if self.store.create_result(&result).await? == Created::New {
            self.metrics.done();
        }
        self.metrics.known();
        broker.emit(&Event::of(job, at_ms, News::Done));
        Ok(result)
    }

    /// Stores a job's source and its record. One that has a name can be asked for again while this goes on, and then must
    /// have its source where it has its record; of any other nobody knows before the answer.
    async fn store_job(&self, job: &JobRecord, upload: Option<Spooled>, is_named: bool) -> Result<Created, ApiError> {
        let stored = async { tokio::try_join!(self.store_source(upload), self.show(job)) };
        if is_named {
            stored.await?;
            return Ok(self.create_job(job).await?);
        }
        let (stored, created) = tokio::join!(stored, self.create_job(job));
        if let Err(error) = stored {
            if created.is_ok() {
                self.take_back(job).await;
            }
            return Err(error);
        }
        Ok(created?)
    }

    async fn show(&self, job: &JobRecord) -> Result<(), ApiError> {
        if job.is_public {
            // A name may have brought it there before.
            let (Created::New | Created::AlreadyThere) = self.store.show_in_gallery(job).await?;
        }
        Ok(())
    }

    /// What is owed first: a record that stands is a promise, to whoever asks for the job again too.
    async fn create_job(&self, job: &JobRecord) -> Result<Created, StoreError> {
        if job.callback_url.is_some() {
            self.store.owe_callback(&job.id).await?;
        }
        self.store.create_job(job).await
    }

    /// Stores a picture that many jobs are to name.
    pub(crate) async fn keep(&self, upload: Option<Spooled>) -> Result<(), ApiError> {
        self.store_source(upload).await
    }

    async fn store_source(&self, upload: Option<Spooled>) -> Result<(), ApiError> {
        let Some(upload) = upload else { return Ok(()) };
        self.metrics.uploaded(upload.len_bytes);
        match upload.content {
            Content::Memory(bytes) => self.store.put_source_as(&upload.id, bytes).await?,
            Content::File(file) => self.store.put_source_file(&upload.id, file, upload.len_bytes).await?,
        }
        Ok(())
    }
}

/// Whether two jobs were asked for in the same words. Not by their output's id: it changes with the engine.
fn is_same_request(one: &JobRecord, other: &JobRecord) -> bool {
    (&one.source.id, &one.spec, one.is_public, &one.callback_url)
        == (&other.source.id, &other.spec, other.is_public, &other.callback_url)
}

async fn publish(broker: &Broker, job: &JobRecord) -> Result<(), BrokerError> {
    broker.publish(&JobMessage::first(job.clone())).await?;
    broker.emit(&Event::of(job, job.created_at_ms, News::Queued));
    Ok(())
}
