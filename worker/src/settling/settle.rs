//! What becomes of a delivery: its result is written, then it is settled, exactly once.
//!
//! The only place that acks jobs. Nothing is acked before the result is in the store, and a failure to settle is counted and
//! logged. It logs how each job ended, once.

use std::{error::Error as _, time::Instant};

use broker::{Broker, Delivery, SettleError};
use proto_shared::{AttemptNote, ErrorCode, Event, JobId, JobRecord, JobResult, News, Outcome, OutputSummary, job};
use service::Clock;
use store::{Created, Store, StoreError};
use tracing::Instrument as _;

use crate::{
    Progress,
    metrics::{Ending, Metrics, StoreStep, is_kept},
    rendering::job::{Placement, Runner},
    stage::DeliveryStage,
    taking::{
        cancel::RunningJobs,
        lane_priority::LanePriority,
        start_marks::{StartMarks, Suspicion},
        store_gate::{LONGEST_WAIT, StoreGate},
    },
    trace,
};

#[derive(Debug)]
pub(crate) struct Settler {
    pub(crate) runner: Runner,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) metrics: Metrics,
    pub(crate) running: RunningJobs,
    pub(crate) lane_priority: LanePriority,
    pub(crate) start_marks: StartMarks,
    pub(crate) store_gate: StoreGate,
}

impl Settler {
    /// Takes a delivery from arrival to settlement.
    pub(crate) async fn handle(&self, delivery: Delivery, broker: &Broker) {
        let span = trace::of_job(&delivery.message().job.id, delivery.trace());
        let _in_flight = self.metrics.delivered(&delivery, self.clock.now_ms());
        self.metrics.reached(DeliveryStage::Taken);
        let begun = Instant::now();
        let (ending, settled) = self.end(delivery, broker, begun).instrument(span.clone()).await;
        self.metrics.delivery_ended(ending, begun.elapsed());
        match settled {
            Ok(()) => self.metrics.reached(DeliveryStage::Settled),
            Err(error) => {
                // The broker delivers it again. The worker that gets it finds the result and acks.
                self.metrics.settle_failed();
                span.in_scope(|| tracing::warn!(%error, "failed to settle"));
            }
        }
    }

    async fn end(&self, delivery: Delivery, broker: &Broker, begun: Instant) -> (Ending, Result<(), SettleError>) {
        let id = delivery.message().job.id.clone();
        let ended = self.run_while_the_store_answers(&delivery, broker, begun).await;
        // This process has not died of the job, however the attempt ended.
        let (settled, ()) = tokio::join!(self.settle(delivery, broker, ended), self.start_marks.clear(&id));
        settled
    }

    async fn settle(
        &self,
        delivery: Delivery,
        broker: &Broker,
        ended: Result<Ended, StoreError>,
    ) -> (Ending, Result<(), SettleError>) {
        let attempt = delivery.attempt();
        match ended {
            Ok(Ended { how, failure: None }) => (how, delivery.ack().await),
            // The result is stored; the message is kept until the defect is mended.
            Ok(Ended { how, failure: Some((code, message)) }) => (how, delivery.dead_letter(code, &message).await),
            Err(error) => match broker.retry_delays().get(attempt.saturating_sub(1) as usize) {
                Some(&delay) => {
                    tracing::warn!(attempt, error = with_source(&error), retry_in_ms = delay.as_millis(), "the attempt failed");
                    let (at_ms, code) = (self.clock.now_ms(), error.code());
                    let delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
                    self.tell(broker, &delivery.message().job, News::Retrying { attempt, delay_ms, code });
                    let note = AttemptNote { attempt, at_ms, code, message: with_source(&error) };
                    (Ending::Retried, delivery.retry(delay, note).await)
                }
                None => self.give_up(delivery, broker, &error).await,
            },
        }
    }

    /// One attempt that counts. An attempt that failed because the store was away for all jobs is made again.
    async fn run_while_the_store_answers(
        &self,
        delivery: &Delivery,
        broker: &Broker,
        begun: Instant,
    ) -> Result<Ended, StoreError> {
        let until = tokio::time::Instant::now() + LONGEST_WAIT;
        loop {
            let passed = self.store_gate.pass(until).await;
            // On the heap: the future is as large as all its requests to the store, and each future that awaits it would be too.
            match Box::pin(self.run(delivery, broker, begun)).await {
                Err(error) if self.store_gate.was_away(passed, until).await => {
                    tracing::info!(error = with_source(&error), "the store was away: the attempt is made again");
                }
                counts => return counts,
            }
        }
    }

    /// One attempt and its result. An error is passing: another attempt may succeed.
    async fn run(&self, delivery: &Delivery, broker: &Broker, begun: Instant) -> Result<Ended, StoreError> {
        let (job, attempt) = (&delivery.message().job, delivery.attempt());
        let running = self.running.register(&job.id);
        let _alone = running.alone(delivery.redelivered()).await;
        let _permit = self.lane_priority.acquire(delivery.lane()).await;
        // There is a result if the job was cancelled, or if a worker finished it and died, or lost its channel, before the ack.
        let (result, sources, suspicion) =
            tokio::join!(self.store.get_result(&job.id), self.runner.sources(job), self.start_marks.check(delivery));
        if let Some(JobResult { outcome, .. }) = result? {
            tracing::info!("finished already");
            let how = if outcome == Outcome::Cancelled { Ending::Cancelled } else { Ending::Duplicate };
            return Ok(Ended { how, failure: kept_failure(&outcome) });
        }
        self.metrics.reached(DeliveryStage::LookedUp);
        tracing::debug!(attempt, lane = delivery.lane().as_str(), "taken");
        self.tell(broker, job, News::Started { attempt });
        let placement = self.placement(delivery, suspicion, broker).await;
        let working = self.runner.attempt(job, sources, suspicion, placement);
        let Some(outcome) = running.cancelled.run_until_cancelled(working).await else {
            tracing::info!("cancelled");
            return Ok(Ended { how: Ending::Cancelled, failure: None });
        };
        let outcome = self.write(job, attempt, outcome?, broker).await?;
        match &outcome {
            Outcome::Done { output, stats, .. } => {
                let took_ms = begun.elapsed().as_millis();
                let (engine_ms, frames, source_bytes) = (stats.engine_wall_ms, stats.frames, job.source.bytes);
                tracing::info!(source_bytes, output_bytes = output.bytes, frames, engine_ms, took_ms, "done");
            }
            Outcome::Cancelled => tracing::info!("cancelled"),
            Outcome::Failed { code, message, .. } if is_kept(*code) => {
                tracing::error!(%code, error = message, "the job failed by a defect of ours");
            }
            Outcome::Failed { code, message, .. } => tracing::warn!(%code, error = message, "the job failed"),
        }
        Ok(Ended { how: Ending::of(&outcome), failure: kept_failure(&outcome) })
    }

    /// Where a job is rendered. Its start is marked before it can end this process.
    async fn placement(&self, delivery: &Delivery, suspicion: Suspicion, broker: &Broker) -> Placement {
        let shared = || Placement::Shared(self.progress(broker, &delivery.message().job.id));
        match suspicion {
            Suspicion::FirstDelivery => shared(),
            Suspicion::Suspect => Placement::Isolated,
            Suspicion::Unmarked => match self.start_marks.mark(delivery).await {
                Ok(()) => {
                    self.metrics.reached(DeliveryStage::StartMarked);
                    shared()
                }
                Err(error) => {
                    tracing::warn!(error = with_source(&error), "failed to mark a start: rendering in a process of its own");
                    Placement::Isolated
                }
            },
        }
    }

    /// No attempt is left. The result says so if the store accepts it. The message becomes a dead letter in any case, unless the
    /// job has come to another end meanwhile.
    async fn give_up(&self, delivery: Delivery, broker: &Broker, error: &StoreError) -> (Ending, Result<(), SettleError>) {
        let attempt = delivery.attempt();
        tracing::error!(error = with_source(error), "the last attempt failed");
        let message = format!("{attempt} attempts failed, the last one: {error}");
        let code = ErrorCode::AttemptsExhausted;
        let outcome = Outcome::Failed { code, message: message.clone(), field: None };
        match self.write(&delivery.message().job, attempt, outcome, broker).await {
            Ok(stored) if kept_failure(&stored).is_none() => return (Ending::of(&stored), delivery.ack().await),
            Ok(_) => {}
            Err(error) => {
                tracing::error!(error = with_source(&error), "failed to write the result; the dead letter will bring one");
            }
        }
        (Ending::Dead, delivery.dead_letter(code, &message).await)
    }

    fn tell(&self, broker: &Broker, job: &JobRecord, news: News) {
        broker.emit(&Event::of(job, self.clock.now_ms(), news));
    }

    fn progress(&self, broker: &Broker, job: &JobId) -> Progress {
        let (broker, job, clock) = (broker.clone(), job.clone(), self.clock.clone());
        Progress::throttled(move |frames_done, frames| {
            let news = News::Progress { frames_done, frames };
            broker.emit(&Event { job: job.clone(), at_ms: clock.now_ms(), news, has_callback: false });
        })
    }

    /// Writes the job's result; gives the outcome that is stored from now on, which is another worker's where that was first.
    async fn write(&self, job: &JobRecord, attempts: u32, outcome: Outcome, broker: &Broker) -> Result<Outcome, StoreError> {
        let finished_at_ms = self.clock.now_ms();
        let result = JobResult { version: job::VERSION, id: job.id.clone(), finished_at_ms, attempts, outcome };
        let creating = self.metrics.stored(StoreStep::Result, self.store.create_result(&result));
        let (created, ()) = tokio::join!(creating, self.summarise(&result.outcome));
        let outcome = match created? {
            Created::New => {
                self.metrics.job_ended(Ending::of(&result.outcome), &result.outcome);
                let news = match &result.outcome {
                    Outcome::Done { .. } => News::Done,
                    Outcome::Failed { code, .. } => News::Failed { code: *code },
                    Outcome::Cancelled => News::Cancelled,
                };
                self.tell(broker, job, news);
                result.outcome
            }
            // The stored outcome decides: a failure by a defect has a dead letter, whichever delivery wrote it; no other has one.
            Created::AlreadyThere => {
                tracing::info!("another result stands already");
                self.store.get_result(&job.id).await?.map_or(result.outcome, |stored| stored.outcome)
            }
        };
        self.metrics.reached(DeliveryStage::ResultStored);
        Ok(outcome)
    }

    /// Stores a summary of an output, so that the same job again needs no rendering.
    async fn summarise(&self, outcome: &Outcome) {
        let Outcome::Done { output, stats, missing_glyphs, fidelity } = outcome else { return };
        let (output, missing_glyphs, fidelity) = (output.clone(), missing_glyphs.clone(), fidelity.clone());
        let summary = OutputSummary { version: job::VERSION, output, stats: *stats, missing_glyphs, fidelity };
        if let Err(error) = self.store.put_summary(&summary).await {
            // The next such job is rendered again.
            tracing::warn!(error = with_source(&error), "failed to note an output");
        }
    }
}

/// How a delivery ended whose result is stored, and why it is to become a dead letter, if it is.
struct Ended {
    how: Ending,
    failure: Option<(ErrorCode, String)>,
}

/// The failure for which a job's message is kept as a dead letter. Each of several deliveries keeps it: the delivery that wrote
/// the result may have ended before its dead letter was stored, and a replay takes all letters of a job as one.
fn kept_failure(outcome: &Outcome) -> Option<(ErrorCode, String)> {
    match outcome {
        Outcome::Failed { code, message, .. } if is_kept(*code) => Some((*code, message.clone())),
        _ => None,
    }
}

/// The error and its causes, without those whose text it repeats.
fn with_source(error: &StoreError) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.map(ToString::to_string).fold(
        error.to_string(),
        |text, cause| {
            if text.contains(&cause) { text } else { format!("{text}: {cause}") }
        },
    )
}
