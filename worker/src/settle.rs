//! What becomes of a delivery: its result is written, then it is settled, exactly once.
//!
//! The only place that acks. Nothing is acked before the result stands in the store, and what settling
//! answers is looked at. It logs how a job went, once.

use std::{error::Error as _, time::Instant};

use broker::{Broker, Delivery, SettleError};
use proto_shared::{AttemptNote, ErrorCode, Event, JobId, JobRecord, JobResult, News, Outcome, OutputSummary, job};
use service::Clock;
use store::{Created, Store, StoreError};
use tracing::Instrument as _;

use crate::{
    Progress,
    cancel::InHand,
    job::{How, Runner},
    metrics::{Ending, Metrics, Step, is_kept},
    stage::Stage,
    starts::{Standing, Starts},
    store_gate::{HELD_AT_MOST, StoreGate},
    trace,
    turns::Turns,
};

#[derive(Debug)]
pub(crate) struct Settler {
    pub(crate) runner: Runner,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) metrics: Metrics,
    pub(crate) in_hand: InHand,
    pub(crate) turns: Turns,
    pub(crate) starts: Starts,
    pub(crate) store_gate: StoreGate,
}

impl Settler {
    /// Takes a delivery from arrival to settlement.
    pub(crate) async fn handle(&self, delivery: Delivery, broker: &Broker) {
        let span = trace::of_job(&delivery.message().job.id, delivery.trace());
        let _in_flight = self.metrics.delivered(&delivery, self.clock.now_ms());
        self.metrics.reached(Stage::Taken);
        let begun = Instant::now();
        let (ending, settled) = self.end(delivery, broker, begun).instrument(span.clone()).await;
        self.metrics.delivery_ended(ending, begun.elapsed());
        match settled {
            Ok(()) => self.metrics.reached(Stage::Settled),
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
        // This process has not died of the job, whatever else became of it.
        let (settled, ()) = tokio::join!(self.settle(delivery, broker, ended), self.starts.clear(&id));
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
            Ok(Ended { how, letter: None }) => (how, delivery.ack().await),
            // Its result stands; the message is kept until the defect is mended.
            Ok(Ended { how, letter: Some(reason) }) => (how, delivery.dead_letter(&reason).await),
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

    /// One attempt that counts: those that a store failed which was away for all are made again.
    async fn run_while_the_store_answers(
        &self,
        delivery: &Delivery,
        broker: &Broker,
        begun: Instant,
    ) -> Result<Ended, StoreError> {
        let until = tokio::time::Instant::now() + HELD_AT_MOST;
        loop {
            let passed = self.store_gate.pass(until).await;
            // On the heap: it holds what all requests to the store hold, and each that waits for it would hold it too.
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
        let held = self.in_hand.hold(&job.id);
        let _alone = held.turn(delivery.redelivered()).await;
        let _turn = self.turns.take(delivery.lane()).await;
        // It may be cancelled; or someone came to the end of it and died, or lost its channel, before the ack.
        let looks = (self.store.get_result(&job.id), self.runner.source(job), self.starts.look(delivery));
        let (stands, source, standing) = tokio::join!(looks.0, looks.1, looks.2);
        if let Some(JobResult { outcome, .. }) = stands? {
            tracing::info!("finished already");
            let how = if outcome == Outcome::Cancelled { Ending::Cancelled } else { Ending::Duplicate };
            return Ok(Ended { how, letter: letter(&outcome) });
        }
        self.metrics.reached(Stage::LookedUp);
        tracing::debug!(attempt, lane = delivery.lane().as_str(), "taken");
        self.tell(broker, job, News::Started { attempt });
        let how = self.how(delivery, standing, broker).await;
        let working = self.runner.attempt(job, source, standing, how);
        let Some(outcome) = held.unwanted.run_until_cancelled(working).await else {
            tracing::info!("cancelled");
            return Ok(Ended { how: Ending::Cancelled, letter: None });
        };
        let outcome = self.write(job, attempt, outcome?, broker).await?;
        match &outcome {
            Outcome::Done { output, stats, .. } => {
                let took_ms = begun.elapsed().as_millis();
                let (engine_ms, frames, source_bytes) = (stats.engine_wall_ms, stats.frames, job.source.bytes);
                tracing::info!(source_bytes, output_bytes = output.bytes, frames, engine_ms, took_ms, "done");
            }
            Outcome::Cancelled => tracing::info!("cancelled"),
            Outcome::Failed { code, message } if is_kept(*code) => {
                tracing::error!(%code, error = message, "the job failed by a defect of ours");
            }
            Outcome::Failed { code, message } => tracing::warn!(%code, error = message, "the job failed"),
        }
        Ok(Ended { how: Ending::of(&outcome), letter: letter(&outcome) })
    }

    /// Where a job is rendered. The mark of its start stands before it can do harm among others.
    async fn how(&self, delivery: &Delivery, standing: Standing, broker: &Broker) -> How {
        let among_others = || How::Among(self.progress(broker, &delivery.message().job.id));
        match standing {
            Standing::New => among_others(),
            Standing::Suspect => How::Isolated,
            Standing::Unmarked => match self.starts.mark(delivery).await {
                Ok(()) => {
                    self.metrics.reached(Stage::StartMarked);
                    among_others()
                }
                Err(error) => {
                    tracing::warn!(error = with_source(&error), "failed to mark a start: rendering in a process of its own");
                    How::Isolated
                }
            },
        }
    }

    /// No attempt is left. The result says so if the store lets us; the dead letter stands in any case, but for a job that
    /// came to another end meanwhile.
    async fn give_up(&self, delivery: Delivery, broker: &Broker, error: &StoreError) -> (Ending, Result<(), SettleError>) {
        let attempt = delivery.attempt();
        tracing::error!(error = with_source(error), "the last attempt failed");
        let message = format!("{attempt} attempts failed, the last one: {error}");
        let reason = format!("{}: {message}", ErrorCode::AttemptsExhausted);
        let outcome = Outcome::Failed { code: ErrorCode::AttemptsExhausted, message };
        match self.write(&delivery.message().job, attempt, outcome, broker).await {
            Ok(stands) if letter(&stands).is_none() => return (Ending::of(&stands), delivery.ack().await),
            Ok(_) => {}
            Err(error) => {
                tracing::error!(error = with_source(&error), "failed to write the result; the dead letter will bring one");
            }
        }
        (Ending::Dead, delivery.dead_letter(&reason).await)
    }

    fn tell(&self, broker: &Broker, job: &JobRecord, news: News) {
        broker.emit(&Event::of(job, self.clock.now_ms(), news));
    }

    fn progress(&self, broker: &Broker, job: &JobId) -> Progress {
        let (broker, job, clock) = (broker.clone(), job.clone(), self.clock.clone());
        Progress::seldom(move |frames_done, frames| {
            let news = News::Progress { frames_done, frames };
            broker.emit(&Event { job: job.clone(), at_ms: clock.now_ms(), news, has_callback: false });
        })
    }

    /// Gives the outcome that stands from now on, which is another's where that was first.
    async fn write(&self, job: &JobRecord, attempts: u32, outcome: Outcome, broker: &Broker) -> Result<Outcome, StoreError> {
        let finished_at_ms = self.clock.now_ms();
        let result = JobResult { version: job::VERSION, id: job.id.clone(), finished_at_ms, attempts, outcome };
        let creating = self.metrics.stored(Step::Result, self.store.create_result(&result));
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
            // What stands decides: a failure by a defect has a letter, whichever delivery wrote it, and nothing else has one.
            Created::AlreadyThere => {
                tracing::info!("another result stands already");
                self.store.get_result(&job.id).await?.map_or(result.outcome, |stands| stands.outcome)
            }
        };
        self.metrics.reached(Stage::ResultStored);
        Ok(outcome)
    }

    /// Notes what is known of an output, so that the same job again needs no rendering.
    async fn summarise(&self, outcome: &Outcome) {
        let Outcome::Done { output, stats, missing_glyphs } = outcome else { return };
        let (output, missing_glyphs) = (output.clone(), missing_glyphs.clone());
        let summary = OutputSummary { version: job::VERSION, output, stats: *stats, missing_glyphs };
        if let Err(error) = self.store.put_summary(&summary).await {
            // The next such job is rendered again.
            tracing::warn!(error = with_source(&error), "failed to note an output");
        }
    }
}

/// How a delivery ended whose result stands, and the reason of its dead letter, if it is to become one.
struct Ended {
    how: Ending,
    letter: Option<String>,
}

/// Why the message of a job that ended so is kept. Of several deliveries each keeps it: the one that wrote the result may have
/// died before its letter stood, and of many letters of one job one is kept.
fn letter(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Failed { code, message } if is_kept(*code) => Some(format!("{code}: {message}")),
        _ => None,
    }
}

/// The error and its causes, but for those whose words it has already.
fn with_source(error: &StoreError) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.map(ToString::to_string).fold(
        error.to_string(),
        |said, cause| {
            if said.contains(&cause) { said } else { format!("{said}: {cause}") }
        },
    )
}
