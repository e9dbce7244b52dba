//! One acceptance, from its first step to an end. `step` lists the steps.
//!
//! `start` runs it in a task of its own, so that nothing stops it half way but the end of the process. What that leaves
//! behind is harmless at each step: a source without a record is found by its hash when it comes again; a record without
//! a confirm is found as lost and run. It must never end as `Queued` without a confirm.

use std::time::Duration;

use broker::{Broker, BrokerError};
use proto_shared::{
    ClientId, IdempotencyId, IdempotencyRecord, JobId, JobRecord, JobResult, OutputId, OutputSummary, RecordedSpec, SourceId,
    TraceContext, job,
};
use store::{Created, Slot, StoreError};
use tracing::Instrument as _;

use super::{
    acceptances::{Confirm, PublishLease},
    acceptor::{AcceptRefusal, Accepted, Acceptor},
    record::NotRecorded,
    step::AcceptanceStep,
};
use crate::{
    front::{backends::QueueRefusal, clients::CountedJob, trace},
    jobs::subscribers::JobSubscription,
    pictures::{budget::Reservation, spool::Spooled},
    problem::Defect,
};

/// The message of a job that is requested again is sent again at most once in this time.
const REPEATED_WITHIN: Duration = Duration::from_secs(60);

/// One acceptance: what was asked for, and what has been found on the way.
pub(super) struct Acceptance {
    pub(super) with: Acceptor,
    pub(super) broker: Broker,
    /// As it is asked for; once it turns out to be a repeat, as it was recorded.
    pub(super) job: JobRecord,
    pub(super) client: ClientId,
    pub(super) trace: TraceContext,
    pub(super) total_pixels: u64,
    /// Where the picture may not be stored yet.
    pub(super) upload: Option<Spooled>,
    /// Images of one's own that may not be stored yet.
    pub(super) images: Vec<Spooled>,
    /// Held until the upload is stored.
    pub(super) reservation: Option<Reservation>,
    /// The name of what is to be made, for a job that is not known to be recorded.
    pub(super) output: Option<OutputId>,
    /// What the client called the request.
    pub(super) idempotency: Option<IdempotencyId>,
    pub(super) gathered: Gathered,
}

/// What an acceptance comes by on its way.
#[derive(Default)]
pub(super) struct Gathered {
    /// The job's output, where it is stored already.
    known: Option<OutputSummary>,
    counted: Option<CountedJob>,
    waiting: Option<JobSubscription>,
    publishing: Option<PublishLease>,
    result: Option<JobResult>,
    refusal: Option<AcceptRefusal>,
}

impl Acceptance {
    /// Goes from `step` to an end, and gives the answer to the client.
    pub(super) async fn run(mut self, mut step: AcceptanceStep) -> Result<Accepted, AcceptRefusal> {
        // The first step may change the job's id, which is in every line that the others log.
        if step == AcceptanceStep::Begun
            && let Some(next) = self.after(step).await
        {
            step = next;
        }
        let span = trace::of_job(&self.job.id, &self.trace);
        let to_the_end = async {
            while let Some(next) = self.after(step).await {
                step = next;
            }
        };
        to_the_end.instrument(span).await;
        self.answer(step)
    }

    /// Does what a step asks for, and says which is next; `None` after an end.
    async fn after(&mut self, step: AcceptanceStep) -> Option<AcceptanceStep> {
        let next = match step {
            AcceptanceStep::Begun => self.begun().await,
            AcceptanceStep::Identified => self.identified().await,
            AcceptanceStep::Recorded => self.recorded().await,
            AcceptanceStep::Repeated => self.repeated().await,
            AcceptanceStep::Confirmed => self.confirmed().await,
            AcceptanceStep::Queued
            | AcceptanceStep::Ended
            | AcceptanceStep::Refused
            | AcceptanceStep::TakenBack
            | AcceptanceStep::Unconfirmed => return None,
        };
        tracing::debug!(from = ?step, to = ?next, "accepting");
        Some(next)
    }

    fn answer(mut self, end: AcceptanceStep) -> Result<Accepted, AcceptRefusal> {
        let Gathered { counted, waiting, result, refusal, .. } = std::mem::take(&mut self.gathered);
        match (end, waiting) {
            (AcceptanceStep::Queued | AcceptanceStep::Ended, Some(waiting)) => {
                if end == AcceptanceStep::Queued
                    && let Some(counted) = counted
                {
                    counted.keep();
                }
                Ok(Accepted { job: self.job, result, waiting })
            }
            _ => Err(refusal.unwrap_or_else(|| Defect(format!("an acceptance ended as {end:?} without a reason")).into())),
        }
    }

    /// Finds the job that this request has made before, if it has a name and has made one.
    async fn begun(&mut self) -> AcceptanceStep {
        let Some(name) = &self.idempotency else { return AcceptanceStep::Identified };
        match self.named(name).await {
            Ok((id, first)) => {
                self.job.id = id;
                first.map_or(AcceptanceStep::Identified, |first| self.is_repeat_of(first))
            }
            Err(error) => self.refuse(error),
        }
    }

    /// The id that belongs to a name: that of the job at hand, or of the one that a request of the same name has begun, with
    /// its record if that one came so far.
    async fn named(&self, name: &IdempotencyId) -> Result<(JobId, Option<JobRecord>), StoreError> {
        let (store, job) = (&self.with.store, &self.job);
        let record = IdempotencyRecord { version: job::VERSION, job: job.id.clone(), created_at_ms: job.created_at_ms };
        let first = match store.create_idempotency(name, &record).await? {
            Created::New => return Ok((record.job, None)),
            // None if retention took it just now.
            Created::AlreadyThere => store.get_idempotency(name).await?,
        };
        let id = first.unwrap_or(record).job;
        let first = store.get_job(&id).await?;
        Ok((id, first))
    }

    fn is_repeat_of(&mut self, first: JobRecord) -> AcceptanceStep {
        let JobRecord { source, spec, is_public, callback_url, .. } = &self.job;
        if !is_same_request(&first, &source.id, spec, *is_public, callback_url.as_deref()) {
            return self.refuse(AcceptRefusal::IdempotencyMismatch);
        }
        self.job = first;
        AcceptanceStep::Repeated
    }

    /// What is known of the output, if it is stored.
    async fn known(&self) -> Result<Option<OutputSummary>, StoreError> {
        match &self.output {
            Some(output) => self.with.store.get_summary(output).await,
            None => Ok(None),
        }
    }

    /// Stores source and record.
    async fn identified(&mut self) -> AcceptanceStep {
        let counted = self.count();
        self.job.lane = counted.lane;
        self.gathered.counted = Some(counted);
        if let Err(refusal) = self.broker.can_publish(self.job.lane)
            // What is known needs no queue.
            && !matches!(self.known().await, Ok(Some(_)))
        {
            return self.refuse(QueueRefusal::from(refusal));
        }
        // Before anybody can run it, so that its end is heard.
        self.gathered.waiting = Some(self.with.subscribers.of(&self.job.id));
        let uploads = (self.upload.take(), std::mem::take(&mut self.images));
        let (known, created) = tokio::join!(self.known(), self.with.store_job(&self.job, uploads, self.idempotency.is_some()));
        self.reservation = None;
        // An answer about what is known is not worth a refusal.
        self.gathered.known = known.unwrap_or_default();
        match created {
            Ok(Created::New) => AcceptanceStep::Recorded,
            Ok(Created::AlreadyThere) => match self.with.store.get_job(&self.job.id).await {
                // A put whose answer was lost on the wire was tried again, and met itself.
                Ok(Some(first)) if first == self.job => AcceptanceStep::Recorded,
                Ok(Some(first)) => self.is_repeat_of(first),
                Ok(None) => self.refuse(AcceptRefusal::JobGone),
                Err(error) => self.leave_unconfirmed(error),
            },
            Err(NotRecorded::Surely(error)) => self.refuse(error),
            Err(NotRecorded::Perhaps(error)) => {
                self.with.metrics.accepted();
                self.leave_unconfirmed(error)
            }
        }
    }

    /// Queues a job that was recorded here, or ends it where its output is stored already.
    async fn recorded(&mut self) -> AcceptanceStep {
        if let Some(known) = self.gathered.known.take() {
            self.with.metrics.accepted();
            return match self.with.end_as_known(&self.job, known, &self.broker).await {
                Ok(result) => {
                    self.gathered.result = Some(result);
                    AcceptanceStep::Ended
                }
                Err(error) => self.leave_unconfirmed(error),
            };
        }
        match self.publish().await {
            Ok(_) => {
                self.with.metrics.accepted();
                tracing::debug!(lane = self.job.lane.as_str(), "queued");
                AcceptanceStep::Queued
            }
            // A name may have brought others to this record by now.
            Err(error) if error.nothing_was_queued() && self.idempotency.is_none() && self.with.take_back(&self.job).await => {
                self.gathered.refusal = Some(QueueRefusal::from(error).into());
                AcceptanceStep::TakenBack
            }
            Err(error) => {
                // Whatever the client is told: a record in the store is found as lost, and its job ends.
                self.with.metrics.accepted();
                self.leave_unconfirmed(QueueRefusal::from(error))
            }
        }
    }

    /// Answers for a job that was made before. Its first request may have died, or been refused, before its message was
    /// confirmed. So it is queued again, unless it has ended or the store says that a message was confirmed lately.
    async fn repeated(&mut self) -> AcceptanceStep {
        // The job is counted and listened to before it can end: the event of the end may overtake the confirm.
        if self.gathered.counted.is_none() {
            self.gathered.counted = Some(self.count());
        }
        self.gathered.waiting = Some(self.with.subscribers.of(&self.job.id));
        let slot = self.slot();
        let known = tokio::join!(self.with.store.get_result(&self.job.id), self.with.store.was_queued(&self.job.id, slot));
        match known {
            (Ok(Some(result)), _) => {
                self.gathered.result = Some(result);
                return AcceptanceStep::Ended;
            }
            (Ok(None), Ok(true)) => return AcceptanceStep::Queued,
            // One message more than needed is no harm.
            (Ok(None), Ok(false) | Err(_)) => {}
            (Err(error), _) => return self.leave_unconfirmed(error),
        }
        if let Err(refusal) = self.broker.can_publish(self.job.lane) {
            return self.leave_unconfirmed(QueueRefusal::from(refusal));
        }
        match self.publish().await {
            Ok(Confirm::Ours) => AcceptanceStep::Confirmed,
            Ok(Confirm::Shared) => AcceptanceStep::Queued,
            Err(error) => self.leave_unconfirmed(QueueRefusal::from(error)),
        }
    }

    /// Marks that a repeated job is queued, so that the next request of its name need not queue it.
    async fn confirmed(&mut self) -> AcceptanceStep {
        if let Err(error) = self.with.store.mark_queued(&self.job.id, self.slot()).await {
            tracing::warn!(%error, "failed to mark that a job was queued again: the next request of its name queues it once more");
        }
        AcceptanceStep::Queued
    }

    fn refuse(&mut self, why: impl Into<AcceptRefusal>) -> AcceptanceStep {
        self.gathered.refusal = Some(why.into());
        AcceptanceStep::Refused
    }

    fn leave_unconfirmed(&mut self, why: impl Into<AcceptRefusal>) -> AcceptanceStep {
        self.gathered.refusal = Some(why.into());
        AcceptanceStep::Unconfirmed
    }

    fn count(&self) -> CountedJob {
        self.with.clients.count(&self.job.id, &self.client, self.job.source.bytes, self.total_pixels)
    }

    fn slot(&self) -> Slot {
        Slot::at(self.with.ids.now_ms(), REPEATED_WITHIN)
    }

    async fn publish(&mut self) -> Result<Confirm, BrokerError> {
        let (lease, confirm) = self.with.acceptances.publish(&self.job, &self.broker).await;
        // Held until the confirm is marked in the store: requests of the same name that come before that share it.
        self.gathered.publishing = Some(lease);
        confirm
    }
}

/// Whether a job was made by the same request. Its output's id is not compared: that changes with the engine.
pub(super) fn is_same_request(
    job: &JobRecord,
    source: &SourceId,
    spec: &RecordedSpec,
    is_public: bool,
    callback_url: Option<&str>,
) -> bool {
    (&job.source.id, &job.spec, job.is_public, job.callback_url.as_deref()) == (source, spec, is_public, callback_url)
}
