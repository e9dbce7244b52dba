//! Moves dead letters from the queue to the store, where people can read them, and writes the results of their jobs.
//!
//! Every worker does it beside its jobs. A dead letter must be stored before it is acked.

use std::time::Duration;

use broker::{Broker, DeadLetter};
use proto_shared::{DeadRecord, ErrorCode, Event, JobId, JobMessage, JobResult, News, Outcome, job};
use service::{Clock, eventual::until_it_works};
use store::{Created, Store, StoreError, source_id};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::{
    metrics::{Ending, Metrics},
    trace,
};

/// Between two tries to store one.
const RETRY_INTERVAL: Duration = Duration::from_secs(2);
/// Of a body that is no message, this much is kept.
const MAX_BODY_BYTES: usize = 16 * 1024;

#[derive(Debug)]
pub(crate) struct DeadLetterMover {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) metrics: Metrics,
}

impl DeadLetterMover {
    /// Moves dead letters until the broker is closed or `shutdown`.
    pub(crate) async fn run(&self, broker: &Broker, shutdown: &CancellationToken) {
        let consume = || broker.consume_dead();
        let Some(mut letters) = until_it_works("take dead letters", shutdown, consume).await else { return };
        while let Some(Some(letter)) = shutdown.run_until_cancelled(letters.next()).await {
            // A letter that is dropped on the way is delivered again.
            let record = self.record(&letter);
            let span = trace::of_job(&record.id, letter.trace());
            let moving = self.move_to_store(broker, letter, record).instrument(span);
            if shutdown.run_until_cancelled(moving).await.is_none() {
                return;
            }
        }
    }

    async fn move_to_store(&self, broker: &Broker, letter: DeadLetter, record: DeadRecord) {
        let code = letter.code().unwrap_or(ErrorCode::AttemptsExhausted);
        while let Err(error) = self.keep(broker, &record, code).await {
            tracing::warn!(%error, "failed to store a dead letter; trying again");
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
        self.metrics.dead_letter_stored();
        tracing::error!(reason = record.reason, "a dead letter is kept: see `punchline dead show`");
        if let Err(error) = letter.ack().await {
            tracing::warn!(%error, "failed to settle a dead letter; it will come again");
        }
    }

    fn record(&self, letter: &DeadLetter) -> DeadRecord {
        let message = letter.message();
        let body = letter.body();
        let shown = &body[..body.len().min(MAX_BODY_BYTES)];
        DeadRecord {
            version: job::VERSION,
            id: message.as_ref().map_or_else(|| name_of(body), |message| message.job.id.clone()),
            dead_at_ms: self.clock.now_ms(),
            reason: letter.reason().to_owned(),
            body: message.is_none().then(|| String::from_utf8_lossy(shown).into_owned()),
            message,
        }
    }

    /// Stores result and letter. Until both stand, the broker keeps the message.
    ///
    /// The result comes first, so that a stored letter means that its result was written. The other way round: the letter is
    /// stored; a replay reads it, finds no result to take back and queues the job; now the result is written, and the job has
    /// failed for good although its message is in the queue.
    async fn keep(&self, broker: &Broker, record: &DeadRecord, code: ErrorCode) -> Result<(), StoreError> {
        if let Some(message) = &record.message {
            self.write_result(broker, record, message, code).await?;
        }
        self.store.put_dead(record).await
    }

    /// Writes the job's result where none stands. The worker that gave the job up has usually written it; there is none where the
    /// broker gave the job up, or the store was away.
    async fn write_result(
        &self,
        broker: &Broker,
        record: &DeadRecord,
        message: &JobMessage,
        code: ErrorCode,
    ) -> Result<(), StoreError> {
        let result = JobResult {
            version: job::VERSION,
            id: record.id.clone(),
            finished_at_ms: record.dead_at_ms,
            attempts: message.attempt,
            outcome: Outcome::Failed { code, message: format!("given up: {}", record.reason), field: None },
        };
        if self.store.create_result(&result).await? == Created::New {
            self.metrics.job_ended(Ending::Dead, &result.outcome);
            broker.emit(&Event::of(&message.job, record.dead_at_ms, News::Failed { code }));
        }
        Ok(())
    }
}

/// An id for bytes that are no job, made of the bytes.
fn name_of(body: &[u8]) -> JobId {
    let digits = source_id(body);
    // The first half of a digest is unique enough.
    JobId::parse(&digits.as_str()[..32]).unwrap_or_else(|_| JobId::from_bytes([0; 16]))
}

#[cfg(test)]
mod tests {
    use proto_shared::{Caption, CaptionSpec, JobRecord, MediaType, Position, SourceInfo, Style};
    use service::metrics::registry;
    use store::{Fault, Operation, StoreConfig};

    use super::*;

    #[tokio::test]
    async fn a_stored_letter_means_that_its_result_was_written() {
        let source = SourceInfo { id: source_id(b"a"), media: MediaType::Gif, bytes: 1, width_px: 1, height_px: 1, frames: 1 };
        let spec = CaptionSpec::of(vec![Caption::new("a", Position::Top, Style::Bar)]);
        let message = Some(JobMessage::first(JobRecord::new(JobId::from_bytes([7; 16]), 1, source, spec)));
        let id = JobId::from_bytes([7; 16]);
        let record = DeadRecord { version: 1, id: id.clone(), dead_at_ms: 1, reason: "tested".to_owned(), message, body: None };
        for (operation, prefix) in [(Operation::Create, "jobs/"), (Operation::Put, "dead/")] {
            let (store, faults) = Store::open_with_faults(&StoreConfig::new("memory:")).unwrap();
            let metrics = Metrics::register(&mut registry());
            let (mover, broker) = (DeadLetterMover { store, clock: Clock::fixed(7), metrics }, Broker::in_process());
            faults.next(1, operation, prefix, Fault::Fail);
            mover.keep(&broker, &record, ErrorCode::Timeout).await.unwrap_err();
            assert_eq!(mover.store.get_dead(&id).await.unwrap(), None, "{operation:?}");
            mover.keep(&broker, &record, ErrorCode::Timeout).await.unwrap();
            assert_eq!(mover.store.get_dead(&id).await.unwrap().as_ref(), Some(&record));
            let outcome = mover.store.get_result(&id).await.unwrap().map(|result| result.outcome);
            assert!(matches!(outcome, Some(Outcome::Failed { code: ErrorCode::Timeout, .. })), "{outcome:?}");
        }
    }

    #[test]
    fn bytes_that_are_no_job_have_a_name_of_their_own() {
        assert_eq!(name_of(b"").as_str(), "e3b0c44298fc1c149afbf4c8996fb924");
        assert_ne!(name_of(b"a"), name_of(b"b"));
    }
}
