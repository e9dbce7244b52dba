//! One acceptance, from its first step to an end. Which steps there are stands in `step`.
//!
//! `start` runs it in a task of its own, so that nothing stops it half way but the end of the process. What that leaves
//! behind is harmless at each step: a source without a record is found by its hash when it comes again; a record without
//! a confirm is found as lost and run. It must never end as `Queued` without a confirm.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use broker::{Broker, BrokerError};
use proto_shared::{
    ClientId, Event, IdempotencyId, IdempotencyRecord, JobId, JobMessage, JobRecord, JobResult, News, OutputId, OutputSummary,
    RecordedSpec, SourceId, TraceContext, job,
};
use service::in_use::Lease;
use store::{Created, Slot, StoreError};
use tracing::Instrument as _;

use super::{
    acceptance::{AcceptRefusal, Acceptance, Accepted, Publishing},
    record::NotRecorded,
    step::Step,
};
use crate::{
    front::{backends::QueueRefusal, clients::Counted, trace},
    jobs::{path::NoSuchJob, subscribers::Listening},
    pictures::{room::Share, spool::Spooled},
    problem::Defect,
};

/// The message of a job that is requested again is sent again at most once in this time.
const REPEATED_WITHIN: Duration = Duration::from_secs(60);

pub(super) struct Run {
    pub(super) with: Acceptance,
    pub(super) broker: Broker,
    /// As it is asked for; once it turns out to be a repeat, as it was recorded.
    pub(super) job: JobRecord,
    pub(super) client: ClientId,
    pub(super) trace: TraceContext,
    pub(super) total_pixels: u64,
    /// Where the picture may not be stored yet.
    pub(super) upload: Option<Spooled>,
    /// Held until the upload is stored.
    pub(super) share: Option<Share>,
    /// The name of what is to be made, for a job that is not known to be recorded.
    pub(super) output: Option<OutputId>,
    /// What the client called the request.
    pub(super) idempotency: Option<IdempotencyId>,
    pub(super) found: Found,
}

/// What an acceptance comes by on its way.
#[derive(Default)]
pub(super) struct Found {
    /// The record that an earlier request of the same name has written, where it was looked up before.
    first: Option<JobRecord>,
    /// The job's output, where it stands already.
    known: Option<OutputSummary>,
    counted: Option<Counted>,
    waiting: Option<Listening>,
    publishing: Option<Lease<JobId, Publishing>>,
    result: Option<JobResult>,
    refusal: Option<AcceptRefusal>,
}

impl Found {
    /// Only the record of an earlier request of the same name.
    pub(super) fn first(job: JobRecord) -> Self {
        Self { first: Some(job), ..Self::default() }
    }
}

impl Run {
    /// Goes from step to step to an end, and tells what the client is answered.
    pub(super) async fn end(mut self) -> Result<Accepted, AcceptRefusal> {
        // Its id may change in the first step, and is in every line that is logged of the others.
        let mut step = self.after(Step::Begun).await.unwrap_or(Step::Begun);
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
    async fn after(&mut self, step: Step) -> Option<Step> {
        let next = match step {
            Step::Begun => self.begun().await,
            Step::Identified => self.identified().await,
            Step::Recorded => self.recorded().await,
            Step::Repeated => self.repeated().await,
            Step::Confirmed => self.confirmed().await,
            Step::Queued | Step::Ended | Step::Refused | Step::TakenBack | Step::Unconfirmed => return None,
        };
        tracing::debug!(from = ?step, to = ?next, "accepting");
        Some(next)
    }

    fn answer(mut self, end: Step) -> Result<Accepted, AcceptRefusal> {
        let Found { counted, waiting, result, refusal, .. } = std::mem::take(&mut self.found);
        match (end, waiting) {
            (Step::Queued | Step::Ended, Some(waiting)) => {
                if end == Step::Queued
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
    async fn begun(&mut self) -> Step {
        if let Some(first) = self.found.first.take() {
            return self.is_repeat_of(first);
        }
        let Some(name) = &self.idempotency else { return Step::Identified };
        match self.named(name).await {
            Ok((id, first)) => {
                self.job.id = id;
                first.map_or(Step::Identified, |first| self.is_repeat_of(first))
            }
            Err(error) => self.refuse(error),
        }
    }

    /// The id that a name stands for: that of the job at hand, or of the one that a request of the same name has begun, with
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

    fn is_repeat_of(&mut self, first: JobRecord) -> Step {
        let JobRecord { source, spec, is_public, callback_url, .. } = &self.job;
        if !is_same_request(&first, &source.id, spec, *is_public, callback_url.as_deref()) {
            return self.refuse(AcceptRefusal::IdempotencyMismatch);
        }
        self.job = first;
        Step::Repeated
    }

    /// What is known of the output, if it stands.
    async fn known(&self) -> Result<Option<OutputSummary>, StoreError> {
        match &self.output {
            Some(output) => self.with.store.get_summary(output).await,
            None => Ok(None),
        }
    }

    /// Stores source and record.
    async fn identified(&mut self) -> Step {
        let counted = self.count();
        self.job.lane = counted.lane;
        self.found.counted = Some(counted);
        if let Err(refusal) = self.broker.can_publish(self.job.lane)
            // What is known needs no queue.
            && !matches!(self.known().await, Ok(Some(_)))
        {
            return self.refuse(QueueRefusal::from(refusal));
        }
        // Before anybody can run it, so that its end is heard.
        self.found.waiting = Some(self.with.subscribers.of(&self.job.id));
        let upload = self.upload.take();
        let (known, created) = tokio::join!(self.known(), self.with.store_job(&self.job, upload, self.idempotency.is_some()));
        self.share = None;
        // An answer about what is known is not worth a refusal.
        self.found.known = known.unwrap_or_default();
        match created {
            Ok(Created::New) => Step::Recorded,
            Ok(Created::AlreadyThere) => match self.with.store.get_job(&self.job.id).await {
                // A put whose answer was lost on the wire was tried again, and met itself.
                Ok(Some(first)) if first == self.job => Step::Recorded,
                Ok(Some(first)) => self.is_repeat_of(first),
                Ok(None) => self.refuse(NoSuchJob::JobNotFound),
                Err(error) => self.leave_unconfirmed(error),
            },
            Err(NotRecorded::Surely(error)) => self.refuse(error),
            Err(NotRecorded::Perhaps(error)) => {
                self.with.metrics.accepted();
                self.leave_unconfirmed(error)
            }
        }
    }

    /// Queues a job that was recorded here, or ends it where its output stands already.
    async fn recorded(&mut self) -> Step {
        if let Some(known) = self.found.known.take() {
            self.with.metrics.accepted();
            return match self.with.end_as_known(&self.job, known, &self.broker).await {
                Ok(result) => {
                    self.found.result = Some(result);
                    Step::Ended
                }
                Err(error) => self.leave_unconfirmed(error),
            };
        }
        match self.publish().await {
            Ok(_) => {
                self.with.metrics.accepted();
                tracing::debug!(lane = self.job.lane.as_str(), "queued");
                Step::Queued
            }
            // A name may have brought others to this record by now.
            Err(error) if error.nothing_was_queued() && self.idempotency.is_none() && self.with.take_back(&self.job).await => {
                self.found.refusal = Some(QueueRefusal::from(error).into());
                Step::TakenBack
            }
            Err(error) => {
                // Whatever its client is told: a record that stands is found as lost, and ends.
                self.with.metrics.accepted();
                self.leave_unconfirmed(QueueRefusal::from(error))
            }
        }
    }

    /// Answers for a job that was made before. Its first request may have died, or been refused, before its message was
    /// confirmed. So it is queued again, unless it has ended or the store says that a message was confirmed lately.
    async fn repeated(&mut self) -> Step {
        // The job is counted and listened to before it can end: the event of the end may overtake the confirm.
        if self.found.counted.is_none() {
            self.found.counted = Some(self.count());
        }
        self.found.waiting = Some(self.with.subscribers.of(&self.job.id));
        let slot = self.slot();
        let known = tokio::join!(self.with.store.get_result(&self.job.id), self.with.store.was_queued(&self.job.id, slot));
        match known {
            (Ok(Some(result)), _) => {
                self.found.result = Some(result);
                return Step::Ended;
            }
            (Ok(None), Ok(true)) => return Step::Queued,
            // One message more than needed is no harm.
            (Ok(None), Ok(false) | Err(_)) => {}
            (Err(error), _) => return self.leave_unconfirmed(error),
        }
        if let Err(refusal) = self.broker.can_publish(self.job.lane) {
            return self.leave_unconfirmed(QueueRefusal::from(refusal));
        }
        match self.publish().await {
            Ok(Confirm::Ours) => Step::Confirmed,
            Ok(Confirm::Shared) => Step::Queued,
            Err(error) => self.leave_unconfirmed(QueueRefusal::from(error)),
        }
    }

    /// Marks that a repeated job is queued, so that the next request of its name need not queue it.
    async fn confirmed(&mut self) -> Step {
        if let Err(error) = self.with.store.mark_queued(&self.job.id, self.slot()).await {
            tracing::warn!(%error, "a job was queued again, and the store was not told: the next request queues it once more");
        }
        Step::Queued
    }

    fn refuse(&mut self, why: impl Into<AcceptRefusal>) -> Step {
        self.found.refusal = Some(why.into());
        Step::Refused
    }

    fn leave_unconfirmed(&mut self, why: impl Into<AcceptRefusal>) -> Step {
        self.found.refusal = Some(why.into());
        Step::Unconfirmed
    }

    fn count(&self) -> Counted {
        self.with.clients.count(&self.job.id, &self.client, self.job.source.bytes, self.total_pixels)
    }

    fn slot(&self) -> Slot {
        Slot::at(self.with.ids.now_ms(), REPEATED_WITHIN)
    }

    /// Publishes the job's message; of several acceptances of one job that are at it at the same time, one does so for all.
    async fn publish(&mut self) -> Result<Confirm, BrokerError> {
        let (publishing, lease) = self.with.acceptances.publishing.lease(&self.job.id, Publishing::default);
        // Until the confirm is marked: who comes before that shares it.
        self.found.publishing = Some(lease);
        let is_ours = AtomicBool::new(false);
        let published = publishing.get_or_init(|| async {
            is_ours.store(true, Ordering::Relaxed);
            self.broker.publish(&JobMessage::first(self.job.clone())).await?;
            self.broker.emit(&Event::of(&self.job, self.job.created_at_ms, News::Queued));
            Ok(())
        });
        published.await.clone()?;
        Ok(if is_ours.into_inner() { Confirm::Ours } else { Confirm::Shared })
    }
}

/// Whose publish the broker has confirmed.
enum Confirm {
    Ours,
    /// That of another acceptance of the same job.
    Shared,
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
