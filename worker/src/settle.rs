//! What becomes of a delivery: its result is written, then it is settled, exactly once.
//!
//! The only place that acks. Nothing is acked before the result stands in the store, and what settling
//! answers is looked at. It logs how a job went, once.

use std::time::{Duration, Instant};

use broker::{Delivery, SettleError};
use proto_shared::{AttemptNote, ErrorCode, JobRecord, JobResult, Outcome, job};
use service::Clock;
use store::{Created, Store, StoreError};
use tracing::Instrument as _;

use crate::{
    job::Runner,
    metrics::{Ending, Metrics},
};

#[derive(Debug)]
pub(crate) struct Settler {
    pub(crate) runner: Runner,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) metrics: Metrics,
}

impl Settler {
    /// Takes a delivery from arrival to settlement.
    pub(crate) async fn handle(&self, delivery: Delivery, retry_delays: &[Duration]) {
        let span = tracing::info_span!("job", job_id = %delivery.message().job.id, attempt = delivery.attempt());
        let _in_flight = self.metrics.delivered();
        let begun = Instant::now();
        let (ending, settled) = self.end(delivery, retry_delays, begun).instrument(span.clone()).await;
        self.metrics.ended(ending, begun.elapsed());
        if let Err(error) = settled {
            // The broker delivers it again; whoever gets it finds the result and acks.
            self.metrics.settle_failed();
            span.in_scope(|| tracing::warn!(%error, "failed to settle"));
        }
    }

    async fn end(&self, delivery: Delivery, retry_delays: &[Duration], begun: Instant) -> (Ending, Result<(), SettleError>) {
        let attempt = delivery.attempt();
        match self.run(&delivery, begun).await {
            Ok(Ended { how, defect: None }) => (how, delivery.ack().await),
            // Its result stands; the message is kept for whoever mends the defect.
            Ok(Ended { how, defect: Some(reason) }) => (how, delivery.dead_letter(&reason).await),
            Err(error) => match retry_delays.get(attempt.saturating_sub(1) as usize) {
                Some(&delay) => {
                    tracing::warn!(error = with_source(&error), retry_in_ms = delay.as_millis(), "the attempt failed");
                    let at_ms = self.clock.now_ms();
                    let note = AttemptNote { attempt, at_ms, code: error.code(), message: with_source(&error) };
                    (Ending::Retried, delivery.retry(delay, note).await)
                }
                None => self.give_up(delivery, &error).await,
            },
        }
    }

    /// One attempt and its result. An error is passing: another attempt may succeed.
    async fn run(&self, delivery: &Delivery, begun: Instant) -> Result<Ended, StoreError> {
        let (job, attempt) = (&delivery.message().job, delivery.attempt());
        // Someone may have come to the end of it and died, or lost its channel, before the ack.
        if (delivery.redelivered() || attempt > 1) && self.store.get_result(&job.id).await?.is_some() {
            tracing::info!("finished already");
            return Ok(Ended::well(Ending::Duplicate));
        }
        let is_suspect = delivery.redelivered();
        if is_suspect {
            tracing::warn!("delivered before and not settled: rendering in a process of its own");
        }
        let outcome = self.write(job, attempt, self.runner.attempt(job, is_suspect).await?).await?;
        Ok(match &outcome {
            Outcome::Done { output, stats, .. } => {
                let took_ms = begun.elapsed().as_millis();
                let (engine_ms, frames, source_bytes) = (stats.engine_wall_ms, stats.frames, job.source.bytes);
                tracing::info!(source_bytes, output_bytes = output.bytes, frames, engine_ms, took_ms, "done");
                Ended::well(Ending::Done)
            }
            Outcome::Cancelled => Ended::well(Ending::Cancelled),
            Outcome::Failed { code, message } if is_defect(*code) => {
                tracing::error!(%code, error = message, "the job failed by a defect of ours");
                Ended { how: Ending::Dead, defect: Some(format!("{code}: {message}")) }
            }
            Outcome::Failed { code, message } => {
                tracing::warn!(%code, error = message, "the job failed");
                Ended::well(Ending::Failed)
            }
        })
    }

    /// No attempt is left. The result says so if the store lets us; the dead letter stands in any case.
    async fn give_up(&self, delivery: Delivery, error: &StoreError) -> (Ending, Result<(), SettleError>) {
        let attempt = delivery.attempt();
        tracing::error!(error = with_source(error), "the last attempt failed");
        let message = format!("{attempt} attempts failed, the last one: {error}");
        let outcome = Outcome::Failed { code: ErrorCode::AttemptsExhausted, message: message.clone() };
        if let Err(error) = self.write(&delivery.message().job, attempt, outcome).await {
            tracing::error!(error = with_source(&error), "failed to write the result; the job stays a dead letter without one");
        }
        let reason = format!("{}: {message}", ErrorCode::AttemptsExhausted);
        (Ending::Dead, delivery.dead_letter(&reason).await)
    }

    /// Gives the outcome back once a result stands.
    async fn write(&self, job: &JobRecord, attempts: u32, outcome: Outcome) -> Result<Outcome, StoreError> {
        let finished_at_ms = self.clock.now_ms();
        let result = JobResult { version: job::VERSION, id: job.id.clone(), finished_at_ms, attempts, outcome };
        match self.store.create_result(&result).await? {
            Created::New => {}
            Created::AlreadyThere => tracing::info!("another worker's result stands already"),
        }
        Ok(result.outcome)
    }
}

/// How a delivery ended whose result stands, and which defect of ours it shows, if any.
struct Ended {
    how: Ending,
    defect: Option<String>,
}

impl Ended {
    fn well(how: Ending) -> Self {
        Self { how, defect: None }
    }
}

/// Whether a job failed by something that its client cannot help.
fn is_defect(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::EnginePanic | ErrorCode::EngineCrashed | ErrorCode::Timeout | ErrorCode::Internal)
}

fn with_source(error: &StoreError) -> String {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |e| e.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
